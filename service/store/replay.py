"""Says whether a client's token was seen before, by any worker."""

import hashlib
import json
from datetime import datetime, timedelta

from sqlalchemy import Engine, bindparam, delete

from service.store.tables import USED_TOKENS, Moment
from service.store.transactions import insert_new, writing

__all__ = ["ReplayStore"]

BETWEEN_PURGES = timedelta(minutes=1)
# The clock of another host that shares the database may be behind ours, and ours may be set back: a token that has run
# out here could be valid there, or again.
CLOCKS_DIFFER = timedelta(minutes=15)


class ReplayStore:
    """The tokens of clients that were used and are still valid (CDS Hooks 2.0, Trusting CDS Clients: `jti`)."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._purged: datetime | None = None
        insert = insert_new(engine, USED_TOKENS)
        # A row that has expired stands for no valid token: it counts as not there, whether it was purged or not.
        self._insert = insert.on_conflict_do_update(
            index_elements=[USED_TOKENS.c.sha256],
            set_={"expires": insert.excluded.expires},
            where=USED_TOKENS.c.expires <= bindparam("this_moment", type_=Moment),
        )

    def seen(self, issuer: str, jti: str, expires: datetime, now: datetime) -> bool:
        """Remember a token until it expires, and say whether it was there already; of many at once, one is the first.

        `expires` is the last moment at which the token would be accepted, leeway included. Raise StoreUnavailable.
        """
        row = {"sha256": _sha256(issuer, jti), "expires": expires, "this_moment": now}
        is_due = self._purged is None or not timedelta(0) <= now - self._purged < BETWEEN_PURGES
        with writing(self._engine) as connection:
            if is_due:
                connection.execute(delete(USED_TOKENS).where(USED_TOKENS.c.expires <= now - CLOCKS_DIFFER))
            first = connection.execute(self._insert, row).rowcount == 1
        if is_due:
            self._purged = now
        return not first


def _sha256(issuer: str, jti: str) -> str:
    """Return one key for the pair; JSON keeps ("a", "bc") and ("ab", "c") apart, and writes any text as ASCII."""
    return hashlib.sha256(json.dumps([issuer, jti]).encode("ascii")).hexdigest()
