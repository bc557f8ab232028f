"""Reviews: advisories are made, kept, decided on, repeated and compared. See service.web.ports for what is asked."""

import hashlib
import json
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from schemas.problem import Problem, Refused
from schemas.review import (
    Actor,
    Decision,
    Difference,
    Event,
    Kept,
    KeptAdvisory,
    NewAdvisory,
    Page,
    Replay,
    Wanted,
)
from service.review.archives import archived
from service.review.background import Background
from service.review.decisions import check_decision, tidied
from service.review.difference import Basis, Comparison
from service.review.replaying import NO_RULES, compared
from service.review.signing import not_signable
from service.review.told import Told, told_by, told_in
from service.store.advisories import AdvisoryStore, KeyReused, NotTold, Undecided
from service.wiring.answering import Answering, as_written
from service.wiring.ids import uuid7
from service.wiring.packs import Packs

ID = re.compile(r"[0-9a-f-]{36}", re.ASCII)
UNKNOWN = Problem("", "There is no such advisory.", "See the worklist.")
REUSED = Problem("", "This idempotency key was used before, with another body.", "Take a new key for a new request.")
NO_CURSOR = Problem("", "This cursor is none of ours.", "Start again without one.")
NO_FLAG = Problem("/rules", "This names a rule without a flag in this advisory.", "See its flags.")


class Reviewing:
    """The advisories of all tenants, and the packs that made them."""

    def __init__(self, store: AdvisoryStore, packs: Packs) -> None:
        self._store = store
        self._packs = packs

    def keep(
        self, body: bytes, *, kind: str, actor: Actor, now: datetime, key: str | None = None, label: str | None = None
    ) -> Kept:
        """Evaluate with the pack of today and keep; what is returned is on the disk. `label` names the patient."""
        digest = hashlib.sha256(f"{kind}\0".encode() + body).hexdigest()
        with _told():
            earlier = self._store.kept_before(actor.tenant, key, digest) if key else None
        if earlier:
            return Kept(*earlier, is_new=False)
        new = self._made(body, kind, now)
        with _told():
            kept = self._store.keep(replace(new, label=label or new.label), actor, key, digest)
        return Kept(*kept, spoke=tuple((rule, outcome) for rule, outcome, _ in new.told) if kept[2] else ())

    @property
    def pack_sha256(self) -> str:
        """The rules by which advisories are made today."""
        return self._packs.current.pack.sha256

    def was_raised(self, tenant: str, patient: str, severity: str) -> bool:
        """Say whether the rules of today raised a flag of a severity for a patient, in any advisory that is kept."""
        return self._store.was_raised(tenant, patient, self.pack_sha256, severity)

    def _made(self, body: bytes, kind: str, now: datetime) -> NewAdvisory:
        answering, today = self._packs.current, now.astimezone(UTC).date()
        understood = answering.understand(body, kind, today)
        advisory = answering.assess(understood, today)
        known, pack = uuid7(now), answering.pack
        return NewAdvisory(
            id=known, created_at=now, as_of=advisory.as_of, kind=kind, input=body,
            input_sha256=hashlib.sha256(body).hexdigest(),
            answer=answering.writer.advisory(advisory, known, as_written(now)),
            pack_version=pack.version, pack_sha256=pack.sha256,
            told=tuple((each.rule, each.outcome, each.severity) for each in told_by(advisory)),
            patient=understood.profile.patient.id, label=understood.label,
        )  # fmt: skip

    def worklist(self, tenant: str, wanted: Wanted, cursor: str | None, size: int) -> Page:
        """Return one page."""
        if "\0" in f"{wanted.text}{wanted.rule}":
            return Page(())
        try:
            return self._store.worklist(tenant, wanted, cursor, size)
        except ValueError:
            raise Refused(422, [NO_CURSOR]) from None

    def one(self, tenant: str, advisory_id: str, /) -> KeptAdvisory | None:
        """Return one advisory."""
        return self._store.one(tenant, advisory_id) if _is_id(advisory_id) else None

    def viewed(self, tenant: str, advisory_id: str, actor: Actor, now: datetime, /) -> None:
        """Keep in the history that somebody looked."""
        with _told(advisory_id):
            self._store.viewed(tenant, advisory_id, actor, now)

    def decide(
        self, tenant: str, advisory_id: str, decision: Decision, revision: int, actor: Actor, now: datetime, /
    ) -> int:
        """Keep a decision that may stand. That the advisory is unchanged and open is for the store to see, at once."""
        decision = tidied(decision)
        kept = self._found(tenant, advisory_id)
        # Whoever has read an older state is told that first: their mistakes may not be mistakes any more.
        if (kept.summary.revision, kept.summary.status) == (revision, "open"):
            check_decision(decision, told_in(kept.answer))
        with _told(advisory_id):
            return self._store.add_decision(tenant, advisory_id, decision, revision, actor, now)

    def sign(self, tenant: str, advisory_id: str, revision: int, actor: Actor, now: datetime, /) -> int:
        """Sign, if every flag has a decision."""
        with _told(advisory_id):
            try:
                return self._store.sign(tenant, advisory_id, revision, actor, now)
            except Undecided as waiting:
                told = told_in(self._found(tenant, advisory_id).answer)
                raise not_signable(told, waiting.rules) from None

    def history(self, tenant: str, advisory_id: str, /) -> tuple[Event, ...]:
        """Return what happened."""
        with _told(advisory_id):
            return self._store.events(tenant, advisory_id)

    def previous(self, tenant: str, advisory_id: str, /) -> str | None:
        """Return the advisory of the same patient before this one."""
        return self._store.previous(tenant, advisory_id) if _is_id(advisory_id) else None

    def replay(self, tenant: str, advisory_id: str, /) -> Replay:
        """Evaluate again and compare."""
        kept = self._found(tenant, advisory_id)
        answering = self._packs.answering(kept.summary.pack_sha256)
        if answering is None:
            return NO_RULES
        head: dict[str, Any] = json.loads(kept.answer)
        try:
            again = answering.again(
                kept.input, kept.kind, kept.summary.as_of, kept.answer, (head["id"], head["created_at"])
            )
        except Refused:
            return Replay(same=False, differences=("",))
        return compared(kept.answer, again)

    def diff(self, tenant: str, advisory_id: str, other: str, /) -> Difference:
        """Compare the older with the newer; a pair of one moment has the order in which it was kept."""
        pair = sorted((self._found(tenant, known) for known in (advisory_id, other)), key=_age)
        before, after = (told_in(kept.answer) for kept in pair)
        older, newer = pair
        comparison = Comparison(_basis(older), _basis(newer), self._evaluate, self._say_the_same(pair))
        return Difference(
            older=older.summary, newer=newer.summary, changes=comparison.changes(before, after),
            has_new_input=comparison.has_new_input, has_new_rules=comparison.has_new_rules,
            has_new_day=comparison.has_new_day,
        )  # fmt: skip

    def _evaluate(self, basis: Basis) -> tuple[Told, ...] | None:
        answering = self._packs.answering(basis.pack_sha256)
        if answering is None:
            return None
        try:
            return told_by(answering.assess_on(basis.body, basis.kind, basis.as_of))
        except Refused:
            return None

    def _say_the_same(self, pair: Sequence[KeptAdvisory]) -> bool:
        """Say whether two inputs tell the same of the patient, as the rules of today read them, the day aside."""
        one, other = pair
        if (one.kind, one.input) == (other.kind, other.input):
            return True
        try:
            first, second = (
                self._packs.current.understand(kept.input, kept.kind, other.summary.as_of).profile for kept in pair
            )
        except Refused:
            return False
        return replace(first, as_of=None) == replace(second, as_of=None)

    def background(self, tenant: str, advisory_id: str, /) -> Background | None:
        """Return what a page shows beyond the answer, by the rules of then."""
        kept = self._found(tenant, advisory_id)
        answering = self._packs.answering(kept.summary.pack_sha256)
        if answering is None:
            return None
        day = kept.summary.as_of
        try:
            understood = answering.understand(kept.input, kept.kind, day)
        except Refused:
            return None
        advisory = answering.assess(understood, day, explain=True)
        facts = answering.assessor.facts(understood.profile, day)
        is_same = told_by(advisory) == told_in(kept.answer)
        return Background(understood.profile, facts, advisory, is_same, answering.writer.passages)

    def _found(self, tenant: str, advisory_id: str) -> KeptAdvisory:
        kept = self.one(tenant, advisory_id)
        if kept is None:
            raise Refused(404, [UNKNOWN])
        return kept


