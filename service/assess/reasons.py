"""Why an outcome is what it is: the facts behind it, what is missing, and the nearest change that would turn it."""

from collections.abc import Iterable
from typing import TypeVar

from service.assess.advisory import Because, Missing
from service.engine.reference import Known, Leaf, Traced, trace, truth
from service.facts.model import COMPARATOR, NOT_SUPPLIED, Fact, Gap, Seen
from service.knowledge.model import FactDeclaration, Rule
from service.knowledge.nodes import All, Any, Compare, Is, Node, Not, Unknown

RELATION_WORDS = {"below": "below", "at_least": "at least", "above": "above", "at_most": "at most"}


class Reasons:
    """The reasons behind all outcomes of one patient; a fact behind many flags is put into words once."""

    def __init__(self, facts: Known) -> None:
        self._facts = facts
        self._traced: Traced = {}
        self._seen: dict[str, tuple[Because, ...]] = {}
        self._unknown: dict[str, Because] = {}
        self._missing: dict[str, tuple[Missing, ...]] = {}

    def because(self, rule: Rule) -> tuple[Because, ...]:
        """Return what was seen that decided the rule, each thing once, in the order of the condition."""
        return self._told(trace(rule.condition, self._facts, self._traced)[1])

    def known_so_far(self, rule: Rule) -> tuple[Because, ...]:
        """Return what already speaks for a rule that cannot say: the parts of its condition that hold."""
        return self._told(self._holding(rule.condition))

    def missing(self, rule: Rule) -> tuple[Missing, ...]:
        """Return what would have to be known for the rule to answer, each thing once."""
        deciding = trace(rule.condition, self._facts, self._traced)[1]
        return _once(each for leaf in deciding if leaf.value is None for each in self._gaps(leaf.node.fact))

    def _holding(self, node: Node) -> Iterable[Leaf]:
        value, deciding = trace(node, self._facts, self._traced)
        if value is True:
            return deciding
        parts = node.parts if isinstance(node, All) and value is None else ()
        return [leaf for part in parts for leaf in self._holding(part)]

    def _told(self, deciding: Iterable[Leaf]) -> tuple[Because, ...]:
        return _once(each for leaf in deciding for each in self._behind(leaf))

    def _behind(self, leaf: Leaf) -> tuple[Because, ...]:
        known = leaf.node.fact
        if known not in self._seen:
            fact = self._facts[known]
            self._seen[known] = tuple(dict.fromkeys(_because(fact, seen) for seen in fact.seen))
        if not isinstance(leaf.node, Unknown):
            return self._seen[known]
        if known not in self._unknown:
            self._unknown[known] = _not_known(self._facts[known])
        return (self._unknown[known], *self._seen[known])

    def _gaps(self, known: str) -> tuple[Missing, ...]:
        if known not in self._missing:
            gaps = dict.fromkeys(_gaps(self._facts[known]))
            self._missing[known] = tuple(Missing(known, gap.reason, gap.at, gap.detail) for gap in gaps)
        return self._missing[known]


T = TypeVar("T")


def _once(found: Iterable[T]) -> tuple[T, ...]:
    """Return each thing once, in order. One and the same thing is one object here, so nothing needs to be compared."""
    return tuple({id(each): each for each in found}.values())


def _not_known(fact: Fact) -> Because:
    gap = first_gap(fact)
    return Because(fact.id, None, None, None, gap.at, None, origin=f"not known: {gap.reason.replace('_', ' ')}")


def _because(fact: Fact, seen: Seen) -> Because:
    return Because(
        fact.id, seen.value, seen.unit, seen.date, seen.at, seen.source, seen.age_days, seen.origin, seen.comparator
    )  # fmt: skip


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
