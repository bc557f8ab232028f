"""The traps of durable-rules that kill, each kept shut (decision 0002).

What would crash the interpreter is tried in a process of its own.
"""

import subprocess
import sys
import textwrap

import pytest
from durable import engine as stock

from service.engine.durable_compile import Attributes, TooLarge
from service.engine.durable_engine import GROUP_CONJUNCTS, HEARTBEAT, DurableEngine, EngineFailed
from service.engine.self_test import fnv_1a, self_test
from service.facts.model import Fact
from service.knowledge.model import FactDeclaration
from service.knowledge.nodes import All, Any, Is, Node
from tests.making import declarations, exact, facts, rule


def alone(code: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)], capture_output=True, text=True, timeout=120, check=False
    )


def test_a_first_session_without_a_firing_does_not_crash() -> None:
    code = """
        from service.engine.durable_engine import DurableEngine
        from service.knowledge.nodes import Is
        from tests.making import declarations, facts, rule
        for _ in range(100):
            engine = DurableEngine([rule("r/1", Is("has_a", (True,)))], declarations())
            assert engine.evaluate(facts()) == {"r/1": "cannot_say"}
            engine.close()
    """
    assert alone(code).returncode == 0


def test_without_the_heartbeat_nothing_is_answered() -> None:
    engine = DurableEngine([rule("r/1", Is("has_a", (True,)))], declarations())
    with pytest.raises(EngineFailed, match="heartbeat"):
        engine._verdicts({"c0"})


def test_more_matches_than_the_alpha_stack_holds() -> None:
    """65 conjunctions true at once break a stock ruleset (error 303); groups of 60 do not."""
    names = [f"n{index}" for index in range(65)]
    rules = [rule(f"r/{name}", Is(name, (True,))) for name in names]
    engine = DurableEngine(rules, [FactDeclaration(name, "entry", name) for name in names])
    assert max(map(len, engine.groups)) <= GROUP_CONJUNCTS
    for state, outcome in ((True, "raised"), (False, "clear"), (None, "cannot_say")):
        assert set(engine.evaluate({name: Fact(name, state) for name in names}).values()) == {outcome}


def test_the_alpha_stack_is_still_as_small_as_we_think() -> None:
    """If the stock engine ever holds 65, the groups may grow; until then this documents the trap."""
    code = """
        from durable import engine
        class Quiet(engine.Host):
            def _run(self): pass
        fired = []
        tests = {f"n{i}": [{"g": 1}, {f"a{i}": 1}] for i in range(65)}
        run = lambda c: fired.append(1)
        rules = {name: {"all": [{"m": {"$and": each}}], "run": run} for name, each in tests.items()}
        host = Quiet({"p": rules})
        try:
            host.assert_fact("p", {"sid": "s", "id": "1", "g": 1, **{f"a{i}": 1 for i in range(65)}})
        except Exception:
            pass
        print(len(fired))
    """
    assert alone(code).stdout.strip() == "0"


def test_a_number_in_quotes_never_reaches_the_engine() -> None:
    """ "5" equals 5 in some evaluations and not in others, so nothing but numbers is ever sent."""
    sent = Attributes(declarations()).sent(facts(has_a=True, level="high", result=exact("5"), flag="no"))
    assert {type(value) for value in sent.values()} <= {int, float}


def test_colliding_names_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """The engine compares names by 32-bit hash only: k7e827 and ka4bb0 are one name to it."""
    assert fnv_1a("k7e827") == fnv_1a("ka4bb0")
    engine = DurableEngine([rule("r/1", Is("has_a", (True,)))], declarations())
    engine.attributes.names = {"has_a": "k7e827", "has_b": "ka4bb0"}
    with pytest.raises(EngineFailed, match="hash"):
        self_test(engine)


def test_too_many_alternatives_are_refused_at_load() -> None:
    """A product of alternatives above 64 is refused when the rules are loaded, not when a patient waits."""
    names = [f"n{index}" for index in range(28)]
    many = [FactDeclaration(name, "entry", name) for name in names]
    pairs: list[Node] = [
        Any((Is(left, (True,)), Is(right, (True,)))) for left, right in zip(names[::2], names[1::2], strict=True)
    ]
    with pytest.raises(TooLarge, match="r/1"):
        DurableEngine([rule("r/1", All(tuple(pairs)))], many)


def test_both_kinds_of_conjunction_firing_is_a_failure() -> None:
    engine = DurableEngine([rule("r/1", Is("has_a", (True,)))], declarations())
    with pytest.raises(EngineFailed, match="raised and clear"):
        engine._verdicts({HEARTBEAT, "c0", "c1"})


def test_draining_the_agenda_ourselves_fires_what_the_stock_host_fires() -> None:
    fired: list[str] = []

    class Quiet(stock.Host):  # type: ignore[misc]
        def _run(self) -> None:
            """Start no timers."""

    def note(name: str) -> object:
        return lambda _c: fired.append(name)

    tests = {"one": [{"a": 1}], "two": [{"a": 1}, {"$lt": {"b": 5}}], "three": [{"$gte": {"b": 5}}]}
    host = Quiet({"same": {name: {"all": [{"m": {"$and": each}}], "run": note(name)} for name, each in tests.items()}})
    host.assert_fact("same", {"sid": "s", "id": "1", "a": 1, "b": 4})
    ours = DurableEngine([rule("r/1", All((Is("has_a", (True,)),)))], declarations())
    assert sorted(fired) == ["one", "two"]
    assert ours.fired(ours.attributes.sent(facts(has_a=True))) == {HEARTBEAT, "c0"}


def test_a_closed_engine_is_not_asked() -> None:
    engine = DurableEngine([rule("r/1", Is("has_a", (True,)))], declarations())
    engine.close()
    engine.close()
    with pytest.raises(EngineFailed, match="closed"):
        engine.evaluate({known: Fact(known, None) for known in facts()})
