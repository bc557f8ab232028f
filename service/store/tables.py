"""Every table, in one place, for SQLite and PostgreSQL alike; migrations will start from these."""

from datetime import UTC, datetime

from sqlalchemy import BigInteger, Boolean, Column, DateTime, Index, Integer, MetaData, String, Table, TypeDecorator
from sqlalchemy.engine import Dialect

__all__ = ["FEEDBACK", "ISSUED_CARDS", "METADATA", "TOKENS", "USED_TOKENS", "Moment"]

SHA256 = String(64)

# Every constraint has a name that follows from its columns, so that a migration can name what it changes.
METADATA = MetaData(
    naming_convention={
        "ix": "ix_%(column_0_N_label)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)


class Moment(TypeDecorator[datetime]):
    """A moment in UTC. SQLite forgets the zone, so it is put back when the moment is read."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002 (named by SQLAlchemy)
        """Write a moment that knows its zone, as UTC; one that does not is a mistake of the caller."""
        if value is not None and value.tzinfo is None:
            raise ValueError("This moment has no time zone.")
        return value and value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002 (named by SQLAlchemy)
        """Read a moment in UTC."""
        return value and (value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC))


# Tokens of clients that were seen once, and must not be seen again while they are valid.
USED_TOKENS = Table(
    "used_tokens",
    METADATA,
    Column("sha256", SHA256, primary_key=True),
    Column("expires", Moment, nullable=False, index=True),
)

# Cards as they were issued. `subject` is what a card counts for: its rule, or its kind if it joins several rules.
ISSUED_CARDS = Table(
    "issued_cards",
    METADATA,
    Column("tenant", String, primary_key=True),
    Column("client", String, primary_key=True),
    Column("card", SHA256, primary_key=True),
    Column("kind", String, nullable=False),
    Column("rules", String, nullable=False),
    Column("subject", String, nullable=False),
    Column("joined", Boolean, nullable=False),
    Column("suggestion", SHA256),
    Column("service", String, nullable=False),
    Column("hook", String, nullable=False),
    Column("pack_version", String, nullable=False),
    Column("pack_sha256", String, nullable=False),
    Column("issued_at", Moment, nullable=False, index=True),
)

# What became of cards. `fingerprint` makes a report that is sent twice one report.
FEEDBACK = Table(
    "feedback",
    METADATA,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("fingerprint", SHA256, nullable=False, unique=True),
    Column("tenant", String, nullable=False),
    Column("client", String, nullable=False),
    Column("card", SHA256, nullable=False),
    Column("service", String, nullable=False),
    Column("outcome", String, nullable=False),
    Column("at", Moment, nullable=False),
    Column("accepted_suggestions", Integer, nullable=False),
    Column("reason_system", String),
    Column("reason_code", String),
    Column("has_comment", Boolean, nullable=False),
    Column("recorded_at", Moment, nullable=False, index=True),
    Index("ix_feedback_latest", "tenant", "client", "card", "at", "id"),
)

# Tokens for our own interface. The token itself is nowhere; `id` is its beginning, by which people know it.
TOKENS = Table(
    "tokens",
    METADATA,
    Column("id", String(16), primary_key=True),
    Column("sha256", SHA256, nullable=False, unique=True),
    Column("role", String, nullable=False),
    Column("tenant", String, nullable=False, index=True),
    Column("created", Moment, nullable=False),
    Column("expires", Moment, nullable=False),
    Column("revoked", Moment),
)
