"""The tables of kept advisories, their events and decisions; what they hold of a patient stays in them (decision 0014).

Moments are text here, exactly as they stand in the audit chain: a date that a database reads and writes again in its
own way could not be hashed.
"""

from datetime import UTC, datetime

from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    String,
    Table,
    TypeDecorator,
    UniqueConstraint,
)
from sqlalchemy.engine import Dialect

from service.store.tables import METADATA, SHA256

__all__ = [
    "ADVISORIES", "ADVISORY_TEXTS", "DECISIONS", "EVENTS", "FLAGS", "IDEMPOTENCY_KEYS", "METADATA", "PACKS", "TOLD",
    "Instant", "instant_text",
]  # fmt: skip

# SQLite numbers rows by itself only where the type is exactly INTEGER.
NUMBER = BigInteger().with_variant(Integer, "sqlite")
# Compared byte by byte on both databases, whatever language PostgreSQL was set up for.
EXACT = String().with_variant(String(collation="C"), "postgresql")


def instant_text(moment: datetime) -> str:
    """Write a moment in UTC, always 27 characters, so that texts sort as moments do."""
    if moment.tzinfo is None:
        raise ValueError("This moment has no time zone.")
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


class Instant(TypeDecorator[datetime]):
    """A moment, kept as text of 27 characters."""

    impl = EXACT
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> str | None:  # noqa: ARG002 (named by SQLAlchemy)
        """Write a moment that knows its zone; one that does not is a mistake of the caller."""
        return None if value is None else instant_text(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002 (named by SQLAlchemy)
        """Read a moment in UTC."""
        return None if value is None else datetime.fromisoformat(value)


FILTERED = ("told_kinds", "created_at", "patient_searched", "label_searched")
# One row per advisory. `number` is the place of its first event in the chain, so that it counts upwards in the order of
# keeping. What changes later (status to signed_at) follows from the events, and `magflag audit verify` compares them.
ADVISORIES = Table(
    "advisories",
    METADATA,
    Column("number", NUMBER, ForeignKey("events.seq"), primary_key=True, autoincrement=False),
    Column("id", String, nullable=False, unique=True),
    Column("tenant", String, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("as_of", String(10), nullable=False),
    Column("kind", String, nullable=False),
    Column("patient", String),
    Column("label", String),
    Column("pack_version", String, nullable=False),
    Column("pack_sha256", SHA256, nullable=False),
    Column("input_sha256", SHA256, nullable=False),
    Column("answer_sha256", SHA256, nullable=False),
    # Made of what stands above and of the flags: the hash of the patient's id within the tenant, what a search looks
    # at, and what the worklist sorts, filters and counts by.
    Column("subject", SHA256),
    Column("patient_searched", EXACT),
    Column("label_searched", EXACT),
    Column("gravity", SmallInteger, nullable=False),
    Column("told_kinds", SmallInteger, nullable=False),
    Column("raised", Integer, nullable=False),
    Column("cannot_say", Integer, nullable=False),
    # Made of the events.
    Column("status", String, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("undecided", Integer, nullable=False),
    Column("superseded_by", String),
    Column("signed_by", String),
    Column("signed_at", Instant),
    # The worklist is read in the order of these, backwards. All that it filters by stands in them, so that even a
    # search that finds nothing reads no row.
    Index("ix_advisories_worklist", "tenant", "status", "gravity", "number", *FILTERED),
    Index("ix_advisories_worklist_all", "tenant", "gravity", "number", *FILTERED),
    Index("ix_advisories_subject", "subject", "number"),
)

# Input and answer, compressed, apart from the rows that lists are made of.
ADVISORY_TEXTS = Table(
    "advisory_texts",
    METADATA,
    Column("number", NUMBER, ForeignKey("advisories.number"), primary_key=True, autoincrement=False),
    Column("input", LargeBinary, nullable=False),
    Column("answer", LargeBinary, nullable=False),
)

# What rules have said to a tenant, each thing once: flags then are numbers, a tenth of the size.
TOLD = Table(
    "told",
    METADATA,
    Column("id", NUMBER, primary_key=True),
    Column("tenant", String, nullable=False),
    Column("rule", String, nullable=False),
    Column("outcome", String, nullable=False),
    Column("severity", String, nullable=False),
    UniqueConstraint("tenant", "rule", "outcome", "severity", name="uq_told_what"),
)

# `status` and `gravity` are the advisory's: a worklist of one rule is found and ordered by one index, too.
FLAGS = Table(
    "flags",
    METADATA,
    Column("number", NUMBER, ForeignKey("advisories.number"), primary_key=True, autoincrement=False),
    Column("told", NUMBER, ForeignKey("told.id"), primary_key=True, autoincrement=False),
    Column("status", String, nullable=False),
    Column("gravity", SmallInteger, nullable=False),
    Index("ix_flags_worklist", "told", "status", "gravity", "number"),
    sqlite_with_rowid=False,
)

# The audit chain: `seq` without gaps, `hash` over everything in the row and over the hash before it.
EVENTS = Table(
    "events",
    METADATA,
    Column("seq", NUMBER, primary_key=True, autoincrement=False),
    Column("advisory", String, nullable=False),
    Column("tenant", String, nullable=False),
    Column("kind", String, nullable=False),
    Column("at", String(27), nullable=False),
    Column("actor", String, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("previous", SHA256, nullable=False),
    Column("hash", SHA256, nullable=False),
    Index("ix_events_advisory", "advisory", "seq"),
)

# One row per rule that an event `decided` names; the latest stands. Who and when stands in the event.
DECISIONS = Table(
    "decisions",
    METADATA,
    Column("seq", NUMBER, ForeignKey("events.seq"), primary_key=True, autoincrement=False),
    Column("rule", String, primary_key=True),
    Column("number", NUMBER, ForeignKey("advisories.number"), nullable=False),
    Column("choice", String, nullable=False),
    Column("reason", String),
    Column("comment", String),
    Index("ix_decisions_number", "number", "seq"),
)

# What a caller named a request, so that a retry finds what was kept for it.
IDEMPOTENCY_KEYS = Table(
    "idempotency_keys",
    METADATA,
    Column("tenant", String, primary_key=True),
    Column("key", String, primary_key=True),
    Column("body_sha256", SHA256, nullable=False),
    Column("number", NUMBER, ForeignKey("advisories.number"), nullable=False),
)

# Rules as they were, by digest, so that an old advisory can be evaluated again. There is no patient in them.
PACKS = Table(
    "packs",
    METADATA,
    Column("sha256", SHA256, primary_key=True),
    Column("name", String, nullable=False),
    Column("version", String, nullable=False),
    Column("archive", LargeBinary, nullable=False),
    Column("archive_sha256", SHA256, nullable=False),
)
