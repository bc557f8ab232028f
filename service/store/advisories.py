"""Advisories kept for review: each write is one transaction, on the disk and in the audit chain before it is answered.

Another tenant's advisory is as if it were not there. Every method may raise StoreUnavailable.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine, Row, bindparam, select

from schemas.review import Actor, Decision, Event, KeptAdvisory, NewAdvisory, Page, Summary, Wanted
from service.store import packs
from service.store.advisory_reading import (
    advisory_row,
    answer_of,
    events_of,
    kept_of,
    previous_of,
    summary_of,
    was_raised,
)
from service.store.advisory_tables import ADVISORIES, IDEMPOTENCY_KEYS
from service.store.advisory_writing import NotTold, Undecided, changeable, create, decide, pack_texts, sign, view
from service.store.chain import recording
from service.store.transactions import reading
from service.store.worklist import worklist

__all__ = ["AdvisoryStore", "KeyReused", "NotTold", "Undecided"]

LONGEST_KEY = 255
KEY = IDEMPOTENCY_KEYS.c
NAMED = (
    select(ADVISORIES, KEY.body_sha256.label("body"))
    .join(IDEMPOTENCY_KEYS, KEY.number == ADVISORIES.c.number)
    .where(KEY.tenant == bindparam("tenant"), KEY.key == bindparam("key"))
)
NEW_KEY = IDEMPOTENCY_KEYS.insert()


class KeyReused(Exception):
    """An idempotency key was used before, with another body."""

    def __init__(self) -> None:
        super().__init__("This idempotency key was used before, with another body.")


class AdvisoryStore:
    """The advisories of all tenants."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def keep(
        self, new: NewAdvisory, actor: Actor, key: str | None = None, body_sha256: str | None = None
    ) -> tuple[str, bytes, bool]:
        """Keep an advisory for the actor's tenant; return its id, its answer, and whether it is new.

        A `key` that was used before gives what was kept then if the body is the same (its hash: `body_sha256`, or the
        hash of the input), and raises KeyReused if not. Open advisories of the same patient are superseded.
        """
        if key is not None and not 0 < len(key) <= LONGEST_KEY:
            raise ValueError("An idempotency key has 1 to 255 characters.")
        body, texts = body_sha256 or new.input_sha256, pack_texts(new)
        with recording(self._engine) as record:
            if kept := _named(record.connection, actor.tenant, key, body):
                return *kept, False
            number = create(record, new, actor, texts)
            if key is not None:
                row = {"tenant": actor.tenant, "key": key, "body_sha256": body, "number": number}
                record.connection.execute(NEW_KEY, row)
        return new.id, new.answer, True

    def kept_before(self, tenant: str, key: str, body_sha256: str) -> tuple[str, bytes] | None:
        """Return id and answer of what was kept under a key, or None; raise KeyReused as `keep` does.

        It spares a retry its evaluation; two at once still need `keep` to decide which is the first.
        """
        with reading(self._engine) as connection:
            return _named(connection, tenant, key, body_sha256)

    def worklist(self, tenant: str, wanted: Wanted, cursor: str | None = None, size: int = 50) -> Page:
        """Return a page of at most `size` (and 200) advisories, gravest first, of these the last kept first.

        A rule, an outcome and a severity are looked for in one and the same flag; `since` is included, `until` is not.
        `total` counts all that is wanted, or is None if there are more than 1,000. ValueError for a cursor that is
        none of ours, and for an outcome or a severity that there is not.
        """
        with reading(self._engine) as connection:
            return worklist(connection, tenant, wanted, cursor, size)

    def one(self, tenant: str, advisory: str) -> KeptAdvisory | None:
        """Return an advisory with its texts and the decisions that stand, or None."""
        with self._found(tenant, advisory) as (connection, row):
            return row and kept_of(connection, row)

    def summary(self, tenant: str, advisory: str) -> Summary | None:
        """Return an advisory as a line of the worklist, or None."""
        with self._found(tenant, advisory) as (_, row):
            return row and summary_of(row)

    def previous(self, tenant: str, advisory: str) -> str | None:
        """Return the id of the advisory of the same patient that was kept before this one, or None."""
        with self._found(tenant, advisory) as (connection, row):
            return row and previous_of(connection, row)

    def was_raised(self, tenant: str, patient: str, pack_sha256: str, severity: str) -> bool:
        """Say whether a flag of a severity was raised for a patient, by these rules, in any advisory, open or not."""
        with reading(self._engine) as connection:
            return was_raised(connection, tenant, patient, pack_sha256, severity)

    def events(self, tenant: str, advisory: str) -> tuple[Event, ...]:
        """Return what happened to an advisory, oldest first; raise KeyError if there is no such advisory."""
        with self._found(tenant, advisory) as (connection, row):
            if row is None:
                raise KeyError("There is no such advisory.")
            return events_of(connection, advisory)

    def viewed(self, tenant: str, advisory: str, actor: Actor, now: datetime) -> None:
        """Put into the history that somebody looked; raise KeyError if there is no such advisory."""
        with recording(self._engine) as record:
            view(record, tenant, advisory, actor, now)

    def add_decision(
        self, tenant: str, advisory: str, decision: Decision, revision: int, actor: Actor, now: datetime
    ) -> int:
        """Keep a decision on some rules of an open advisory and return its new revision.

        KeyError if there is no such advisory; Conflict if it is not open, or has changed since `revision`; NotTold if
        a rule has no flag in it. Whether the reason fits the choice is for the caller to say.
        """
        with recording(self._engine) as record:
            return decide(record, changeable(record, tenant, advisory, revision), decision, actor, now)

    def sign(self, tenant: str, advisory: str, revision: int, actor: Actor, now: datetime) -> int:
        """Sign an advisory and return its new revision; KeyError, Conflict, or Undecided with the rules that wait."""
        with recording(self._engine) as record:
            return sign(record, changeable(record, tenant, advisory, revision), actor, now)

    def keep_pack(self, sha256: str, name: str, version: str, archive: bytes) -> bool:
        """Keep rules under their digest, before any advisory made by them; say whether they are new."""
        return packs.keep_pack(self._engine, sha256, name, version, archive)

    def pack(self, sha256: str) -> bytes | None:
        """Return the archive of kept rules, or None."""
        return packs.pack(self._engine, sha256)

    @contextmanager
    def _found(self, tenant: str, advisory: str) -> Iterator[tuple[Connection, Row[Any] | None]]:
        with reading(self._engine) as connection:
            yield connection, advisory_row(connection, tenant, advisory)


def _named(connection: Connection, tenant: str, key: str | None, body: str) -> tuple[str, bytes] | None:
    """Return what was kept under an idempotency key."""
    if key is None:
        return None
    row = connection.execute(NAMED, {"tenant": tenant, "key": key}).one_or_none()
    if row is None:
        return None
    if row.body != body:
        raise KeyReused
    return row.id, answer_of(connection, row)
