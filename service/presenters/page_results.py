"""Results of one test over time, as rows: what was measured or computed, when, and whether the rules would use it."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from schemas.profile import Quantity
from service.facts.model import Seen
from service.facts.quantities import newest_first
from service.facts.units import converter
from service.knowledge.model import FactDeclaration
from service.presenters.page_facts import window_of
from service.presenters.page_words import capital, day_words, place_name, record_text, unit_name, value_text
from service.presenters.reading import Reading

STEP = Decimal("0.001")
MOST_RESULTS = 60
CURRENT, STALE, UNUSABLE = "within the window", "older than the window", "not usable"


@dataclass(frozen=True, slots=True)
class Result:
    """One result. `number` is in the unit of the test, None where it has none; `state` says whether it counts."""

    test: str
    number: Decimal | None
    value: str
    unit: str
    original: str
    day: date | None
    when: str
    age: int | None
    state: str
    is_computed: bool
    origin: str
    place: str


def results_of(fact: FactDeclaration, reading: Reading, member: str) -> tuple[Result, ...]:
    """Return the results behind a fact, oldest first; those without a day come last."""
    found = [_measured(each, fact, reading, member) for each in _quantities(reading, member)]
    found += [_computed(each, fact, reading) for each in reading.facts[fact.id].seen if _is_computed(each)]
    dated = sorted((each for each in found if each.day), key=lambda each: (each.day or date.min, each.is_computed))
    return (*dated[-MOST_RESULTS:], *(each for each in found if not each.day))


def _quantities(reading: Reading, member: str) -> Iterable[Quantity]:
    group, _, name = member.partition(".")
    return newest_first(getattr(getattr(reading.profile, group), name))


def _is_computed(seen: Seen) -> bool:
    return bool(seen.origin and seen.origin.startswith("computed"))


def _measured(quantity: Quantity, fact: FactDeclaration, reading: Reading, member: str) -> Result:
    vocabulary, day = reading.pack.vocabulary, reading.advisory.as_of
    factor = converter(vocabulary, quantity.unit, member.rpartition(".")[2])
    number = quantity.value * factor if quantity.value is not None and factor is not None else None
    as_came = f"{value_text(quantity.value, quantity.comparator)} {unit_name(quantity.unit)}".strip()
    is_converted = number is not None and factor != 1
    shown = number.quantize(STEP) if number is not None and is_converted else number
    age = (day - quantity.date).days if quantity.date else None
    return Result(
        test=_name(fact, reading), number=number,
        value=as_came if shown is None else value_text(shown, quantity.comparator),
        unit="" if shown is None else unit_name(fact.unit), original=as_came if is_converted else "",
        day=quantity.date, when=day_words(quantity.date), age=age,
        state=_state(number, age, quantity, window_of(fact, reading.pack) or 0), is_computed=False,
        origin=record_text(quantity.method or ""), place=record_text(quantity.source or "") or place_name(quantity.at),
    )  # fmt: skip


def _state(number: Decimal | None, age: int | None, quantity: Quantity, window: int) -> str:
    if number is None:
        return f"{UNUSABLE}: no value" if quantity.value is None else f"{UNUSABLE}: no unit that can be read"
    if age is None:
        return "without a date: it reassures of nothing"
    if age < 0:
        return f"{UNUSABLE}: dated in the future"
    if age > window:
        return STALE
    return f"{CURRENT}, in doubt" if quantity.doubt else CURRENT


def _computed(seen: Seen, fact: FactDeclaration, reading: Reading) -> Result:
    day = date.fromisoformat(seen.date) if seen.date else None
    number = seen.value if isinstance(seen.value, Decimal) else None
    return Result(
        test=_name(fact, reading), number=number, value=value_text(seen.value, seen.comparator),
        unit=unit_name(fact.unit), original="", day=day, when=day_words(seen.date), age=seen.age_days,
        state=CURRENT if day else "without a date: it reassures of nothing", is_computed=True,
        origin=record_text(seen.origin or ""), place=record_text(seen.source or "") or place_name(seen.at),
    )  # fmt: skip


def _name(fact: FactDeclaration, reading: Reading) -> str:
    tests = reading.pack.vocabulary.tests
    name = "egfr" if fact.kind == "filtration" else str(fact.given["of"]).rpartition(".")[2]
    return capital(tests[name].name)


def charted(results: Iterable[Result], as_of: date) -> Iterator[Result]:
    """Yield the results that have a place in a chart: with a number and a day that is not to come."""
    for each in results:
        if each.number is not None and each.day is not None and each.day <= as_of:
            yield each
