"""The meaning of a rule as SQL: TRUE is raised, NULL cannot say, FALSE is clear, and nothing else is needed for it.

It reads a table with one row per patient, in which each fact has the columns of `service.facts.in_sql.columns`, and
shares no code with the reference evaluator; generated tests compare the two. What it writes is DuckDB's dialect, which
sqlglot turns into Spark's (service.population.dialects).
"""

from collections.abc import Iterable

from service.facts.in_sql.columns import HIGH, KNOWN, LOW, column_of
from service.facts.in_sql.formed import NoSqlForm
from service.facts.in_sql.words import literal
from service.knowledge.nodes import All, Any, Compare, Is, Node, Not, Unknown


class Conditions:
    """Turns conditions into SQL; `numbers` are the facts that are numbers.

    Parts that several conditions share are columns of their own: `shared` holds them by name, inner ones first.
    """

    def __init__(self, numbers: Iterable[str], conditions: Iterable[Node] = ()) -> None:
        self._numbers = frozenset(numbers)
        self._names: dict[Node, str] = {}
        self.shared: dict[str, str] = {}
        uses: dict[Node, int] = {}
        for condition in conditions:
            _count(condition, uses)
        for node, count in uses.items():
            if count > 1 and isinstance(node, (All, Any)):
                value, name = self.value(node), f"shared__{len(self.shared)}"
                self.shared[name], self._names[node] = value, name

    def value(self, node: Node) -> str:
        """Return the truth of a condition: TRUE, FALSE or NULL; raise NoSqlForm for what has no form."""
        if node in self._names:
            return self._names[node]
        if isinstance(node, Not):
            return f"(NOT {self.value(node.part)})"
        if isinstance(node, (All, Any)):
            return self._joined(node)
        if isinstance(node, Unknown):
            known = column_of(node.fact, KNOWN) if node.fact in self._numbers else f"{column_of(node.fact)} IS NOT NULL"
            return f"(NOT {known})"
        if isinstance(node, Compare):
            return _compared(node)
        if isinstance(node, Is):
            return _is(node)
        raise NoSqlForm(f"{type(node).__name__} has no form in SQL.")

    def _joined(self, node: All | Any) -> str:
        parts = [self.value(part) for part in node.parts]
        if not parts:
            return "TRUE" if isinstance(node, All) else "FALSE"
        return f"({(' AND ' if isinstance(node, All) else ' OR ').join(parts)})"


def _count(node: Node, uses: dict[Node, int]) -> None:
    """Count how often each part stands somewhere, inner parts first, so that outer ones can rest on them."""
    if isinstance(node, Not):
        _count(node.part, uses)
    if isinstance(node, (All, Any)) and node not in uses:
        for part in node.parts:
            _count(part, uses)
    uses[node] = uses.get(node, 0) + 1


def _is(node: Is) -> str:
    column = column_of(node.fact)
    if not all(isinstance(value, bool) for value in node.values):
        return f"({column} IN ({', '.join(literal(str(value)) for value in node.values)}))"
    if set(node.values) == {True, False}:
        return f"({column} OR NOT {column})"
    return column if True in node.values else f"(NOT {column})"


def _compared(node: Compare) -> str:
    """Return whether every number between the two ends stands in the relation, none does, or it is open."""
    low, high, limit = column_of(node.fact, LOW), column_of(node.fact, HIGH), format(node.limit, "f")
    tests = {
        "below": (f"{high} < {limit}", f"{low} >= {limit}"), "at_least": (f"{low} >= {limit}", f"{high} < {limit}"),
        "above": (f"{low} > {limit}", f"{high} <= {limit}"), "at_most": (f"{high} <= {limit}", f"{low} > {limit}"),
    }  # fmt: skip
    if node.relation not in tests:
        raise NoSqlForm(f"The relation {node.relation} has no form in SQL.")
    surely, never = tests[node.relation]
    return f"(CASE WHEN {surely} THEN TRUE WHEN {never} THEN FALSE END)"
