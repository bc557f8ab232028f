"""Keeps advisories, and what is done with them. Each change is one transaction, one revision and one event."""

import zlib
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, bindparam, select, update

from schemas.review import (
    CREATED,
    DECIDED,
    OPEN,
    REPLACED,
    SIGNED,
    SIGNED_OFF,
    SUPERSEDED,
    VIEWED,
    Actor,
    Conflict,
    Decision,
    NewAdvisory,
)
from service.store.advisory_reading import advisory_row, changes_since, decided_rules, told_rules
from service.store.advisory_tables import (
    ADVISORIES,
    ADVISORY_TEXTS,
    DECISIONS,
    FLAGS,
    PACKS,
    TOLD,
    instant_text,
)
from service.store.chain import Recorder
from service.store.derived import as_told, record_sha256, searched, sha256, subject_of

__all__ = ["NotTold", "Undecided", "changeable", "create", "decide", "pack_texts", "sign", "view"]

# Fast rather than small: level 1 makes an answer a quarter of its size in half a millisecond.
COMPRESSION = 1
FIRST_REVISION = 1
ROW = ADVISORIES.c
NEW_ADVISORY, NEW_TEXTS, NEW_FLAGS = ADVISORIES.insert(), ADVISORY_TEXTS.insert(), FLAGS.insert()
NEW_DECISIONS, NEW_TOLD = DECISIONS.insert(), TOLD.insert().returning(TOLD.c.id)
KNOWN = select(TOLD).where(TOLD.c.tenant == bindparam("tenant"), TOLD.c.rule.in_(bindparam("rules", expanding=True)))
ARCHIVE = select(PACKS.c.archive_sha256).where(PACKS.c.sha256 == bindparam("sha256"))
CHANGE = update(ADVISORIES).where(ROW.number == bindparam("this"))
MOVE = update(FLAGS).where(FLAGS.c.number == bindparam("this")).values(status=bindparam("that"))
OPEN_OF_SUBJECT = (
    select(ROW.number, ROW.id, ROW.revision)
    .where(ROW.subject == bindparam("subject"), ROW.number < bindparam("number"), ROW.status == OPEN)
    .order_by(ROW.number)
)
SIGNED_BY = "It was signed off by {name}."
REPLACED_SINCE = "A newer advisory of the same patient has taken its place."
CHANGED = "It was changed by somebody else since it was read."


class NotTold(ValueError):
    """A decision names rules that said nothing in this advisory: `rules`."""

    def __init__(self, rules: Sequence[str]) -> None:
        super().__init__("These rules have no flag in this advisory.")
        self.rules = tuple(rules)


class Undecided(Exception):
    """An advisory cannot be signed: nobody has decided on the flags of `rules`."""

    def __init__(self, rules: Sequence[str]) -> None:
        super().__init__("Some flags wait for a decision.")
        self.rules = tuple(rules)


def pack_texts(new: NewAdvisory) -> dict[str, bytes]:
    """Compress input and answer; to be done before the turn to write is taken."""
    return {"input": zlib.compress(new.input, COMPRESSION), "answer": zlib.compress(new.answer, COMPRESSION)}


def create(record: Recorder, new: NewAdvisory, actor: Actor, texts: Mapping[str, bytes]) -> int:
    """Keep a new advisory, let it take the place of open ones of the same patient, and return its number."""
    row = _columns(new, actor.tenant)
    archive = record.connection.execute(ARCHIVE, {"sha256": new.pack_sha256}).scalar_one_or_none()
    body = {
        "role": actor.role, "input": row["input_sha256"], "answer": row["answer_sha256"], "pack": new.pack_sha256,
        "archive": archive, "record": record_sha256(row | {"created_at": instant_text(new.created_at)}, new.told),
    }  # fmt: skip
    number = record.add(new.id, actor.tenant, CREATED, new.created_at, actor.name, body)
    record.connection.execute(NEW_ADVISORY, row | {"number": number})
    record.connection.execute(NEW_TEXTS, {"number": number, **texts})
    _flag(record.connection, number, row["gravity"], actor.tenant, new.told)
    if row["subject"] is not None:
        _supersede(record, number, row["subject"], new, actor)
    return number


def view(record: Recorder, tenant: str, advisory: str, actor: Actor, now: datetime) -> None:
    """Put into the history that somebody looked; it is no change. KeyError if there is no such advisory."""
    _row(record.connection, tenant, advisory)
    record.add(advisory, tenant, VIEWED, now, actor.name, {"role": actor.role})


