"""Why an outcome is what it is: the facts behind it, what is missing, and the nearest change that would turn it."""

from collections.abc import Iterable

from service.assess.advisory import Because, Missing
from service.engine.reference import Known, Leaf, Traced, trace, truth
from service.facts.model import COMPARATOR, NOT_SUPPLIED, Fact, Gap, Seen
from service.knowledge.model import FactDeclaration, Rule
from service.knowledge.nodes import All, Any, Compare, Is, Node, Not, Unknown

RELATION_WORDS = {"below": "below", "at_least": "at least", "above": "above", "at_most": "at most"}


def because(rule: Rule, facts: Known, traced: Traced) -> tuple[Because, ...]:
    """Return what was seen that decided the rule, each thing once, in the order of the condition."""
    return tuple(dict.fromkeys(_seen(trace(rule.condition, facts, traced)[1], facts)))


def known_so_far(rule: Rule, facts: Known, traced: Traced) -> tuple[Because, ...]:
    """Return what already speaks for a rule that cannot say: the parts of its condition that hold."""
    return tuple(dict.fromkeys(_seen(_holding(rule.condition, facts, traced), facts)))


def _holding(node: Node, facts: Known, traced: Traced) -> Iterable[Leaf]:
    value, deciding = trace(node, facts, traced)
    if value is True:
        return deciding
    parts = node.parts if isinstance(node, All) and value is None else ()
    return [leaf for part in parts for leaf in _holding(part, facts, traced)]


def _seen(deciding: Iterable[Leaf], facts: Known) -> Iterable[Because]:
    for leaf in deciding:
        fact = facts[leaf.node.fact]
        if isinstance(leaf.node, Unknown):
            gap = first_gap(fact)
            yield Because(fact.id, None, None, None, gap.at, None, origin=f"not known: {gap.reason.replace('_', ' ')}")
        for seen in fact.seen:
            yield _because(fact, seen)


def _because(fact: Fact, seen: Seen) -> Because:
    return Because(
        fact.id, seen.value, seen.unit, seen.date, seen.at, seen.source, seen.age_days, seen.origin, seen.comparator
    )  # fmt: skip


def missing(rule: Rule, facts: Known, traced: Traced) -> tuple[Missing, ...]:
    """Return what would have to be known for the rule to answer, each thing once."""
    found = (
        Missing(leaf.node.fact, gap.reason, gap.at, gap.detail)
        for leaf in trace(rule.condition, facts, traced)[1]
        if leaf.value is None
        for gap in _gaps(facts[leaf.node.fact])
    )
    return tuple(dict.fromkeys(found))


def first_gap(fact: Fact) -> Gap:
    """Return the first reason why a fact is not known."""
    return _gaps(fact)[0]


def _gaps(fact: Fact) -> tuple[Gap, ...]:
    if fact.gaps:
        return fact.gaps
    if fact.seen:
        return (Gap(COMPARATOR, fact.seen[0].at, "The value is known only as a bound, which leaves this open."),)
    return (Gap(NOT_SUPPLIED, "", "This is not known."),)


def would_need(rule: Rule, facts: Known, declarations: dict[str, FactDeclaration]) -> tuple[str, ...]:
    """Return the fewest changes of facts that would raise the rule, in words."""
    return tuple(dict.fromkeys(_say(leaf, declarations) for leaf in _nearest(rule.condition, True, facts)))


def _nearest(node: Node, wanted: bool, facts: Known) -> tuple[Leaf, ...]:
    if truth(node, facts) is wanted:
        return ()
    if isinstance(node, Not):
        return _nearest(node.part, not wanted, facts)
    if not isinstance(node, (All, Any)):
        return (Leaf(node, wanted),)
    options = [_nearest(part, wanted, facts) for part in node.parts]
    if isinstance(node, All) == wanted:
        return tuple(leaf for option in options for leaf in option)
    return min(options, key=len)


def _say(leaf: Leaf, declarations: dict[str, FactDeclaration]) -> str:
    node = leaf.node
    negation = "" if leaf.value else "not "
    if isinstance(node, Unknown):
        return f"{node.fact} {'not known' if leaf.value else 'known'}"
    if isinstance(node, Compare):
        # A laboratory unit stands in `because` only (contract, section 2); the fact's unit is in /v1 and in the docs.
        return f"{node.fact} {negation}{RELATION_WORDS[node.relation]} {node.limit}"
    return _say_is(node, bool(leaf.value), declarations)


def _say_is(node: Is, wanted: bool, declarations: dict[str, FactDeclaration]) -> str:
    if declarations[node.fact].type == "yes_no":
        return f"{node.fact} {'yes' if (True in node.values) == wanted else 'no'}"
    return f"{node.fact} {'' if wanted else 'not '}{' or '.join(map(str, node.values))}"
