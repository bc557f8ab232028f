"""The facts behind a flag, a row each: value, unit, what it was before conversion, day, age against the window, source.

Only here, and in the timeline, do laboratory values stand with their units (contract, section 2).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from service.facts.units import converter
from service.knowledge.model import FactDeclaration, Pack
from service.presenters.page_words import (
    day_words,
    fact_label,
    fact_name,
    place_name,
    record_text,
    unit_name,
    value_text,
)

RESULTS = ("result", "result_flag", "filtration")
THREE_DIGITS = Decimal("0.001")


@dataclass(frozen=True, slots=True)
class FactRow:
    """One thing that was seen. `original` is the value as it came, where it was converted.

    `window` is how many days old it may be, where the rules set a limit; `is_late` whether it is older than that.
    """

    name: str
    meaning: str
    value: str
    unit: str
    original: str
    day: str
    iso: str
    age: int | None
    window: int | None
    is_late: bool
    origin: str
    place: str
    at: str
    source: str


def fact_rows(because: Sequence[Mapping[str, Any]], pack: Pack | None) -> tuple[FactRow, ...]:
    """Return the rows of `because` of an answer; without the pack of that day, names are spelt from the facts' ids.

    What a fact means is said once, where it first stands.
    """
    rows, said = [], set()
    for each in because:
        row = _row(each, pack)
        rows.append(replace(row, meaning="") if each["fact"] in said else row)
        said.add(each["fact"])
    return tuple(rows)


def _row(each: Mapping[str, Any], pack: Pack | None) -> FactRow:
    fact = pack.facts.get(each["fact"]) if pack else None
    value, unit, original = _value(each, fact, pack)
    window = window_of(fact, pack)
    age = each.get("age_days")
    return FactRow(
        name=fact_label(fact, pack.vocabulary.tests) if fact and pack else fact_name(each["fact"]),
        meaning=fact.meaning if fact else "",
        value=value, unit=unit, original=original, day=day_words(each["date"]), iso=str(each["date"] or ""),
        age=age, window=window if each["date"] else None, is_late=bool(age and window and age > window),
        origin=record_text(each.get("origin") or ""), place=place_name(each["at"]), at=each["at"],
        source=record_text(each["source"] or ""),
    )  # fmt: skip


def _value(each: Mapping[str, Any], fact: FactDeclaration | None, pack: Pack | None) -> tuple[str, str, str]:
    """Return value, unit and, where the rule read it in another unit, how it came."""
    came, unit, comparator = each["value"], each["unit"], each.get("comparator")
    as_came = value_text(came, comparator), unit_name(unit)
    if pack and fact and fact.kind in ("result", "filtration") and isinstance(came, Decimal):
        test = "egfr" if fact.kind == "filtration" else str(fact.given["of"]).rpartition(".")[2]
        factor = converter(pack.vocabulary, unit, test)
        if factor is not None and factor != 1:
            converted = (came * factor).quantize(THREE_DIGITS)
            return value_text(converted, comparator), unit_name(fact.unit), " ".join(as_came)
    return *as_came, ""


def window_of(fact: FactDeclaration | None, pack: Pack | None) -> int | None:
    """Return how many days old what a fact rests on may be; None where the rules set no limit."""
    if fact is None or pack is None or fact.kind not in RESULTS:
        return None
    return int(pack.policy[fact.given["window"]].value)
