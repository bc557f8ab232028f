"""The audit chain: every event is bound, by its hash, to itself and to all events before it.

hash = SHA-256 of previous hash, seq and every other column, each with its length before it, so that no two events are
the same bytes. One chain per database, tenants inside: one writer at a time gives the next number.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine, Row, insert, select, text

from schemas.review import Event
from service.store.advisory_tables import EVENTS, instant_text
from service.store.derived import canonical
from service.store.transactions import reading, writing

__all__ = ["GENESIS", "Head", "Recorder", "digest", "event_of", "head", "recording"]

# What stands for the hash before the first event.
GENESIS = "0" * 64
FORMAT = b"magflag event 1"
# One number for all writers of the chain ("mf-chain" in ASCII).
POSTGRESQL_LOCK = int.from_bytes(b"mf-chain", "big")
# A transaction of the chain is on the disk before it is answered, whatever the server's own setting is.
POSTGRESQL_BEGIN = text(
    "SELECT CASE WHEN current_setting('synchronous_commit') = 'off'"
    " THEN set_config('synchronous_commit', 'on', true) END, pg_advisory_xact_lock(:lock)"
)
LAST = select(EVENTS.c.seq, EVENTS.c.hash, EVENTS.c.at).order_by(EVENTS.c.seq.desc()).limit(1)
NEW = insert(EVENTS)


@dataclass(frozen=True, slots=True)
class Head:
    """The last event of the chain: its place, its hash and its moment. Kept elsewhere, it proves what came before."""

    seq: int
    hash: str
    at: str | None


class Recorder:
    """Adds events to the end of the chain, within one transaction; see `recording`."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        last = connection.execute(LAST).one_or_none()
        self._seq: int = last.seq if last else 0
        self._hash: str = last.hash if last else GENESIS

    def add(self, advisory: str, tenant: str, kind: str, at: datetime, actor: str, body: Mapping[str, Any]) -> int:
        """Add one event and return its place in the chain."""
        row: dict[str, Any] = {
            "seq": self._seq + 1, "advisory": advisory, "tenant": tenant, "kind": kind, "at": instant_text(at),
            "actor": actor, "body": canonical(body), "previous": self._hash,
        }  # fmt: skip
        row["hash"] = digest(row)
        self.connection.execute(NEW, row)
        self._seq, self._hash = row["seq"], row["hash"]
        return self._seq


@contextmanager
def recording(engine: Engine) -> Iterator[Recorder]:
    """Open a transaction that adds to the chain, alone among all processes, and on the disk before it ends."""
    with writing(engine, durable=True) as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(POSTGRESQL_BEGIN, {"lock": POSTGRESQL_LOCK})
        yield Recorder(connection)


def digest(row: Mapping[Any, Any]) -> str:
    """Return the hash that the columns of an event must have."""
    texts = (row["previous"], str(row["seq"]), *(row[name] for name in ("advisory", "tenant", "kind", "at", "actor")))
    total = hashlib.sha256()
    # A damaged text of SQLite is read with its odd bytes escaped, and gives them back here.
    for part in (FORMAT, *(each.encode("utf-8", "surrogateescape") for each in texts), bytes(row["body"])):
        total.update(len(part).to_bytes(8, "big"))
        total.update(part)
    return total.hexdigest()


def head(engine: Engine) -> Head:
    """Return the head of the chain; of an empty one, place 0."""
    with reading(engine) as connection:
        last = connection.execute(LAST).one_or_none()
    return Head(last.seq, last.hash, last.at) if last else Head(0, GENESIS, None)


def event_of(row: Row[Any]) -> Event:
    """Return an event as people read it."""
    return Event(
        seq=row.seq, advisory=row.advisory, kind=row.kind, at=datetime.fromisoformat(row.at), by=row.actor,
        body=json.loads(row.body), hash=row.hash,
    )  # fmt: skip