def decide(record: Recorder, row: Row[Any], decision: Decision, actor: Actor, now: datetime) -> int:
    """Keep a decision on an advisory that `changeable` gave; return the new revision, or raise NotTold."""
    connection, rules = record.connection, sorted(set(decision.rules))
    told = told_rules(connection, row.number)
    if not rules or not told.issuperset(rules):
        raise NotTold([rule for rule in rules if rule not in told])
    what = {"choice": decision.choice, "reason": decision.reason, "comment": decision.comment}
    seq = record.add(row.id, row.tenant, DECIDED, now, actor.name, {"role": actor.role, "rules": rules, **what})
    connection.execute(NEW_DECISIONS, [{"seq": seq, "rule": rule, "number": row.number, **what} for rule in rules])
    return _change(connection, row.number, row.revision, undecided=len(told - decided_rules(connection, row.number)))


def sign(record: Recorder, row: Row[Any], actor: Actor, now: datetime) -> int:
    """Sign an advisory that `changeable` gave; return the new revision, or raise Undecided."""
    connection = record.connection
    if left := told_rules(connection, row.number) - decided_rules(connection, row.number):
        raise Undecided(sorted(left))
    record.add(row.id, row.tenant, SIGNED_OFF, now, actor.name, {"role": actor.role})
    return _change(connection, row.number, row.revision, status=SIGNED, signed_by=actor.name, signed_at=now)


def changeable(record: Recorder, tenant: str, advisory: str, revision: int) -> Row[Any]:
    """Return an advisory that is open and unchanged since `revision`; KeyError if there is none, or raise Conflict."""
    row = _row(record.connection, tenant, advisory)
    if row.status == OPEN and row.revision == revision:
        return row
    reasons = {SIGNED: SIGNED_BY.format(name=row.signed_by), SUPERSEDED: REPLACED_SINCE}
    since = changes_since(record.connection, advisory, revision)
    raise Conflict(reasons.get(row.status, CHANGED), row.revision, since)


def _row(connection: Connection, tenant: str, advisory: str) -> Row[Any]:
    row = advisory_row(connection, tenant, advisory)
    if row is None:
        raise KeyError("There is no such advisory.")
    return row


def _change(connection: Connection, number: int, revision: int, **values: Any) -> int:
    """Write what changed, as the next revision."""
    connection.execute(CHANGE, {"this": number, "revision": revision + 1, **values})
    if "status" in values:
        connection.execute(MOVE, {"this": number, "that": values["status"]})
    return revision + 1


def _columns(new: NewAdvisory, tenant: str) -> dict[str, Any]:
    if sha256(new.input) != new.input_sha256:
        raise ValueError("This is not the hash of the input.")
    told = as_told(new.told)
    return {
        "id": new.id, "tenant": tenant, "created_at": new.created_at, "as_of": new.as_of.isoformat(), "kind": new.kind,
        "patient": new.patient, "label": new.label, "pack_version": new.pack_version, "pack_sha256": new.pack_sha256,
        "input_sha256": new.input_sha256, "answer_sha256": sha256(new.answer),
        "subject": subject_of(tenant, new.patient), "patient_searched": searched(new.patient),
        "label_searched": searched(new.label), **told, "status": OPEN, "revision": FIRST_REVISION,
        "undecided": told["raised"] + told["cannot_say"],
    }  # fmt: skip


def _flag(connection: Connection, number: int, gravity: int, tenant: str, told: Sequence[tuple[str, str, str]]) -> None:
    """Write the flags; what was never said to this tenant before is first given its number."""
    if len({rule for rule, _, _ in told}) != len(told):
        raise ValueError("A rule speaks once in an advisory.")
    if not told:
        return
    known = connection.execute(KNOWN, {"tenant": tenant, "rules": [rule for rule, _, _ in told]})
    ids = {(row.rule, row.outcome, row.severity): row.id for row in known}
    for rule, outcome, severity in (each for each in told if each not in ids):
        what = {"tenant": tenant, "rule": rule, "outcome": outcome, "severity": severity}
        ids[rule, outcome, severity] = connection.execute(NEW_TOLD, what).scalar_one()
    place = {"number": number, "status": OPEN, "gravity": gravity}
    connection.execute(NEW_FLAGS, [{"told": ids[each], **place} for each in told])


def _supersede(record: Recorder, number: int, subject: str, new: NewAdvisory, actor: Actor) -> None:
    older = record.connection.execute(OPEN_OF_SUBJECT, {"subject": subject, "number": number}).all()
    for row in older:
        body = {"role": actor.role, "superseded_by": new.id}
        record.add(row.id, actor.tenant, REPLACED, new.created_at, actor.name, body)
        _change(record.connection, row.number, row.revision, status=SUPERSEDED, superseded_by=new.id)
