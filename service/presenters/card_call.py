"""One call of a service as the cards see it: the advisory, the orders, and what every card of the call shares."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from schemas.profile import Open
from service.assess import Advisory, Because, Flag
from service.knowledge.dose_guard import without_doses
from service.presenters.card_text import Order, around, data_line, listed, not_known_line, seen_line
from service.presenters.empties import is_empty
from service.presenters.plain import number

PATIENT_VIEW = "patient-view"
IN_USE = "current"
# The kinds of facts, in rules/facts.yaml, that products decide.
OF_PRODUCTS = ("product", "count_products")


@dataclass(frozen=True, slots=True, eq=False)
class Told:
    """One fact behind flags, in words and for machines; one object for one fact, however many flags it is behind."""

    fact: Because
    line: str
    plain: dict[str, Any]

    @property
    def is_known(self) -> bool:
        """Whether something was seen; a rule may also be decided by what is not known."""
        return self.fact.value is not None


@dataclass(frozen=True, slots=True)
class Call:
    """What is to be told, and whom. A hook has a budget, so a fact behind many flags is put into words once."""

    advisory: Advisory
    hook: str
    orders: Sequence[Order]
    told: Sequence[Open]
    evaluated_at: str | None = None
    _facts: dict[tuple[Any, ...], Told] = field(default_factory=dict)
    _of_rule: dict[str, tuple[Told, ...]] = field(default_factory=dict)

    def facts(self, flags: Iterable[Flag]) -> list[Told]:
        """Return the facts behind the flags, each once, in order."""
        return list(dict.fromkeys(told for flag in flags for told in self._behind(flag)))

    def about(self, flags: Iterable[Flag], places: Iterable[str] = ()) -> list[Order]:
        """Return the orders that the facts behind the flags, seen or missing, are part of, or other places are."""
        if not self.orders:
            return []
        flags = list(flags)
        facts = [told.fact for told in self.facts(flags)]
        sources = {fact.source for fact in facts} - {None}
        within = {at for fact in facts for at in around(fact.at)}
        within |= {at for flag in flags for gap in flag.missing for at in around(gap.at)}
        within |= {at for place in places for at in around(place)}
        return [order for order in self.orders if order.reference in sources or order.at in within]

    def indicator(self, flag: Flag) -> str:
        """Return the severity; where a chart is merely opened, critical only for a product that is in use now."""
        if flag.severity != "critical" or self.hook != PATIENT_VIEW:
            return flag.severity
        return "critical" if any(self._is_product_in_use(each) for each in flag.because) else "warning"

    def _is_product_in_use(self, each: Because) -> bool:
        """Whether this is a product, and in use; a medicine that it may interact with is none."""
        return each.origin == IN_USE and self.advisory.pack.facts[each.fact].kind in OF_PRODUCTS

    def provenance(self, facts: Sequence[Told], missing: list[Any], orders: Sequence[Order]) -> dict[str, Any]:
        """Return, for machines, what was seen and missed, and which orders that is about; nothing empty."""
        members = {
            "inputs": [told.plain for told in facts if told.is_known],
            "missing": [told.plain for told in facts if not told.is_known] + missing,
            "orders": [order.reference or order.at for order in orders],
            "evaluatedAt": self.evaluated_at,
        }
        return {name: value for name, value in members.items() if value}

    def _behind(self, flag: Flag) -> tuple[Told, ...]:
        known = self._of_rule.get(flag.rule.id)
        if known is None:
            known = self._of_rule[flag.rule.id] = tuple(self._tell(each) for each in flag.because)
        return known

    def _tell(self, each: Because) -> Told:
        # A tuple is compared without running Python, which a Because is not, and this is asked for every flag.
        key = (each.fact, each.at, each.value, each.unit, each.date, each.origin, each.comparator, each.source)
        known = self._facts.get(key)
        if known is None:
            is_known = each.value is not None
            line, plain = (seen_line(each), _input(each)) if is_known else (not_known_line(each), _unknown(each))
            known = self._facts[key] = Told(each, line, plain)
        return known


def fact_lists(facts: Sequence[Told]) -> tuple[str, str]:
    """Return the lists of what was seen, and of what decided by not being known."""
    seen = listed("Seen", [told.line for told in facts if told.is_known])
    return seen, listed("Not known", [told.line for told in facts if not told.is_known])


def when_line(call: Call, facts: Iterable[Told]) -> str:
    """Return of which day the answer is, and how recent the data behind it."""
    return data_line(call.advisory.as_of, (told.fact for told in facts))


def _input(each: Because) -> dict[str, Any]:
    value = without_doses(each.value) if isinstance(each.value, str) else number(each.value)
    members = {
        "fact": each.fact, "value": value, "comparator": each.comparator, "unit": each.unit, "effective": each.date,
        "reference": each.source, "at": each.at, "origin": each.origin,
    }  # fmt: skip
    return {name: value for name, value in members.items() if not is_empty(value)}


def _unknown(each: Because) -> dict[str, Any]:
    members = {"fact": each.fact, "reason": each.origin, "at": each.at}
    return {name: value for name, value in members.items() if value}
