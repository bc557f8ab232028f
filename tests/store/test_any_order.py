"""Whatever is done in whatever order, the store says what a plain model in memory says, and its chain holds."""

from dataclasses import dataclass, field
from datetime import timedelta
from itertools import count
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, rule, run_state_machine_as_test
from sqlalchemy import Engine

from schemas.review import AGREE, NO_ACTION, OPEN, SIGNED, SUPERSEDED, Actor, Conflict, Decision, Wanted
from service.store.advisories import AdvisoryStore, KeyReused, NotTold, Undecided
from service.store.audit import Audit
from tests.store.made import FORM, KIDNEY, NOW, SIGN, new

RULES = (KIDNEY, FORM, SIGN)
SEVERITIES, OUTCOMES = ("critical", "warning", "info"), ("raised", "cannot_say")
GRAVITY = {None: 0, "info": 1, "warning": 2, "critical": 3}
SOME_RULES = st.lists(st.sampled_from(RULES), min_size=1, unique=True).map(tuple)
TOLD = st.lists(
    st.tuples(st.sampled_from(RULES), st.sampled_from(OUTCOMES), st.sampled_from(SEVERITIES)),
    unique_by=lambda told: told[0],
).map(tuple)
ANY = EVERY_FLAG = st.none()
CHOICE = st.sampled_from([AGREE, NO_ACTION])
WANTED = st.builds(
    Wanted, status=ANY | st.sampled_from([OPEN, SIGNED, SUPERSEDED]), severity=ANY | st.sampled_from(SEVERITIES),
    outcome=ANY | st.sampled_from(OUTCOMES), rule=ANY | st.sampled_from(RULES),
    text=ANY | st.sampled_from(["p", "p-1"]),
)  # fmt: skip
TENANTS = (f"tenant-{number}" for number in count())


@dataclass
class Known:
    """An advisory in the model."""

    id: str
    told: tuple[tuple[str, str, str], ...]
    patient: str | None
    order: int
    status: str = OPEN
    revision: int = 1
    decided: dict[str, str] = field(default_factory=dict)
    kinds: list[str] = field(default_factory=lambda: ["created"])

    @property
    def worst(self) -> str | None:
        return max((severity for _, _, severity in self.told), key=lambda each: GRAVITY[each], default=None)

    @property
    def undecided(self) -> set[str]:
        return {rule for rule, _, _ in self.told} - set(self.decided)

    def change(self, kind: str) -> None:
        self.revision += 1
        self.kinds.append(kind)

    def is_wanted(self, wanted: Wanted) -> bool:
        speaks = [
            told for told in self.told
            if all(want in (None, is_said)
                   for want, is_said in zip((wanted.rule, wanted.outcome, wanted.severity), told, strict=True))
        ]  # fmt: skip
        is_about_flags = (wanted.rule, wanted.outcome, wanted.severity) != (None, None, None)
        return (
            wanted.status in (None, self.status)
            and (bool(speaks) or not is_about_flags)
            and (wanted.text is None or (self.patient or "").startswith(wanted.text))
        )


