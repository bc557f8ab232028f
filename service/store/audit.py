"""Verifies the audit chain, and everything kept of advisories against it, in batches: memory does not grow with it."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, Engine, Row, func, select

from schemas.review import REPORTED
from service.store.advisory_tables import (
    ADVISORIES,
    ADVISORY_TEXTS,
    DECISIONS,
    EVENTS,
    FLAGS,
    IDEMPOTENCY_KEYS,
    PACKS,
)
from service.store.audit_advisories import advisory_faults
from service.store.audit_feedback import feedback_faults
from service.store.chain import GENESIS, Head, digest, head
from service.store.derived import sha256
from service.store.transactions import snapshot

__all__ = ["Audit"]

EVENTS_AT_ONCE = 1000
Progress = Callable[[int, int], object]
FIRST_AND_LAST = {True: "Event {first} is missing.", False: "Events {first} to {last} are missing."}
# Rows that belong to an advisory, and the column that says to which.
BELONGING = {
    "a text": ADVISORY_TEXTS.c.number,
    "a flag": FLAGS.c.number,
    "a decision": DECISIONS.c.number,
    "an idempotency key": IDEMPOTENCY_KEYS.c.number,
}


class Audit:
    """One verification. Afterwards `events` and `advisories` count what was seen, and `head` is the chain's end."""

    def __init__(self, engine: Engine) -> None:
        self.events = 0
        self.advisories = 0
        self.head = Head(0, GENESIS, None)
        self._engine = engine
        self._progress: Progress | None = None
        self._total = 0

    def end(self) -> Head:
        """Return the head of the chain as it stands, without looking at what is before it."""
        return head(self._engine)

    def faults(self, heads: Mapping[str, Head], progress: Progress | None = None) -> Iterator[str]:
        """Yield one sentence for each fault; nothing, if all is as it was kept.

        `heads` are heads of the chain that were kept elsewhere, by a name for people. Only they show that the end of
        the chain was cut off, or that all of it was written anew. `progress` is told, now and then, how many of how
        many rows were looked at. May raise StoreUnavailable.
        """
        self._progress = progress
        with snapshot(self._engine) as connection, _odd_bytes_escaped(connection):
            for table in (EVENTS, ADVISORIES):
                self._total += connection.execute(select(func.count()).select_from(table)).scalar_one()
            yield from self._chain(connection)
            for name, kept in heads.items():
                yield from _head_faults(connection, name, kept, self.head)
            for fault in advisory_faults(connection):
                self.advisories += 1
                self._step()
                if fault:
                    yield fault
            yield from _strays(connection)
            yield from _pack_faults(connection)
            yield from feedback_faults(connection)
            yield from _file_faults(connection)

    def _chain(self, connection: Connection) -> Iterator[str]:
        """Follow the chain. After a fault it is followed on from what stands there, so that one fault is told once."""
        seq, known = 0, GENESIS
        while batch := connection.execute(_after(seq)).all():
            for row in batch:
                yield from _link_faults(row, seq, known)
                seq, known = row.seq, row.hash
                self.events += 1
                self._step()
            self.head = Head(seq, known, batch[-1].at)

    def _step(self) -> None:
        looked_at = self.events + self.advisories
        if self._progress and (looked_at % EVENTS_AT_ONCE == 0 or looked_at == self._total):
            self._progress(looked_at, self._total)


def _after(seq: int) -> Any:
    return select(EVENTS).where(EVENTS.c.seq > seq).order_by(EVENTS.c.seq).limit(EVENTS_AT_ONCE)


def _link_faults(row: Row[Any], before: int, known: str) -> Iterator[str]:
    """Compare an event with its own hash, and with the event before it."""
    if row.seq != before + 1:
        yield FIRST_AND_LAST[row.seq == before + 2].format(first=before + 1, last=row.seq - 1)
    elif row.previous != known:
        yield f"Event {row.seq} was not written after the event that stands before it."
    try:
        is_whole = digest(row._mapping) == row.hash
    except (AttributeError, TypeError, ValueError):  # A column no longer holds what it is for.
        is_whole = False
    if not is_whole:
        yield f"Event {row.seq} is not as it was written: its hash does not fit it."


def _head_faults(connection: Connection, name: str, kept: Head, end: Head) -> Iterator[str]:
    if kept.seq > end.seq:
        yield f"The chain ends at event {end.seq}, but {name} is the head at event {kept.seq}: its end was cut off."
    elif kept.seq > 0:
        there = connection.execute(select(EVENTS.c.hash).where(EVENTS.c.seq == kept.seq)).scalar_one_or_none()
        if there != kept.hash:
            yield f"Event {kept.seq} is not the one that {name} is the head at: the chain was written anew up to there."


def _strays(connection: Connection) -> Iterator[str]:
    """Find what belongs to an advisory that is not there."""
    of_none = (
        select(EVENTS.c.seq)
        .outerjoin(ADVISORIES, ADVISORIES.c.id == EVENTS.c.advisory)
        .where(ADVISORIES.c.number.is_(None), EVENTS.c.kind != REPORTED)
        .order_by(EVENTS.c.seq)
    )
    for seq in connection.execute(of_none).scalars():
        yield f"Event {seq} is of an advisory that is not there."
    for what, column in BELONGING.items():
        lost = select(column).distinct().where(column.not_in(select(ADVISORIES.c.number))).order_by(column)
        for number in connection.execute(lost).scalars():
            yield f"There is {what} of the advisory kept as event {number}, which is not there."


def _pack_faults(connection: Connection) -> Iterator[str]:
    for digest_of_pack in connection.execute(select(PACKS.c.sha256).order_by(PACKS.c.sha256)).scalars().all():
        row = connection.execute(select(PACKS).where(PACKS.c.sha256 == digest_of_pack)).one()
        if sha256(row.archive) != row.archive_sha256:
            yield f"The kept rules of version {row.version!a} are not as they were kept."


def _file_faults(connection: Connection) -> Iterator[str]:
    """Let SQLite compare its indexes with its rows: what is missing from an index is missing from the worklist."""
    if connection.dialect.name == "sqlite" and connection.exec_driver_sql("PRAGMA integrity_check(1)").scalar() != "ok":
        yield "The file of the database is damaged: its rows and its indexes do not agree. Restore a backup."


@contextmanager
def _odd_bytes_escaped(connection: Connection) -> Iterator[None]:
    """Let texts that are no longer UTF-8 be read, as what no writer writes: SQLite does not look at what it stores."""
    driver = connection.connection.driver_connection
    if connection.dialect.name != "sqlite" or driver is None:
        yield
        return
    driver.text_factory = lambda data: data.decode("utf-8", "surrogateescape")
    try:
        yield
    finally:
        driver.text_factory = str
