"""Sessions: made at login under a new random id, known afterwards by its hash alone, ended by time or by hand.

Source: OWASP ASVS 5.0, chapter V7 (session management): an id of 128 random bits or more, new at each login; a time
after which an idle session ends, and one after which any ends; ended at the server when somebody logs out.
"""

import hashlib
import re
import secrets
from datetime import datetime, timedelta

from sqlalchemy import Engine, Row, delete, or_, select, update

from schemas.person import Login, Session
from schemas.review import Actor
from service.store.people_tables import SESSIONS
from service.store.transactions import insert_new, reading, writing

__all__ = ["IDLE", "LONGEST", "Sessions", "is_session_id"]

IDLE = timedelta(minutes=30)
LONGEST = timedelta(hours=12)
# That somebody is still there is written at most so often: not every page should cost a write.
BETWEEN_NOTES = timedelta(minutes=1)
RANDOM_BYTES = 32
ID = re.compile(r"[A-Za-z0-9_-]{43}", re.ASCII)  # 32 bytes in base64 without padding (RFC 4648, section 5).


class Sessions:
    """The sessions of all tenants. Every method raises StoreUnavailable if the database cannot be used."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def open(self, login: Login, now: datetime, instead_of: str | None = None) -> str:
        """Make a session, and return its id, for the only time; the one it comes instead of ends with it."""
        known = secrets.token_urlsafe(RANDOM_BYTES)
        row = {
            "sha256": _sha256(known),
            "name": login.actor.name,
            "role": login.actor.role,
            "tenant": login.actor.tenant,
            "login": login.by,
            "advisories": " ".join(login.advisories),
            "needs_banner": login.needs_banner,
            "created": now,
            "seen": now,
            "expires": now + LONGEST,
        }
        over = or_(SESSIONS.c.expires <= now, SESSIONS.c.seen <= now - IDLE)
        with writing(self._engine) as connection:
            connection.execute(delete(SESSIONS).where(over))
            if instead_of is not None and is_session_id(instead_of):
                connection.execute(delete(SESSIONS).where(SESSIONS.c.sha256 == _sha256(instead_of)))
            connection.execute(insert_new(self._engine, SESSIONS), row)
        return known

    def find(self, known: str, now: datetime) -> Session | None:
        """Return the session of an id, if it is still good, and note that somebody is there; None for any other text.

        It is found by its hash: how long the search takes tells nothing about the id.
        """
        if not is_session_id(known):
            return None
        with reading(self._engine) as connection:
            row = connection.execute(select(SESSIONS).where(SESSIONS.c.sha256 == _sha256(known))).one_or_none()
        if row is None or now >= row.expires or now - row.seen >= IDLE:
            return None
        if now - row.seen >= BETWEEN_NOTES:
            self._note(row.sha256, now)
        return _session(row)

    def _note(self, sha256: str, now: datetime) -> None:
        # Never backwards: of two requests at once, the later moment stands.
        there = update(SESSIONS).where(SESSIONS.c.sha256 == sha256, SESSIONS.c.seen < now).values(seen=now)
        with writing(self._engine) as connection:
            connection.execute(there)

    def close(self, known: str) -> None:
        """End a session; nothing happens if there is none of this id."""
        if is_session_id(known):
            with writing(self._engine) as connection:
                connection.execute(delete(SESSIONS).where(SESSIONS.c.sha256 == _sha256(known)))


def is_session_id(text: str) -> bool:
    """Say whether a text looks like an id of ours."""
    return ID.fullmatch(text) is not None


def _sha256(known: str) -> str:
    """Hash an id. It is random throughout, so that a slow hash, meant for passwords, would protect nothing more."""
    return hashlib.sha256(known.encode("ascii")).hexdigest()


def _session(row: Row[tuple[object, ...]]) -> Session:
    actor = Actor(row.name, row.role, row.tenant)
    return Session(Login(actor, row.login, tuple(row.advisories.split()), row.needs_banner), row.expires)
