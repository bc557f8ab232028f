"""Reads a measured value: unit, comparator, freshness. What cannot be used is said, never read as a number."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from schemas.profile import Quantity
from service.facts.model import FUTURE, IMPLAUSIBLE, NEWER_UNUSABLE, STALE, UNDATED, UNUSABLE_UNIT, Gap, Interval, Seen
from service.facts.units import converter, says_less
from service.knowledge.vocabulary import Vocabulary

IN_FUTURE = "The result is dated after the day of evaluation and was not used."
TOO_OLD = "The result is {age} days old, beyond the window of {window} days."
WITHOUT_DAY = "The result has no date: it may raise a concern, and it reassures of nothing."
OVERTAKEN = "A newer result cannot be used: this one may raise a concern, and it reassures of nothing."
UNRELATED = "The unit does not say what the value is related to: it may raise a concern, and it reassures of nothing."
# No laboratory value comes near; beyond it, decimals and floats no longer agree (see decision 0002).
LARGEST = Decimal(10) ** 9


@dataclass(frozen=True, slots=True)
class Measured:
    """A usable value in the test's own unit (`exact` unless a comparator makes it a bound), or the gap instead.

    `doubt` is why a usable value may raise a concern and reassures of nothing: it has no day, it is preliminary.
    """

    interval: Interval | None
    seen: Seen | None = None
    gap: Gap | None = None
    doubt: Gap | None = None

    @property
    def is_sure(self) -> bool:
        """Whether it can be used without a doubt."""
        return self.interval is not None and self.doubt is None


def seen_of(quantity: Quantity, as_of: date, origin: str | None = None) -> Seen:
    """Return what was seen, as it came."""
    age = (as_of - quantity.date).days if quantity.date else None
    day = quantity.date.isoformat() if quantity.date else None
    return Seen(
        quantity.value, quantity.at, quantity.unit, day, age, origin or quantity.method, quantity.comparator,
        quantity.source,
    )  # fmt: skip


def dating_gap(quantity: Quantity, as_of: date, window: int) -> Gap | None:
    """Return why the value's day rules it out, or None. A value without a day is another matter: see UNDATED."""
    if quantity.date is None:
        return None
    age = (as_of - quantity.date).days
    if age < 0:
        return Gap(FUTURE, quantity.place("date"), IN_FUTURE)
    if age > window:
        return Gap(STALE, quantity.place("date"), TOO_OLD.format(age=age, window=window))
    return None


def undated_gap(quantity: Quantity) -> Gap:
    """Return the gap of a result without a day."""
    return Gap(UNDATED, quantity.place("date"), WITHOUT_DAY)


def doubt_of(quantity: Quantity) -> Gap | None:
    """Return why a usable value may raise a concern and reassures of nothing, or None."""
    if quantity.doubt:
        return Gap(quantity.doubt.reason, quantity.doubt.at, quantity.doubt.detail)
    return undated_gap(quantity) if quantity.date is None else None


def newest_first(quantity: Quantity | None) -> tuple[Quantity, ...]:
    """Return a result and the older ones of the same test, the undated last; nothing where there is none."""
    return () if quantity is None else (quantity, *quantity.earlier)


def overtaken(at: str) -> Gap:
    """Return the doubt on a result that a newer one has overtaken, which itself cannot be used."""
    return Gap(NEWER_UNUSABLE, at, OVERTAKEN)


@dataclass(frozen=True, slots=True)
class Terms:
    """What a value is read by: the test it is of, how old it may be, on which day, and the step of its decimals."""

    test: str
    window: int
    as_of: date
    vocabulary: Vocabulary
    step: Decimal


def _same(value: Decimal) -> Decimal:
    return value


def measure(
    quantity: Quantity, terms: Terms, change: Callable[[Decimal], Decimal] = _same, origin: str | None = None
) -> Measured:
    """Return the value in the test's unit, then through `change` (falling or rising), rounded to the step."""
    late = dating_gap(quantity, terms.as_of, terms.window)
    if late:
        return Measured(None, gap=late)
    factor = converter(terms.vocabulary, quantity.unit, terms.test)
    if quantity.value is None or factor is None:
        return Measured(None, gap=_unusable(quantity))
    if not _plausible(quantity.value * factor, quantity.comparator, terms):
        detail = "The value is beyond what this test can give, and was not used."
        return Measured(None, gap=Gap(IMPLAUSIBLE, quantity.place("value"), detail))
    ends = [None if end is None else change(end) for end in _ends(quantity.value * factor, quantity.comparator)]
    rising = change(Decimal(1)) <= change(Decimal(2))
    low, high = ends if rising else reversed(ends)
    opened = quantity.comparator in ("<", ">")
    interval = Interval(_inside(low, terms.step, opened, 1), _inside(high, terms.step, opened, -1))
    doubt = doubt_of(quantity) or _unit_doubt(quantity, terms)
    return Measured(interval, seen_of(quantity, terms.as_of, origin), doubt=doubt)


def _unit_doubt(quantity: Quantity, terms: Terms) -> Gap | None:
    """Return the doubt on a value whose unit leaves out what the test's own says: mL/min is not yet per 1.73 m²."""
    if not says_less(terms.vocabulary, quantity.unit, terms.test):
        return None
    return Gap(UNUSABLE_UNIT, quantity.place("unit"), UNRELATED)


def until_sure(measured: Iterator[Measured]) -> Iterator[Measured]:
    """Yield results, newest first, up to the first that can be used without a doubt.

    A usable one behind a newer one that cannot be used is doubtful itself; a stale one makes nothing doubtful.
    """
    is_overtaken = False
    for each in measured:
        at = each.seen.at if each.seen else ""
        yield replace(each, doubt=overtaken(at)) if each.is_sure and is_overtaken else each
        if each.is_sure:
            return
        is_overtaken |= each.interval is None and each.gap is not None and each.gap.reason != STALE


def _plausible(value: Decimal, comparator: str | None, terms: Terms) -> bool:
    """Say whether a test can give this value; a bound ("> 0") may lie where an exact value may not."""
    test = terms.vocabulary.tests[terms.test]
    lowest = Decimal(0) if comparator else test.plausible_from
    return lowest <= value <= (LARGEST if test.plausible_up_to is None else test.plausible_up_to)


def _unusable(quantity: Quantity) -> Gap:
    if quantity.value is None:
        return Gap(UNUSABLE_UNIT, quantity.place("value"), "There is no value.")
    if quantity.unit is None:
        return Gap(UNUSABLE_UNIT, quantity.place("unit"), "The value has no unit and was not read as a number.")
    return Gap(UNUSABLE_UNIT, quantity.place("unit"), "The unit cannot be converted, so the value was not used.")


def _ends(value: Decimal, comparator: str | None) -> tuple[Decimal | None, Decimal | None]:
    if comparator in ("<", "<="):
        return None, value
    if comparator in (">", ">="):
        return value, None
    return value, value


def _inside(end: Decimal | None, step: Decimal, opened: bool, direction: int) -> Decimal | None:
    """Round an end; one that an open comparator excludes moves half a step inwards, so that < and >= are exact."""
    if end is None:
        return None
    rounded = end.quantize(step)
    return rounded + direction * step / 2 if opened else rounded
