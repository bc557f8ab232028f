"""Tokens for our own interface: made here, shown once, known afterwards by their hash alone."""

import hashlib
import re
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Engine, Row, select, update

from service.store.tables import TOKENS
from service.store.transactions import insert_new, reading, writing

__all__ = ["LONGEST_DAYS", "ROLES", "TokenInfo", "Tokens", "is_plain_name"]

ROLES = ("integration", "clinician", "author", "admin")
BEGINNING = "mf_"
RANDOM_BYTES = 32
LENGTH = len(BEGINNING) + 43  # 32 bytes in base64 without padding (RFC 4648, section 5).
LENGTH_OF_ID = 8
LONGEST_DAYS = 366


@dataclass(frozen=True, slots=True)
class TokenInfo:
    """What is known of a token. `id` is the eight characters after mf_, by which people tell tokens apart."""

    id: str
    role: str
    tenant: str
    created: datetime
    expires: datetime
    revoked: datetime | None = None

    @property
    def name(self) -> str:
        """Return what the history calls whoever uses it."""
        return f"token {self.id}"


class Tokens:
    """The tokens of all tenants. Every method raises StoreUnavailable if the database cannot be used."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def create(self, role: str, tenant: str, days: int, now: datetime) -> tuple[str, TokenInfo]:
        """Make a token and return it, for the only time, with what is known of it; ValueError if it cannot be."""
        if role not in ROLES or not is_plain_name(tenant) or not 1 <= days <= LONGEST_DAYS:
            raise ValueError("There is no such role, or no such tenant, or the days are too few or too many.")
        while True:
            token = _random_token()
            info = TokenInfo(_id(token), role, tenant, now, now + timedelta(days=days))
            if self._keep(token, info):
                return token, info

    def _keep(self, token: str, info: TokenInfo) -> bool:
        """Write a new token; False if its id is taken, which only chance can bring about."""
        row = {"id": info.id, "sha256": _sha256(token), "role": info.role, "tenant": info.tenant}
        insert = insert_new(self._engine, TOKENS).on_conflict_do_nothing()
        with writing(self._engine) as connection:
            kept = connection.execute(insert, row | {"created": info.created, "expires": info.expires})
            return kept.rowcount == 1

    def find(self, token: str, now: datetime) -> TokenInfo | None:
        """Return what is known of a token that is valid now, and None for any other text."""
        if len(token) != LENGTH or not token.startswith(BEGINNING) or not token.isascii():
            return None
        # Found by its hash: how long the search takes tells nothing about the token itself.
        with reading(self._engine) as connection:
            row = connection.execute(select(TOKENS).where(TOKENS.c.sha256 == _sha256(token))).one_or_none()
        info = row and _info(row)
        return info if info and info.revoked is None and now < info.expires else None

    def revoke(self, known: str, now: datetime) -> bool:
        """End a token, by its id; False if there is none, or it was ended before."""
        ended = update(TOKENS).where(TOKENS.c.id == known, TOKENS.c.revoked.is_(None)).values(revoked=now)
        with writing(self._engine) as connection:
            return connection.execute(ended).rowcount == 1

    def list(self, tenant: str | None = None) -> tuple[TokenInfo, ...]:
        """Return the tokens of one tenant, or of all, the oldest first, whether they are still valid or not."""
        wanted = select(TOKENS).order_by(TOKENS.c.created, TOKENS.c.id)
        with reading(self._engine) as connection:
            rows = connection.execute(wanted if tenant is None else wanted.where(TOKENS.c.tenant == tenant))
            return tuple(_info(row) for row in rows)


def is_plain_name(text: str) -> bool:
    """Say whether a text can name a tenant: as in the clients file, so that it may stand in a log line or a metric."""
    return re.fullmatch(r"[a-z0-9][a-z0-9._-]{0,62}", text, re.ASCII) is not None


def _random_token() -> str:
    """Return a token whose id is letters and digits, so that no id looks like an option of a command."""
    while True:
        token = BEGINNING + secrets.token_urlsafe(RANDOM_BYTES)
        if _id(token).isalnum():
            return token


def _id(token: str) -> str:
    return token[len(BEGINNING) :][:LENGTH_OF_ID]


def _sha256(token: str) -> str:
    """Hash a token. It is random throughout, so that a slow hash, meant for passwords, would protect nothing more."""
    return hashlib.sha256(token.encode("ascii")).hexdigest()


def _info(row: Row[tuple[object, ...]]) -> TokenInfo:
    return TokenInfo(row.id, row.role, row.tenant, row.created, row.expires, row.revoked)
