"""The value of an Observation or of one of its components: number, unit, comparator, and the laboratory's reading.

Sources: FHIR R4 (4.0.1), Observation (value[x], dataAbsentReason, interpretation, referenceRange) and Quantity.
"""

from decimal import Decimal
from typing import Any, NamedTuple

from schemas.fhir_terms import Terms
from service.intake.fhir.codes import LONGEST_CODE, codings_of, cut_text, objects, system_of

UCUM = "http://unitsofmeasure.org"
COMPARATORS = ("<", "<=", ">=", ">")
# The code system of interpretations, with the table of HL7 v2 that holds the same codes.
READING_SYSTEMS = frozenset(
    (
        None,
        "http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation",
        "http://terminology.hl7.org/CodeSystem/v2-0078",
        "http://hl7.org/fhir/v3/ObservationInterpretation",
        "http://hl7.org/fhir/v2/0078",
    )
)
# No result of a laboratory has more digits before or behind the point.
MOST_EXPONENT = 15
NO_COMPARATOR = "The result has a comparator that is not known here, so its value was not used."
ABSENT_AND_PRESENT = (
    "The result has a value and a reason why it has none: it may raise a concern, and it reassures of nothing."
)


class Value(NamedTuple):
    """What was measured; `doubt` is a word and a sentence where the value itself gives reason for one."""

    number: Decimal | None = None
    unit: str | None = None
    comparator: str | None = None
    reading: str | None = None
    doubt: tuple[str, str] | None = None


def value_of(part: dict[str, Any], terms: Terms) -> Value:
    """Return the value of an Observation or component; without a number where it is not a plain quantity.

    Text is never read as a number: ">60" in a string may be any unit's, and any comparator's.
    """
    given = part.get("valueQuantity")
    if not isinstance(given, dict):
        return Value(reading=_reading(part, terms))
    unit, number, comparator = unit_of(given, terms), number_of(given.get("value")), given.get("comparator")
    if comparator is not None and comparator not in COMPARATORS:
        return Value(None, unit, None, _reading(part, terms), ("comparator", NO_COMPARATOR))
    if part.get("interpretation"):
        reading = _reading(part, terms)
    else:
        fitting = _fitting(part.get("referenceRange")) if comparator is None and unit else None
        reading = _within(fitting, number, given, terms) if fitting and number is not None else None
    doubted = number is not None and "dataAbsentReason" in part
    return Value(number, unit, comparator, reading, ("conflict", ABSENT_AND_PRESENT) if doubted else None)


def number_of(value: Any) -> Decimal | None:
    """Return a finite number that is not negative, else None; text and booleans are no numbers."""
    if isinstance(value, bool) or not isinstance(value, (int, float, Decimal)):
        return None
    if isinstance(value, int):
        return Decimal(value) if 0 <= value < 10**MOST_EXPONENT else None
    number = value if isinstance(value, Decimal) else Decimal(repr(value))
    if not number.is_finite() or number.is_signed():
        return None
    return number if -MOST_EXPONENT <= number.adjusted() <= MOST_EXPONENT else None


def unit_of(quantity: dict[str, Any], terms: Terms) -> str | None:
    """Return the unit: its code in UCUM or where no system is named, else its text; None where there is none."""
    code = cut_text(quantity.get("code"), LONGEST_CODE)
    system = quantity.get("system")
    if code and (system == UCUM or system_of(system, terms) in (UCUM, None)):
        return code
    return cut_text(quantity.get("unit"), LONGEST_CODE) or code


def _reading(part: dict[str, Any], terms: Terms) -> str | None:
    """Return low, normal or high as the laboratory flags it; None where flags differ.

    A flag that means none of the three (abnormal, say) leaves low and high as they are, and keeps normal from counting.
    """
    said = {
        terms.readings.get(coding.code)
        for concept in objects(part.get("interpretation"))
        for coding in codings_of(concept, terms)
        if coding.code and coding.system in READING_SYSTEMS
    }
    known = said - {None}
    if len(known) != 1 or (None in said and "normal" in known):
        return None
    return known.pop()


def _within(fitting: dict[str, Any], number: Decimal, quantity: dict[str, Any], terms: Terms) -> str | None:
    """Return where an exact value lies in the laboratory's own range; a bound that is missing decides nothing."""
    low, high = _bound(fitting.get("low"), quantity, terms), _bound(fitting.get("high"), quantity, terms)
    if low is not None and high is not None and low > high:
        return None
    if low is not None and number < low:
        return "low"
    if high is not None and number > high:
        return "high"
    return None if low is None or high is None else "normal"


def _fitting(ranges: Any) -> dict[str, Any] | None:
    """Return the one range that is meant for healthy people, and for everyone or for this patient; None if unclear."""
    if not isinstance(ranges, list):
        return None
    normal = [each for each in ranges if isinstance(each, dict) and _is_normal(each)]
    if len(normal) > 1:
        named = [each for each in normal if "type" in each]
        general = [each for each in normal if "appliesTo" not in each and "age" not in each]
        normal = named if len(named) == 1 else general
    return normal[0] if len(normal) == 1 else None


def _is_normal(given: dict[str, Any]) -> bool:
    """Whether a range says what is normal: it says so (code `normal` of referencerange-meaning), or says nothing."""
    kind = given.get("type")
    if kind is None:
        return True
    codings = objects(kind.get("coding")) if isinstance(kind, dict) else []
    return any(coding.get("code") == "normal" for coding in codings)


def _bound(bound: Any, quantity: dict[str, Any], terms: Terms) -> Decimal | None:
    """Return an end of a range if it is in the unit of the value, else None; nothing is converted here."""
    if not isinstance(bound, dict) or "comparator" in bound:
        return None
    written_alike = "code" not in bound and bound.get("unit") == quantity.get("unit") is not None
    if not written_alike and unit_of(bound, terms) != unit_of(quantity, terms):
        return None
    return number_of(bound.get("value"))
