"""The table of sessions: who is logged in at the screen. Nothing of a patient is in it."""

from sqlalchemy import Boolean, Column, String, Table

from service.store.tables import METADATA, SHA256, Moment

__all__ = ["SESSIONS"]

# The id in a browser's cookie is nowhere; `sha256` is made of it. `advisories` are ids, with blanks between them.
SESSIONS = Table(
    "sessions",
    METADATA,
    Column("sha256", SHA256, primary_key=True),
    Column("name", String, nullable=False),
    Column("role", String, nullable=False),
    Column("tenant", String, nullable=False),
    Column("login", String, nullable=False),
    Column("advisories", String, nullable=False),
    Column("needs_banner", Boolean, nullable=False),
    Column("created", Moment, nullable=False),
    Column("seen", Moment, nullable=False, index=True),
    Column("expires", Moment, nullable=False, index=True),
)
