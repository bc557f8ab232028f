"""Both engines on every request: an answer is given only where they agree."""

import threading
from collections.abc import Callable, Mapping

from service.engine import reference
from service.engine.durable_engine import DurableEngine, EngineFailed
from service.engine.self_test import self_test
from service.facts.model import Fact
from service.knowledge.model import Pack


class Disagreement(Exception):
    """The engines differ, or one failed. Carries rule ids only, never a patient's data."""


class Engines:
    """The reference evaluator and durable-rules over one pack."""

    def __init__(self, pack: Pack) -> None:
        self.pack = pack
        self._rebuilding = threading.Lock()
        self.durable = self._built()

    def _built(self) -> DurableEngine:
        engine = DurableEngine(self.pack.active_rules, self.pack.facts.values())
        self_test(engine)
        return engine

    def evaluate(self, facts: Mapping[str, Fact]) -> dict[str, str]:
        """Return each rule's outcome; raise Disagreement, after rebuilding the engine, unless both engines agree."""
        wanted = reference.evaluate(self.pack.active_rules, facts)
        asked = self.durable
        try:
            given = asked.evaluate(facts)
        except EngineFailed as failure:
            self._rebuild(asked)
            raise Disagreement(str(failure)) from None
        if given != wanted:
            self._rebuild(asked)
            differing = sorted(rule for rule in wanted if given.get(rule) != wanted[rule])
            raise Disagreement(f"the engines differ on {', '.join(differing)}")
        return wanted

    def only(self, name: str) -> Callable[[Mapping[str, Fact]], dict[str, str]]:
        """Return one engine alone, `durable` or `reference`: for authors and tests, never for an answer over HTTP."""
        if name == "durable":
            return self.durable.evaluate
        return lambda facts: reference.evaluate(self.pack.active_rules, facts)

    def _rebuild(self, failed: DurableEngine) -> None:
        """Put a fresh engine in the place of the one that failed; once, however many requests met it."""
        with self._rebuilding:
            if self.durable is failed:
                self.durable = self._built()
                failed.close()
