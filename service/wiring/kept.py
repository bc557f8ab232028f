"""What a worker keeps: one database, opened once, and what writes into it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache, partial
from typing import Any

from schemas.client import Client
from service.fetch.keys import get_jwks
from service.store.advisories import AdvisoryStore
from service.store.cards import IssuedCards
from service.store.database import open_database
from service.store.feedback import FeedbackStore
from service.store.replay import ReplayStore
from service.store.tokens import TokenInfo, Tokens
from service.store.transactions import is_reachable
from service.trust.tokens import Verifier

# How long a key set may take. It is fetched while an EHR waits, and rarely.
SECONDS_FOR_KEYS = 2.0
# A process has one database; more than one of them only tests have.
database = lru_cache(maxsize=8)(open_database)


@dataclass(frozen=True, slots=True)
class Kept:
    """Issued cards and what became of them, advisories and what was decided on them."""

    issued: IssuedCards
    feedback: FeedbackStore
    advisories: AdvisoryStore
    is_reachable: Callable[[], bool]


def open_kept(url: str) -> Kept:
    """Return what is kept in the database at `url`; raise StoreUnavailable if it cannot be used."""
    engine = database(url)
    return Kept(
        issued=IssuedCards(engine, lambda: datetime.now(UTC)),
        feedback=FeedbackStore(engine),
        advisories=AdvisoryStore(engine),
        is_reachable=partial(is_reachable, engine),
    )


def verifier(url: str, clients: Sequence[Client]) -> Callable[[str | None, datetime], Client]:
    """Return what knows an EHR by the token it signed; used tokens are kept in the database at `url`."""
    return Verifier(clients, ReplayStore(database(url)), _fetch_keys).verify


def _fetch_keys(jku: str, listed: Sequence[str]) -> list[dict[str, Any]]:
    return get_jwks(jku, listed, SECONDS_FOR_KEYS)


def bearers(url: str) -> Callable[[str, datetime], TokenInfo | None]:
    """Return what knows the holder of a token of ours."""
    return partial(Tokens.find, Tokens(database(url)))
