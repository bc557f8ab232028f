"""The words of a card's detail, in Markdown that nothing can make active (`service.presenters.inert`)."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Protocol, TypeVar

from service.assess import Because
from service.assess.wording import in_words
from service.knowledge.dose_guard import without_doses
from service.knowledge.model import Evidence, Pack, Rule
from service.presenters.inert import inert, ours, place
from service.presenters.plain import number
from service.presenters.text import BASIS, TIERS

T = TypeVar("T")
# UCUM writes years as "a", which people do not.
UNITS = {"a": "years"}


class Order(Protocol):
    """What the cards ask of an order of the call; the Order that intake reads from FHIR is one."""

    @property
    def reference(self) -> str | None:
        """How the record refers to it: "MedicationRequest/7"."""
        ...

    @property
    def at(self) -> str:
        """Where it stands, as a JSON pointer."""
        ...

    @property
    def name(self) -> str | None:
        """What the record calls it; a draft may have no name yet."""
        ...

    @property
    def selected(self) -> bool:
        """Whether it is being chosen now."""
        ...


@dataclass(frozen=True, slots=True)
class OrderSeen:
    """An order as plain data."""

    reference: str | None
    at: str
    name: str | None
    selected: bool


def around(at: str) -> Iterator[str]:
    """Yield a place and every place that it is part of: /a/b is part of /a."""
    while at:
        yield at
        at = at.rpartition("/")[0]


def quoted(text: str) -> str:
    """Return a record's own words, inert, and without the strength that names of orders often hold."""
    return inert(without_doses(text))


def named(order: Order) -> str:
    """Return an order's name, or its reference where it has none yet, as a draft often has not."""
    return quoted(order.name or "") or place(order.reference or order.at)


def about_line(orders: Iterable[Order]) -> str:
    """Return which orders a card is about, or nothing."""
    names = "; ".join(dict.fromkeys(map(named, orders)))
    return f"**About the order:** {names}" if names else ""


def listed(title: str, lines: Iterable[str]) -> str:
    """Return a titled list, or nothing if it is empty."""
    items = "\n".join(f"- {line}" for line in lines)
    return f"**{title}**\n\n{items}" if items else ""


def joined(parts: Iterable[str]) -> str:
    """Return the parts that say something as paragraphs."""
    return "\n\n".join(part for part in parts if part)


def seen_line(each: Because) -> str:
    """Return one fact seen: value, unit, date, age, origin and the record. Only here do values stand with units."""
    fact = _fact(each.fact)
    if each.value is False:
        value = "no"
    elif each.value is True:
        value = "yes"
    else:
        value = quoted(f"{each.comparator or ''}{number(each.value)}")
    unit = f" {UNITS.get(each.unit) or inert(each.unit)}" if each.unit else ""
    age = "" if each.age_days is None else f" ({each.age_days} days old)"
    when = f", {place(each.date)}{age}" if each.date else ""
    origin = f", {quoted(each.origin)}" if each.origin else ""
    return f"{fact}: {value}{unit}{when}{origin} ({place(each.source or each.at or 'profile')})"


@lru_cache(maxsize=1024)
def _fact(known: str) -> str:
    return ours(in_words(known))


def not_known_line(each: Because) -> str:
    """Return one fact that decided an outcome by not being known."""
    return f"{_fact(each.fact)}: {ours(each.origin or 'not known')} ({place(each.at or 'profile')})"


def data_line(as_of: date, because: Iterable[Because]) -> str:
    """Return of which day the answer is, and how recent the newest result behind it."""
    newest = max((each.date for each in because if each.date), default=None)
    result = f"the newest result behind this is of {place(newest)}" if newest else "no dated result stands behind this"
    return f"Evaluated for {as_of.isoformat()}; {result}."


def certainty(evidence: Evidence) -> str:
    """Return tier and direction in words."""
    return f"Tier {evidence.tier}, {TIERS[evidence.tier]}; direction: {evidence.direction.replace('_', ' ')}"


def checked(rule: Rule, pack: Pack) -> str:
    """Return what an independent look found about the claims of an evidence rule."""
    checks = [pack.checks[known] for known in rule.claims if known in pack.checks]
    found = [
        f"An independent look: {check.verdict.replace('_', ' ')}. {check.finding}"
        for check in checks
        if check.verdict != "not_searched"
    ]
    return " ".join(found) or "No independent look is recorded."


def evidence_line(rule: Rule, pack: Pack) -> str:
    """Return the paragraph on certainty of an evidence rule, or nothing."""
    if rule.evidence is None:
        return ""
    return f"**Evidence** {ours(f'{certainty(rule.evidence)}. {checked(rule, pack)}')}"


def basis_line(rule: Rule) -> str:
    """Return what a rule rests on, and that nobody has reviewed it while that is so."""
    claims = f"Rests on {', '.join(rule.claims)}, {BASIS[rule.rests_on]}." if rule.claims else ""
    review = "A draft: no clinician has reviewed this rule." if rule.status == "draft" else f"Status: {rule.status}."
    return ours(f"{claims} {review} Rule {rule.id}, version {rule.version}.")


def merged(groups: Iterable[Sequence[T]]) -> list[T]:
    """Return what is in several lists, each thing once, in order."""
    return list(dict.fromkeys(each for group in groups for each in group))
