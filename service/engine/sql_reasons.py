"""Why a rule answers as it does, as SQL: the facts behind a flag and what is missing, as the inside of JSON lists.

Where there is nothing to say it is NULL or empty. The order, and that each thing stands once, are those of the
reference evaluator's trace.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from service.engine.sql import Conditions
from service.facts.in_sql.columns import GAPS, SEEN, UNKNOWN, column_of
from service.knowledge.nodes import All, Any, Compare, Is, Node, Not, Unknown

When = str | None


@dataclass(frozen=True, slots=True)
class Reached:
    """A test of a fact that decides an outcome wherever `when` holds; None: always."""

    node: Is | Compare | Unknown
    when: When


class Reasons:
    """Writes the reasons of rules from what their facts show (service.facts.in_sql.columns).

    What is told of a fact under a condition is a column of its own, since many rules tell the same: `parts` holds these
    by name, once the rules were asked for.
    """

    def __init__(self, conditions: Conditions) -> None:
        self._value = conditions.value
        self._names: dict[str, str] = {}

    @property
    def parts(self) -> dict[str, str]:
        """The columns that the texts rest on, as SQL."""
        return {name: query for query, name in self._names.items()}

    def because(self, condition: Node) -> str:
        """Return what was seen that decided a rule that was raised."""
        return self._joined(_seen(self._deciding(condition, True, None)))

    def known_so_far(self, condition: Node) -> str:
        """Return what already speaks for a rule that cannot say."""
        return self._joined(_seen(self._holding(condition, None)))

    def missing(self, condition: Node) -> str:
        """Return what would have to be known for a rule that cannot say."""
        parts = ((column_of(each.node.fact, GAPS), each.when) for each in self._deciding(condition, None, None))
        return self._joined(_once(parts))

    def lacking(self, condition: Node) -> Iterator[tuple[str, str]]:
        """Yield the facts that may be missing where a rule cannot say, each with the condition under which it is."""
        found: dict[str, list[str]] = {}
        for each in self._deciding(condition, None, None):
            found.setdefault(each.node.fact, []).append(each.when or "TRUE")
        yield from ((fact, " OR ".join(f"({when})" for when in conditions)) for fact, conditions in found.items())

    def _joined(self, parts: Sequence[tuple[str, When]]) -> str:
        """Return the texts in columns with commas between, without those that are NULL. One alone is not copied."""
        texts = [column if when is None else self._part(column, when) for column, when in parts]
        return f"concat_ws(',', {', '.join(texts)})" if len(texts) > 1 else (texts or ["NULL"])[0]

    def _part(self, column: str, when: str) -> str:
        return self._names.setdefault(f"CASE WHEN {when} THEN {column} END", f"part__{len(self._names)}")

    def _deciding(self, node: Node, value: bool | None, when: When) -> Iterator[Reached]:
        """Yield the tests that decide a node which has this value wherever `when` holds, in order."""
        if isinstance(node, Not):
            yield from self._deciding(node.part, None if value is None else not value, when)
        elif not isinstance(node, (All, Any)):
            yield Reached(node, when)
        elif value is isinstance(node, All):
            # All parts of a true `all` are true, and all parts of a false `any` are false.
            for part in node.parts:
                yield from self._deciding(part, value, when)
        else:
            yield from self._some(node, value, when)

    def _some(self, node: All | Any, value: bool | None, when: When) -> Iterator[Reached]:
        """Yield what decides where only some parts have the value; of a false `all` the first false part does."""
        before: list[str] = []
        is_first_only = isinstance(node, All) and value is False
        for part in node.parts:
            fits = _has(self._value(part), value)
            yield from self._deciding(part, value, _both(when, fits, *(f"NOT ({each})" for each in before)))
            before += [fits] if is_first_only else []

    def _holding(self, node: Node, when: When) -> Iterator[Reached]:
        """Yield what holds of a node that is unknown wherever `when` holds."""
        for part in node.parts if isinstance(node, All) else ():
            value = self._value(part)
            yield from self._deciding(part, True, _both(when, _has(value, True)))
            if isinstance(part, All):
                yield from self._holding(part, _both(when, _has(value, None)))


def _seen(reached: Iterator[Reached]) -> list[tuple[str, When]]:
    """Return what was seen behind each fact; of one that was asked whether it is known, first that it is not."""
    parts: list[tuple[str, When]] = []
    for each in reached:
        if isinstance(each.node, Unknown):
            parts.append((column_of(each.node.fact, UNKNOWN), each.when))
        parts.append((column_of(each.node.fact, SEEN), each.when))
    return _once(parts)


def _once(parts: Iterable[tuple[str, When]]) -> list[tuple[str, When]]:
    """Return each column with when it applies and did not apply before."""
    found: list[tuple[str, When]] = []
    earlier: dict[str, list[When]] = {}
    for column, when in parts:
        before = earlier.setdefault(column, [])
        if None not in before:
            found.append((column, _both(when, *(f"NOT ({each})" for each in before))))
            before.append(when)
    return found


def _has(value: str, wanted: bool | None) -> str:
    """Return whether a truth is the wanted one; never NULL itself."""
    return f"{value} IS {'NULL' if wanted is None else str(wanted).upper()}"


def _both(*conditions: When) -> When:
    given = [each for each in conditions if each is not None]
    return " AND ".join(given) if given else None