class AnyOrder(RuleBasedStateMachine):
    """Each example has a tenant of its own in one database, so that the chain grows through all of them."""

    engine: Engine
    advisories = Bundle("advisories")

    def __init__(self) -> None:
        super().__init__()
        self.store = AdvisoryStore(self.engine)
        self.who = Actor("ann", "clinician", next(TENANTS))
        self.known: dict[str, Known] = {}
        self.keys: dict[str, tuple[str, str]] = {}
        self.now = NOW

    @rule(target=advisories, told=TOLD, patient=ANY | st.sampled_from(["p-1", "p-2", "q"]),
          key=ANY | st.sampled_from(["k1", "k2"]), body=st.sampled_from(["x", "y"]))  # fmt: skip
    def keep(self, told: Any, patient: str | None, key: str | None, body: str) -> str | None:
        self.now += timedelta(seconds=1)
        made = new(told=told, patient=patient, created_at=self.now)
        if key in self.keys:
            first, first_body = self.keys[key]
            if body != first_body:
                with pytest.raises(KeyReused):
                    self.store.keep(made, self.who, key, body)
                return None
            assert self.store.keep(made, self.who, key, body) == (first, made.answer, False)
            return first
        assert self.store.keep(made, self.who, key, body) == (made.id, made.answer, True)
        if key is not None:
            self.keys[key] = (made.id, body)
        for other in self.known.values():
            if patient is not None and (other.patient, other.status) == (patient, OPEN):
                other.status = SUPERSEDED
                other.change("superseded")
        self.known[made.id] = Known(made.id, told, patient, len(self.known))
        return made.id

    @rule(advisory=advisories, rules=SOME_RULES | EVERY_FLAG, choice=CHOICE, late=st.sampled_from([0, 0, 0, 1]))
    def decide(self, advisory: str | None, rules: tuple[str, ...] | None, choice: str, late: int) -> None:
        known = self.known.get(advisory or "")
        if known is None:
            return
        rules = tuple(rule for rule, _, _ in known.told) if rules is None else rules
        given = (self.who.tenant, known.id, Decision(rules, choice), known.revision - late, self.who, self.now)
        if known.status != OPEN or late:
            with pytest.raises(Conflict) as conflict:
                self.store.add_decision(*given)
            assert conflict.value.revision == known.revision
            assert len(conflict.value.events) == min(late, known.revision - 1)
        elif not rules or not {told[0] for told in known.told}.issuperset(rules):
            with pytest.raises(NotTold):
                self.store.add_decision(*given)
        else:
            known.decided |= dict.fromkeys(rules, choice)
            known.change("decided")
            assert self.store.add_decision(*given) == known.revision

    @rule(advisory=advisories)
    def sign(self, advisory: str | None) -> None:
        known = self.known.get(advisory or "")
        if known is None:
            return
        given = (self.who.tenant, known.id, known.revision, self.who, self.now)
        if known.status != OPEN:
            with pytest.raises(Conflict):
                self.store.sign(*given)
        elif known.undecided:
            with pytest.raises(Undecided) as early:
                self.store.sign(*given)
            assert set(early.value.rules) == known.undecided
        else:
            known.status = SIGNED
            known.change("signed")
            assert self.store.sign(*given) == known.revision

    @rule(advisory=advisories)
    def view(self, advisory: str | None) -> None:
        if advisory in self.known:
            self.store.viewed(self.who.tenant, advisory, self.who, self.now)
            self.known[advisory].kinds.append("viewed")

    @rule(wanted=WANTED, size=st.integers(1, 3))
    def list(self, wanted: Wanted, size: int) -> None:
        expected = sorted(
            (known for known in self.known.values() if known.is_wanted(wanted)),
            key=lambda known: (-GRAVITY[known.worst], -known.order),
        )
        found, cursor, total = [], None, None
        while cursor is not None or total is None:
            page = self.store.worklist(self.who.tenant, wanted, cursor, size)
            found += [line.id for line in page.items]
            cursor, total = page.next, page.total
        assert (found, total) == ([known.id for known in expected], len(expected))

    @invariant()
    def each_is_as_the_model_says(self) -> None:
        for known in self.known.values():
            kept = self.store.one(self.who.tenant, known.id)
            assert kept is not None
            line = kept.summary
            assert (line.status, line.revision, line.worst) == (known.status, known.revision, known.worst)
            assert line.undecided == len(known.undecided)
            assert {rule: made.choice for rule, made in kept.decisions.items()} == known.decided
            assert [event.kind for event in self.store.events(self.who.tenant, known.id)] == known.kinds

    def teardown(self) -> None:
        assert list(Audit(self.engine).faults({})) == []


def test_the_store_says_what_the_model_says(engine: Engine) -> None:
    machine = type("AnyOrderHere", (AnyOrder,), {"engine": engine})
    run_state_machine_as_test(machine, settings=settings(max_examples=25, stateful_step_count=30))
