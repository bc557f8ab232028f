"""Reads kept advisories: one with its texts and decisions, and what happened to it."""

import zlib
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Row, bindparam, select

from schemas.review import CREATED, VIEWED, Event, KeptAdvisory, Standing, Summary
from service.store.advisory_tables import ADVISORIES, ADVISORY_TEXTS, DECISIONS, EVENTS, FLAGS, TOLD
from service.store.chain import event_of
from service.store.derived import gravity_name, kinds_mask, sha256, subject_of
from service.store.transactions import StoreUnavailable

__all__ = [
    "advisory_row", "answer_of", "changes_since", "decided_rules", "events_of", "kept_of", "previous_of", "summary_of",
    "told_rules", "was_raised",
]  # fmt: skip

DAMAGED = "an advisory in it is not as it was kept. Run `magflag audit verify`"
ROW = ADVISORIES.c
ONE = select(ADVISORIES).where(ROW.tenant == bindparam("tenant"), ROW.id == bindparam("id"))
TEXTS = select(ADVISORY_TEXTS).where(ADVISORY_TEXTS.c.number == bindparam("number"))
STANDING = (
    select(DECISIONS, EVENTS.c.actor, EVENTS.c.at)
    .join(EVENTS, EVENTS.c.seq == DECISIONS.c.seq)
    .where(DECISIONS.c.number == bindparam("number"))
    .order_by(DECISIONS.c.seq)
)
TOLD_RULES = select(TOLD.c.rule).join(FLAGS, FLAGS.c.told == TOLD.c.id).where(FLAGS.c.number == bindparam("number"))
DECIDED_RULES = select(DECISIONS.c.rule).where(DECISIONS.c.number == bindparam("number")).distinct()
HISTORY = select(EVENTS).where(EVENTS.c.advisory == bindparam("id")).order_by(EVENTS.c.seq)
BEFORE = (
    select(ROW.id)
    .where(ROW.subject == bindparam("subject"), ROW.number < bindparam("number"))
    .order_by(ROW.number.desc())
    .limit(1)
)
RAISED_FOR = (
    select(ROW.number)
    .where(
        ROW.subject == bindparam("subject"),
        ROW.pack_sha256 == bindparam("pack"),
        ROW.told_kinds.bitwise_and(bindparam("mask")) != 0,
    )
    .limit(1)
)


def advisory_row(connection: Connection, tenant: str, advisory: str) -> Row[Any] | None:
    """Return the row of a tenant's advisory; another tenant's is as if it were not there."""
    return connection.execute(ONE, {"tenant": tenant, "id": advisory}).one_or_none()


def summary_of(row: Row[Any]) -> Summary:
    """Return an advisory as a line of the worklist."""
    return Summary(
        id=row.id, created_at=row.created_at, as_of=date.fromisoformat(row.as_of), status=row.status,
        revision=row.revision, patient=row.patient, label=row.label, worst=gravity_name(row.gravity),
        raised=row.raised, cannot_say=row.cannot_say, undecided=row.undecided, pack_version=row.pack_version,
        pack_sha256=row.pack_sha256, superseded_by=row.superseded_by,
    )  # fmt: skip


def kept_of(connection: Connection, row: Row[Any]) -> KeptAdvisory:
    """Return an advisory whole; raise StoreUnavailable if its texts are not as they were kept."""
    given, answer = _texts(connection, row)
    return KeptAdvisory(
        summary=summary_of(row), kind=row.kind, input=given, answer=answer, number=row.number,
        decisions={found.rule: _standing(found) for found in connection.execute(STANDING, {"number": row.number})},
        signed_by=row.signed_by, signed_at=row.signed_at,
    )  # fmt: skip


def answer_of(connection: Connection, row: Row[Any]) -> bytes:
    """Return the answer of an advisory, as it was given."""
    return _texts(connection, row)[1]


def told_rules(connection: Connection, number: int) -> set[str]:
    """Return the rules that spoke."""
    return set(connection.execute(TOLD_RULES, {"number": number}).scalars())


def decided_rules(connection: Connection, number: int) -> set[str]:
    """Return the rules on which a decision stands."""
    return set(connection.execute(DECIDED_RULES, {"number": number}).scalars())


def events_of(connection: Connection, advisory: str) -> tuple[Event, ...]:
    """Return what happened to an advisory, oldest first."""
    return tuple(event_of(row) for row in connection.execute(HISTORY, {"id": advisory}))


def changes_since(connection: Connection, advisory: str, revision: int) -> tuple[Event, ...]:
    """Return what changed an advisory after a revision: the first change after its creation made revision 2."""
    changes = [event for event in events_of(connection, advisory) if event.kind not in (CREATED, VIEWED)]
    return tuple(changes[max(revision - 1, 0) :])


def previous_of(connection: Connection, row: Row[Any]) -> str | None:
    """Return the id of the advisory of the same patient that was kept before this one."""
    return connection.execute(BEFORE, {"subject": row.subject, "number": row.number}).scalar_one_or_none()


def was_raised(connection: Connection, tenant: str, patient: str, pack_sha256: str, severity: str) -> bool:
    """Say whether a flag of a severity was raised for a patient, by these rules, in any advisory, open or not."""
    asked = {"subject": subject_of(tenant, patient), "pack": pack_sha256, "mask": kinds_mask([("raised", severity)])}
    return connection.execute(RAISED_FOR, asked).first() is not None


def _texts(connection: Connection, row: Row[Any]) -> tuple[bytes, bytes]:
    """Return input and answer. They are compared with their hashes: nothing damaged is ever shown as if it were not."""
    found = connection.execute(TEXTS, {"number": row.number}).one_or_none()
    if found is None:
        raise StoreUnavailable(DAMAGED)
    try:
        given, answer = zlib.decompress(found.input), zlib.decompress(found.answer)
    except zlib.error:
        raise StoreUnavailable(DAMAGED) from None
    if (sha256(given), sha256(answer)) != (row.input_sha256, row.answer_sha256):
        raise StoreUnavailable(DAMAGED)
    return given, answer


def _standing(row: Row[Any]) -> Standing:
    return Standing(row.rule, row.choice, row.reason, row.comment, row.actor, datetime.fromisoformat(row.at))
