"""What clinicians did with our cards: recorded once, and counted by rule and client."""

import hashlib
import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Engine

from schemas.client import Client
from schemas.hook import FeedbackItem
from service.store.counting import summarise
from service.store.keeping import card_key, code_or_not, system_or_none
from service.store.tables import FEEDBACK
from service.store.transactions import insert_new, writing

__all__ = ["FeedbackStore"]


class FeedbackStore:
    """The feedback of all clients (CDS Hooks 2.0, Feedback). Every method may raise StoreUnavailable."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._insert = insert_new(engine, FEEDBACK).on_conflict_do_nothing(index_elements=[FEEDBACK.c.fingerprint])

    def record(self, items: Sequence[FeedbackItem], service: str, client: Client, now: datetime) -> int:
        """Record a batch, all of it or nothing; return how many items were new. Sent again, nothing is."""
        rows = [_row(item, service, client, now) for item in items]
        with writing(self._engine) as connection:
            return sum(connection.execute(self._insert, row).rowcount for row in rows)

    def summary(self, tenant: str) -> dict[str, Any]:
        """Count a tenant's cards and what became of them; the latest report of a card counts.

        {"rules": [{"rule", "client", "issued", "accepted", "overridden", "reasons": [{"code", "count"}], "comments"}],
        "joined": [the same with "kind" for "rule": cards that join several rules], "unknown_cards": how many cards
        were reported that are not known to be issued to that client, "from", "to": when the first and the last card
        was issued, or None}.
        """
        return summarise(self._engine, tenant)


def _row(item: FeedbackItem, service: str, client: Client, now: datetime) -> dict[str, Any]:
    return {
        "fingerprint": _fingerprint(item, client),
        "tenant": client.tenant,
        "client": client.name,
        "card": card_key(item.card),
        "service": service,
        "outcome": item.outcome,
        "at": _moment(item.at, now),
        "accepted_suggestions": len(item.accepted),
        "reason_system": system_or_none(item.reason_system),
        "reason_code": code_or_not(item.reason_code),
        "has_comment": item.has_comment,
        "recorded_at": now,
    }


def _fingerprint(item: FeedbackItem, client: Client) -> str:
    """Return what makes two reports the same report; JSON writes any text as ASCII and keeps its parts apart."""
    parts = [
        client.tenant, client.name, card_key(item.card), item.outcome, item.at, item.reason_system, item.reason_code,
    ]  # fmt: skip
    return hashlib.sha256(json.dumps(parts).encode("ascii")).hexdigest()


def _moment(text: str, now: datetime) -> datetime:
    """Read an RFC 3339 time; one that Python does not know, such as a leap second, is taken as the time it came."""
    try:
        read = datetime.fromisoformat(text)
        return read.astimezone(UTC) if read.tzinfo else read.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return now
