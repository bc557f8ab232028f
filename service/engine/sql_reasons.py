"""Why a rule answers as it does, as SQL: the facts behind a flag and what is missing, as JSON text.

The order, and that each thing stands once, are those of the reference evaluator's trace.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from sqlglot import exp

from service.engine.sql import Conditions
from service.knowledge.nodes import All, Any, Node, Not, Unknown

COMMA = ","


@dataclass(frozen=True, slots=True)
class Told:
    """What a fact shows, each a piece of SQL that gives JSON objects with commas between, or NULL for nothing.

    `seen` is what was seen behind it, `gaps` why it is not known, `unknown` that it is not known, as a thing seen.
    """

    seen: str
    gaps: str
    unknown: str


@dataclass(frozen=True, slots=True)
class Reached:
    """A test of a fact that decides an outcome wherever `when` holds; None: always."""

    node: Node
    when: exp.Expression | None


class Reasons:
    """Writes the reasons of rules; `told` holds by fact what it shows."""

    def __init__(self, conditions: Conditions, told: Mapping[str, Told]) -> None:
        self._conditions, self._told = conditions, told

    def because(self, condition: Node) -> exp.Expression:
        """Return what was seen that decided a rule that was raised."""
        return _list(self._behind(self._deciding(condition, True, None)))

    def known_so_far(self, condition: Node) -> exp.Expression:
        """Return what already speaks for a rule that cannot say."""
        return _list(self._behind(self._holding(condition, None)))

    def missing(self, condition: Node) -> exp.Expression:
        """Return what would have to be known for a rule that cannot say."""
        return _list(self._lacking(self._deciding(condition, None, None)))

    def _deciding(self, node: Node, value: bool | None, when: exp.Expression | None) -> Iterator[Reached]:
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

    def _some(self, node: All | Any, value: bool | None, when: exp.Expression | None) -> Iterator[Reached]:
        """Yield what decides where only some parts have the value; of a false `all` the first false part does."""
        before: list[exp.Expression] = []
        for part in node.parts:
            fits = _has(self._conditions.value(part), value)
            first = [exp.not_(each.copy()) for each in before] if isinstance(node, All) and value is False else []
            yield from self._deciding(part, value, _both(when, fits, *first))
            before.append(fits)

    def _holding(self, node: Node, when: exp.Expression | None) -> Iterator[Reached]:
        """Yield what holds of a node that is unknown wherever `when` holds."""
        for part in node.parts if isinstance(node, All) else ():
            value = self._conditions.value(part)
            yield from self._deciding(part, True, _both(when, _has(value, True)))
            if isinstance(part, All):
                yield from self._holding(part, _both(when, _has(value.copy(), None)))

    def _behind(self, reached: Iterator[Reached]) -> list[exp.Expression]:
        found: list[exp.Expression] = []
        seen: dict[str, list[exp.Expression | None]] = {}
        unknown: dict[str, list[exp.Expression | None]] = {}
        for each in reached:
            fact = _fact_of(each.node)
            if isinstance(each.node, Unknown):
                found += _once(self._told[fact].unknown, each.when, unknown.setdefault(fact, []))
            found += _once(self._told[fact].seen, each.when, seen.setdefault(fact, []))
        return found

    def _lacking(self, reached: Iterator[Reached]) -> list[exp.Expression]:
        found: list[exp.Expression] = []
        earlier: dict[str, list[exp.Expression | None]] = {}
        for each in reached:
            fact = _fact_of(each.node)
            found += _once(self._told[fact].gaps, each.when, earlier.setdefault(fact, []))
        return found


def _fact_of(node: Node) -> str:
    if isinstance(node, (All, Any, Not)):
        raise TypeError("Only a test is about one fact.")
    return node.fact


def _once(
    text: str, when: exp.Expression | None, earlier: list[exp.Expression | None]
) -> Sequence[exp.Expression]:
    """Return the text where it applies and did not apply before; note in `earlier` that it did."""
    if None in earlier:
        return ()
    before = [exp.not_(each.copy()) for each in earlier if each is not None]
    earlier.append(when)
    told = exp.maybe_parse(text, dialect="duckdb")
    condition = _both(when, *before)
    return (told if condition is None else exp.case().when(condition, told),)


def _has(value: exp.Expression, wanted: bool | None) -> exp.Expression:
    """Return whether a truth is the wanted one; never NULL itself."""
    return exp.Is(this=value, expression=exp.null() if wanted is None else exp.convert(wanted))


def _both(*conditions: exp.Expression | None) -> exp.Expression | None:
    given = [each.copy() for each in conditions if each is not None]
    return exp.and_(*given) if given else None


def _list(parts: Sequence[exp.Expression]) -> exp.Expression:
    """Return a JSON list of the parts; those that are NULL are left out."""
    if not parts:
        return exp.Literal.string("[]")
    joined = exp.Anonymous(this="concat_ws", expressions=[exp.Literal.string(COMMA), *parts])
    opened = exp.DPipe(this=exp.Literal.string("["), expression=joined)
    return exp.DPipe(this=opened, expression=exp.Literal.string("]"))