def open_reviews(store: AdvisoryStore, answering: Answering) -> Reviewing:
    """Return the advisories in a store, with the pack that answers kept beside them; BadArchive if it has changed."""
    pack = answering.pack
    store.keep_pack(pack.sha256, pack.name, pack.version, archived(pack.folder, pack.sha256))
    return Reviewing(store, Packs(answering, answering.writer.passages, store.pack))


def _age(kept: KeptAdvisory) -> tuple[datetime, int]:
    return kept.summary.created_at, kept.number


def _basis(kept: KeptAdvisory) -> Basis:
    return Basis(kept.input, kept.kind, kept.summary.pack_sha256, kept.summary.as_of)


def _is_id(text: str) -> bool:
    """Say whether a text can be an id of ours; a database is not asked for a text that it could not even hold."""
    return ID.fullmatch(text) is not None


@contextmanager
def _told(advisory_id: str | None = None) -> Iterator[None]:
    """Turn what the store cannot do into a refusal; Conflict and StoreUnavailable stay what they are."""
    if advisory_id is not None and not _is_id(advisory_id):
        raise Refused(404, [UNKNOWN])
    try:
        yield
    except KeyError:
        raise Refused(404, [UNKNOWN]) from None
    except KeyReused:
        raise Refused(422, [REUSED]) from None
    except NotTold:
        raise Refused(422, [NO_FLAG]) from None
