"""What goes wrong with the value of a result: its unit, its comparator, whether there is one at all."""

from typing import Any

from service.population.generate.awkward.case import Case, is_plain_result
from service.population.generate.resources import HL7, UCUM, Resource, coded

MANY_DIGITS = "00000000000000000001"


def unit_missing(case: Case) -> None:
    """A number without a unit."""
    case.change_result(lambda result: result.update(valueQuantity={"value": number_of(result)}))


def unit_not_convertible(case: Case) -> None:
    """A unit of another quantity."""
    unit = case.pick(case.words["units_not_convertible"])
    case.change_result(lambda result: _unit(result, {"unit": unit, "system": UCUM, "code": unit}))


def unit_spelled(case: Case) -> None:
    """The right unit, spelled in another way, with or without a code."""
    case.change_result(lambda result: _spell(case, result))


def _spell(case: Case, result: Resource) -> None:
    unit = case.pick(case.words["spelled"].get(result["valueQuantity"].get("unit"), ["mg/dl"]))
    _unit(result, {"unit": unit, **case.pick([{}, {"system": UCUM, "code": unit}])})


def _unit(result: Resource, unit: dict[str, Any]) -> None:
    result["valueQuantity"] = {"value": number_of(result), **unit}


def comparator(case: Case) -> None:
    """More or less than a number: "> 60"."""
    case.change_result(lambda result: _compare(case, result))


def _compare(case: Case, result: Resource) -> None:
    if _is_egfr(result):
        result["valueQuantity"].update(value=case.pick([60, 90]), comparator=">")
    else:
        result["valueQuantity"].update(value=number_of(result), comparator=case.pick(["<", "<=", ">="]))


def comparator_as_text(case: Case) -> None:
    """More or less than a number, in words: ">60" as a string."""
    case.change_result(lambda result: _instead(result, "valueString", ">60" if _is_egfr(result) else "<5"))


def value_absent(case: Case) -> None:
    """A reason instead of a value."""
    reason = coded(f"{HL7}/data-absent-reason", case.pick(["unknown", "error", "not-performed"]))
    case.change_result(lambda result: _instead(result, "dataAbsentReason", reason))


def _instead(result: Resource, member: str, said: Any) -> None:
    for name in ("valueQuantity", "interpretation", "referenceRange"):
        result.pop(name, None)
    result[member] = said


def value_beside_absent_reason(case: Case) -> None:
    """A value, and a reason why there is none."""
    reason = coded(f"{HL7}/data-absent-reason", "unknown")
    case.change_result(lambda result: result.update(dataAbsentReason=reason))


def value_written_as_text(case: Case) -> None:
    """A number between quotation marks, which FHIR does not allow."""
    case.change_result(lambda result: result["valueQuantity"].update(value=str(number_of(result))))


def value_implausible(case: Case) -> None:
    """A slip of the pen: a value that nobody can have."""
    factor = case.pick([1000, -1, 0])
    case.change_result(lambda result: result["valueQuantity"].update(value=number_of(result) * factor))


def value_of_many_digits(case: Case) -> None:
    """A number with more digits than a computer's own numbers hold."""
    lines, at = case.lines("Observation"), case.place("Observation", is_plain_result)
    written = f'"value":{number_of(case.copy_at("Observation", at))}'
    point = "" if "." in written else "."
    lines[at] = lines[at].replace(f"{written},", f"{written}{point}{MANY_DIGITS},", 1)


def number_of(result: Resource) -> float:
    """Return the number of a result, also where an awkward thing made it a text."""
    value: float | str = result["valueQuantity"]["value"]
    return float(value) if isinstance(value, str) else value


def _is_egfr(result: Resource) -> bool:
    return bool(result["code"].get("text") == "eGFR")
