"""durable-rules, fenced in: the only importer of `durable`. See decision 0002 for each fence and the trap behind it.

The agenda is drained here, through the library's own C calls, and not by its Python host: the host copies the whole
state for every firing, which costs eight times the matching itself and brings its traps (actions run on timer threads,
exceptions swallowed into the state). Nothing but the names of the fired conjunctions is read.
"""

import itertools
import json
import threading
from collections.abc import Iterable, Mapping
from typing import Any

import durable_rules_engine
from durable import engine

from service.engine.durable_compile import Attributes, Conjunct, Literal, TooLarge, compile_condition
from service.engine.reference import CANNOT_SAY, CLEAR, RAISED
from service.facts.model import Fact
from service.knowledge.model import FactDeclaration, Rule

GROUP_CONJUNCTS = 60
GROUP_ATTRIBUTES = 230
MOST_GROUPS = 500
HEARTBEAT = "hb__"
HANDLED, NOT_HANDLED = 0, 1
_SERIAL = itertools.count(1)


class EngineFailed(Exception):
    """The engine broke, contradicted itself or gave no heartbeat; nothing may be answered from it."""


class QuietHost(engine.Host):  # type: ignore[misc]
    """A host without the timer threads of the stock one, which run actions in the middle of ours."""

    def _run(self) -> None:
        """Start nothing."""


class DurableEngine:
    """Compiled rules, ready to be asked; one evaluation at a time."""

    def __init__(self, rules: Iterable[Rule], declarations: Iterable[FactDeclaration]) -> None:
        self.attributes = Attributes(declarations)
        self.means: dict[str, list[tuple[str, bool]]] = {}
        self.rules = tuple(rules)
        self.groups = _grouped(self._conjuncts())
        self._lock = threading.Lock()
        self._closed = False
        self.name = f"pack{next(_SERIAL)}"
        self._host = QuietHost()
        self._host.set_rulesets({self.name: self._definition()})
        self._ruleset = self._host.get_ruleset(self.name)
        self._sids = itertools.count(1)
        self._sent = [
            sorted({literal.attribute for _, conjunct in group for literal in conjunct}) for group in self.groups
        ]

    def _conjuncts(self) -> list[tuple[str, Conjunct]]:
        """Name every distinct conjunction, and note for which rules it means true (+) or false (-)."""
        names: dict[Conjunct, str] = {}
        for rule in self.rules:
            try:
                both = compile_condition(rule.condition, self.attributes)
            except TooLarge as error:
                raise TooLarge(f"{rule.id}: {error}") from None
            for positive, conjuncts in zip((True, False), both, strict=True):
                for conjunct in conjuncts:
                    name = names.setdefault(conjunct, f"c{len(names)}")
                    self.means.setdefault(name, []).append((rule.id, positive))
        return [(name, conjunct) for conjunct, name in names.items()]

    def _definition(self) -> dict[str, Any]:
        definition: dict[str, Any] = {HEARTBEAT: _rule([{HEARTBEAT: 1}])}
        for number, group in enumerate(self.groups):
            for name, conjunct in group:
                definition[name] = _rule([{"g": number}, *map(_test, sorted(conjunct))])
        return definition

    def evaluate(self, facts: Mapping[str, Fact]) -> dict[str, str]:
        """Return raised, clear or cannot_say for each rule, by id; raise EngineFailed on anything unexpected."""
        return self._verdicts(self.fired(self.attributes.sent(facts)))

    def fired(self, sent: Mapping[str, float]) -> set[str]:
        """Return the names of the conjunctions that hold for these attributes, the heartbeat among them."""
        groups = [{name: sent[name] for name in names if name in sent} for names in self._sent]
        with self._lock:
            if self._closed:
                raise EngineFailed("asked after it was closed")
            sid = f"s{next(self._sids)}"
            try:
                fired = self._assert({"sid": sid, "id": "hb", HEARTBEAT: 1})
                for number, group in enumerate(groups):
                    fired += self._assert({"sid": sid, "id": f"f{number}", "g": number, **group})
            except EngineFailed:
                raise
            except Exception as error:
                raise EngineFailed(type(error).__name__) from None
            finally:
                self._ruleset.delete_state(sid)
        return set(fired)

    def _assert(self, fact: Mapping[str, Any]) -> list[str]:
        """Assert one fact and drain what it fires; facts go one by one, for a batch drops facts silently."""
        handle = self._ruleset._handle
        code, state = durable_rules_engine.assert_fact(handle, json.dumps(fact))
        if code == NOT_HANDLED:
            return []
        if code != HANDLED:
            raise EngineFailed(f"fact answered with {code}")
        fired: list[str] = []
        started = durable_rules_engine.start_action_for_state(handle, state)
        message = started[1] if started else None
        while message:
            fired.append(message[2 : message.index('"', 2)])
            if len(fired) > GROUP_CONJUNCTS:
                raise EngineFailed("more firings than conjunctions")
            message = durable_rules_engine.complete_and_start_action(handle, state)
        return fired

    def _verdicts(self, fired: set[str]) -> dict[str, str]:
        if HEARTBEAT not in fired:
            raise EngineFailed("no heartbeat")
        verdicts = {rule.id: CANNOT_SAY for rule in self.rules}
        for name in fired - {HEARTBEAT}:
            for rule, positive in self.means[name]:
                verdict = RAISED if positive else CLEAR
                if verdicts[rule] not in (CANNOT_SAY, verdict):
                    raise EngineFailed(f"{rule} is raised and clear at once")
                verdicts[rule] = verdict
        return verdicts

    def close(self) -> None:
        """Free the engine's memory; it must not be asked again."""
        with self._lock:
            if not self._closed:
                self._closed = True
                durable_rules_engine.delete_ruleset(self._ruleset._handle)


def _rule(tests: list[dict[str, Any]]) -> dict[str, Any]:
    return {"all": [{"m": {"$and": tests}}], "run": _never}


def _never(_: Any) -> None:
    """Stand in for a consequent; the agenda is drained without running it."""


def _test(literal: Literal) -> dict[str, Any]:
    test = {literal.attribute: literal.number}
    return test if literal.operator == "==" else {literal.operator: test}


def _grouped(named: list[tuple[str, Conjunct]]) -> list[list[tuple[str, Conjunct]]]:
    groups: list[list[tuple[str, Conjunct]]] = []
    attributes: set[str] = set()
    for name, conjunct in named:
        wider = attributes | {literal.attribute for literal in conjunct}
        if not groups or len(groups[-1]) == GROUP_CONJUNCTS or len(wider) > GROUP_ATTRIBUTES:
            groups.append([])
            wider = {literal.attribute for literal in conjunct}
        groups[-1].append((name, conjunct))
        attributes = wider
    if len(groups) > MOST_GROUPS:
        raise TooLarge(f"{len(groups)} groups of rules")
    return groups
