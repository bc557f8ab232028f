"""The meaning of a rule, on one page: Kleene's three values over a patient's facts.

Everything else (durable-rules, later SQL) is compared with this. It shares no code with the compiler.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from service.facts.model import Fact, Interval, State
from service.knowledge.model import Rule
from service.knowledge.nodes import All, Any, Compare, Is, Node, Not, Unknown

RAISED, CLEAR, CANNOT_SAY = "raised", "clear", "cannot_say"
WORDS = {True: RAISED, False: CLEAR, None: CANNOT_SAY}

Known = Mapping[str, Fact]


@dataclass(frozen=True, slots=True)
class Leaf:
    """One test of one fact that decided an outcome, and what it came to."""

    node: Is | Compare | Unknown
    value: bool | None


Trace = tuple[bool | None, tuple[Leaf, ...]]
# Of one patient's facts, by the identity of nodes, which live as long as the pack.
Traced = dict[int, Trace]


def evaluate(rules: Iterable[Rule], facts: Known) -> dict[str, str]:
    """Return raised, clear or cannot_say for each rule, by id."""
    return {rule.id: WORDS[truth(rule.condition, facts)] for rule in rules}


def truth(node: Node, facts: Known) -> bool | None:
    """Return true, false or None (unknown)."""
    if isinstance(node, (Is, Compare, Unknown)):
        return test(node, facts[node.fact].state)
    if isinstance(node, Not):
        inner = truth(node.part, facts)
        return None if inner is None else not inner
    # One true part settles `any`, one false part settles `all`; short of that, one unknown part leaves it unknown.
    settles, unknown = isinstance(node, Any), False
    for part in node.parts:
        value = truth(part, facts)
        if value is settles:
            return settles
        unknown = unknown or value is None
    return None if unknown else not settles


def test(node: Is | Compare | Unknown, state: State) -> bool | None:
    """Return what one test says of one fact; a test of something unknown is unknown."""
    if isinstance(node, Unknown):
        return state is None
    if state is None:
        return None
    return state in node.values if isinstance(node, Is) else compare(node, state)


def compare(node: Compare, state: State) -> bool | None:
    """Return whether every number in the interval stands in the relation, none does, or it is open."""
    if not isinstance(state, Interval):
        raise TypeError(f"{node.fact} is not a number")
    low, high, limit = state.low, state.high, node.limit
    if node.relation in ("below", "at_least"):
        below = True if high is not None and high < limit else False if low is not None and low >= limit else None
        return below if node.relation == "below" or below is None else not below
    above = True if low is not None and low > limit else False if high is not None and high <= limit else None
    return above if node.relation == "above" or above is None else not above


def trace(node: Node, facts: Known, traced: Traced) -> Trace:
    """Return the node's truth and the tests that decided it, from `traced` if it is there: rules share definitions.

    These are the tests that made it true, the first that made it false, or those that leave it open.
    """
    found = traced.get(id(node))
    if found is None:
        found = traced[id(node)] = _trace(node, facts, traced)
    return found


def _trace(node: Node, facts: Known, known: Traced) -> Trace:
    if isinstance(node, Not):
        inner, found = trace(node.part, facts, known)
        return (None if inner is None else not inner), found
    if not isinstance(node, (All, Any)):
        value = truth(node, facts)
        return value, (Leaf(node, value),)
    traced = [trace(part, facts, known) for part in node.parts]
    values = [value for value, _ in traced]
    strongest = not isinstance(node, All)
    value = strongest if strongest in values else None if None in values else not strongest
    deciding = [found for each, found in traced if each is value]
    if isinstance(node, All) and value is False:
        deciding = deciding[:1]
    return value, tuple(leaf for found in deciding for leaf in found)
