"""The meaning of a rule as SQL: TRUE is raised, NULL cannot say, FALSE is clear, and nothing else is needed for it.

It reads a table with one row per patient, in which each fact has the columns of `service.facts.in_sql.columns`, and shares no code with
the reference evaluator; generated tests compare the two.
"""

from collections.abc import Iterable
from decimal import Decimal

from sqlglot import exp

from service.facts.in_sql.columns import HIGH, KNOWN, LOW, column_of
from service.knowledge.nodes import All, Any, Compare, Is, Node, Not, Unknown

class NoSqlForm(Exception):
    """A condition holds something that has no form in SQL; the pack cannot be used for populations."""


class Conditions:
    """Turns conditions into SQL. A part that several rules share is a column of its own: see `shared`."""

    def __init__(self, numbers: Iterable[str], conditions: Iterable[Node] = ()) -> None:
        self._numbers = frozenset(numbers)
        self._names: dict[Node, str] = {}
        self.shared: list[tuple[str, exp.Expression]] = []
        uses: dict[Node, int] = {}
        for condition in conditions:
            _count(condition, uses)
        for node, count in uses.items():
            if count > 1 and isinstance(node, (All, Any)):
                self._share(node)

    def value(self, node: Node) -> exp.Expression:
        """Return the truth of a condition: TRUE, FALSE or NULL; raise NoSqlForm for what has no form."""
        if node in self._names:
            return exp.column(self._names[node])
        if isinstance(node, Not):
            return exp.paren(exp.not_(self.value(node.part)))
        if isinstance(node, (All, Any)):
            return self._joined(node)
        if isinstance(node, Unknown):
            return self._unknown(node.fact)
        if isinstance(node, Compare):
            return _compared(node)
        if isinstance(node, Is):
            return _is(node)
        raise NoSqlForm(f"{type(node).__name__} has no form in SQL.")

    def _joined(self, node: All | Any) -> exp.Expression:
        parts = [self.value(part) for part in node.parts]
        if not parts:
            return exp.true() if isinstance(node, All) else exp.false()
        return exp.paren(exp.and_(*parts) if isinstance(node, All) else exp.or_(*parts))

    def _unknown(self, fact: str) -> exp.Expression:
        if fact in self._numbers:
            return exp.paren(exp.not_(exp.column(column_of(fact, KNOWN))))
        return exp.paren(exp.column(column_of(fact)).is_(exp.null()))

    def _share(self, node: All | Any) -> None:
        value = self.value(node)
        name = f"shared__{len(self.shared)}"
        self.shared.append((name, value))
        self._names[node] = name


def _count(node: Node, uses: dict[Node, int]) -> None:
    """Count how often each part stands somewhere, inner parts first, so that outer ones can rest on them."""
    if isinstance(node, Not):
        _count(node.part, uses)
    if isinstance(node, (All, Any)) and node not in uses:
        for part in node.parts:
            _count(part, uses)
    uses[node] = uses.get(node, 0) + 1


def _is(node: Is) -> exp.Expression:
    column = exp.column(column_of(node.fact))
    if not all(isinstance(value, bool) for value in node.values):
        return exp.paren(column.isin(*(str(value) for value in node.values)))
    if set(node.values) == {True, False}:
        return exp.paren(exp.or_(column, exp.not_(column.copy())))
    return column if True in node.values else exp.paren(exp.not_(column))


def _compared(node: Compare) -> exp.Expression:
    """Return whether every number between the two ends stands in the relation, none does, or it is open."""
    low, high = exp.column(column_of(node.fact, LOW)), exp.column(column_of(node.fact, HIGH))
    limit = _number(node.limit)
    is_below = node.relation in ("below", "at_least")
    if node.relation not in ("below", "at_least", "above", "at_most"):
        raise NoSqlForm(f"The relation {node.relation} has no form in SQL.")
    holds = node.relation in ("below", "above")
    surely = exp.LT(this=high, expression=limit) if is_below else exp.GT(this=low, expression=limit)
    never = exp.GTE(this=low, expression=limit) if is_below else exp.LTE(this=high, expression=limit)
    return exp.case().when(surely, exp.convert(holds)).when(never, exp.convert(not holds))


def _number(value: Decimal) -> exp.Expression:
    return exp.Literal.number(format(value, "f"))
