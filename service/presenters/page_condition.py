"""A rule in words, as its author wrote it; on an advisory with each clause marked: holds, does not hold, not known."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any as Anything

from service.assess.reasons import RELATION_WORDS
from service.engine.reference import Known, truth
from service.facts.model import Interval
from service.knowledge.model import Pack, Rule
from service.knowledge.nodes import All, Any, Compare, Is, Node, Not, Unknown
from service.presenters.page_words import capital, fact_label, plain_number, spelt

HOLDS, FAILS, OPEN = "holds", "fails", "open"
STATE_WORDS = {HOLDS: "holds", FAILS: "does not hold", OPEN: "not known"}
ALL_OF, ANY_OF, NOT_SO = "all of", "at least one of", "it is not so that"
GROUPS = {"all": ALL_OF, "any": ANY_OF, "not": NOT_SO}


class UnlikeWritten(Exception):
    """A condition as it was read is not the one that was written: the two come from one file, so we failed."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a condition, what stands below it, and, for a patient, whether it holds and what was seen."""

    text: str
    parts: tuple["Line", ...] = ()
    state: str | None = None
    seen: str = ""

    @property
    def state_words(self) -> str:
        """The state in words, nothing where no patient is looked at."""
        return STATE_WORDS.get(self.state or "", "")


@dataclass(frozen=True)
class Sayer:
    """Says conditions of a pack in the words of its facts; `known` are a patient's facts."""

    pack: Pack
    known: Known | None = None

    def rule(self, rule: Rule) -> Line:
        """Return the condition of a rule, definitions by their name with their parts below."""
        when = rule.written["when"]
        if "unless" not in rule.written:
            return self.line(when, rule.condition)
        holds, unless = _parts(rule.condition)
        excepted = self.line({"not": rule.written["unless"]}, unless)
        return self._marked(Line(ALL_OF, (self.line(when, holds), excepted)), rule.condition)

    def line(self, written: Anything, node: Node) -> Line:
        """Return what is written, in words; `node` is the same, read."""
        if isinstance(written, str):
            return self._named(written, node)
        for word, group in GROUPS.items():
            if word in written:
                inner = written[word] if isinstance(written[word], list) else [written[word]]
                parts = zip(inner, _parts(node), strict=True)
                return self._marked(Line(group, tuple(self.line(*part) for part in parts)), node)
        return self._marked(Line(self._test(node, self._convention(written))), node)

    def _named(self, name: str, node: Node) -> Line:
        inner = self.node(node)
        if name in self.pack.facts:
            return inner
        # Its parts alone would not say whether one of them is enough, or whether they must not hold.
        if isinstance(node, Not) or not inner.parts:
            return self._marked(Line(capital(spelt(name)), (inner,)), node)
        return self._marked(Line(f"{capital(spelt(name))}: {inner.text}", inner.parts), node)

    def node(self, node: Node) -> Line:
        """Return a condition of which only the nodes are at hand: the inside of a definition."""
        if isinstance(node, (All, Any, Not)):
            group = ALL_OF if isinstance(node, All) else ANY_OF if isinstance(node, Any) else NOT_SO
            return self._marked(Line(group, tuple(self.node(part) for part in _parts(node))), node)
        return self._marked(Line(self._test(node, self._convention_of(node))), node)

    def _test(self, node: Node, convention: str) -> str:
        if not isinstance(node, (Is, Compare, Unknown)):
            raise UnlikeWritten
        fact = self.pack.facts[node.fact]
        name = fact_label(fact, self.pack.vocabulary.tests)
        if isinstance(node, Unknown):
            return f"Nothing usable is known of: {name}"
        if isinstance(node, Compare):
            return f"{name} is {RELATION_WORDS[node.relation]} {plain_number(node.limit)}{convention}"
        if node.values == (True,):
            return fact.meaning.rstrip(".")
        return f"{name} is {' or '.join('no' if word is False else str(word) for word in node.values)}"

    def _convention(self, written: Mapping[str, Anything]) -> str:
        """Return which number of ours a limit is, where the author named one."""
        for limit in (written.get(relation) for relation in RELATION_WORDS):
            if isinstance(limit, Mapping) and "policy" in limit:
                return f" (a convention of this project: {spelt(limit['policy'])})"
        return ""

    def _convention_of(self, node: Node) -> str:
        if not isinstance(node, Compare):
            return ""
        unit = self.pack.facts[node.fact].unit
        named = [row.id for row in self.pack.policy.values() if row.value == node.limit and row.unit == unit]
        return f" (a convention of this project: {spelt(named[0])})" if named else ""

    def _marked(self, line: Line, node: Node) -> Line:
        if self.known is None:
            return line
        value = truth(node, self.known)
        state = OPEN if value is None else HOLDS if value else FAILS
        seen = self._seen(node.fact) if isinstance(node, Compare) else ""
        return Line(line.text, line.parts, state, seen)

    def _seen(self, fact: str) -> str:
        """Return the patient's number in the fact's own unit, which stands with the limit; units are in the facts."""
        state = self.known[fact].state if self.known else None
        if not isinstance(state, Interval):
            return ""
        if state.low is not None and state.low == state.high:
            return f"here {plain_number(state.low)}"
        ends = [("at least", state.low), ("at most", state.high)]
        return " and ".join(f"{word} {plain_number(end)}" for word, end in ends if end is not None)


def _parts(node: Node) -> tuple[Node, ...]:
    if isinstance(node, Not):
        return (node.part,)
    if isinstance(node, (All, Any)):
        return node.parts
    raise UnlikeWritten
