"""What was looked at and not raised: the fact that decided it, and the nearest change that would raise it."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass

from schemas.canonical import CATEGORY_DISPLAYS
from service.assess import Because, Clear
from service.knowledge.model import Pack
from service.presenters.page_facts import FactRow, fact_rows
from service.presenters.page_words import fact_label

MOST_DECIDING = 3
YES_NO = ("yes", "no")


@dataclass(frozen=True, slots=True)
class ClearRow:
    """One rule that was not raised."""

    rule: str
    title: str
    decided_by: tuple[FactRow, ...]
    more: int
    would_need: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ClearGroup:
    """The rules of one category that were not raised."""

    category: str
    rows: tuple[ClearRow, ...]


def clear_groups(clears: Iterable[Clear], pack: Pack) -> tuple[ClearGroup, ...]:
    """Return what was not raised, by category in the order of the contract."""
    rows: dict[str, list[ClearRow]] = {category: [] for category in CATEGORY_DISPLAYS}
    remembered: dict[Because, FactRow] = {}
    for clear in clears:
        rows[clear.rule.category].append(_row(clear, pack, remembered))
    return tuple(ClearGroup(CATEGORY_DISPLAYS[name], tuple(found)) for name, found in rows.items() if found)


def _row(clear: Clear, pack: Pack, remembered: dict[Because, FactRow]) -> ClearRow:
    """Return one row; the same fact decides many rules, and is written once."""
    for each in clear.decided_by[:MOST_DECIDING]:
        if each not in remembered:
            remembered[each] = fact_rows([asdict(each)], pack)[0]
    return ClearRow(
        rule=clear.rule.id, title=clear.rule.title,
        decided_by=tuple(remembered[each] for each in clear.decided_by[:MOST_DECIDING]),
        more=max(0, len(clear.decided_by) - MOST_DECIDING),
        would_need=tuple(_needed(text, pack) for text in clear.would_need),
    )  # fmt: skip


def _needed(text: str, pack: Pack) -> str:
    """Return a change in words; it begins with the id of its fact."""
    known, _, rest = text.partition(" ")
    fact = pack.facts.get(known)
    if fact is None:
        return text
    return f"{fact_label(fact, pack.vocabulary.tests)}{':' if rest in YES_NO else ''} {rest}"
