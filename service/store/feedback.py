"""What clinicians did with our cards: recorded once, as an event of the audit chain, and counted by rule and client."""

import hashlib
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from threading import Lock
from typing import Any

from sqlalchemy import Engine

from schemas.client import Client
from schemas.hook import FeedbackItem
from schemas.problem import Problem, Refused
from schemas.review import REPORTED
from service.store.advisory_tables import instant_text
from service.store.chain import recording
from service.store.counting import summarise
from service.store.keeping import card_key, code_or_not, system_or_none
from service.store.tables import FEEDBACK
from service.store.transactions import insert_new

__all__ = ["MOST_A_DAY", "OF_NO_ADVISORY", "FeedbackStore", "TooMuchFeedback", "report_of"]

# What stands in such an event where others name their advisory: cards are not kept as advisories.
OF_NO_ADVISORY = ""

# What one client may add in one day (UTC) to what this process keeps. A large hospital answers some thousand cards a
# day; a client that runs wild must not fill the disk for all.
MOST_A_DAY = 100_000


class TooMuchFeedback(Refused):
    """A client has added as much as one may in a day; `retry_after` says in how many seconds the next one begins."""

    def __init__(self, now: datetime) -> None:
        told = f"This client has reported on cards {MOST_A_DAY} times today, and more is not kept."
        super().__init__(429, [Problem("/feedback", told, "Report each card once.")])
        tomorrow = (now + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
        self.retry_after = int((tomorrow - now).total_seconds()) + 1


class FeedbackStore:
    """The feedback of all clients (CDS Hooks 2.0, Feedback). Every method may raise StoreUnavailable."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._insert = insert_new(engine, FEEDBACK).on_conflict_do_nothing(index_elements=[FEEDBACK.c.fingerprint])
        self._counting = Lock()
        self._day = date.min
        self._added: Counter[tuple[str, str]] = Counter()

    def record(self, items: Sequence[FeedbackItem], service: str, client: Client, now: datetime) -> int:
        """Record a batch, all of it or nothing; return how many items were new. Sent again, nothing is.

        Raise TooMuchFeedback once the client has added MOST_A_DAY.
        """
        self._check(client, now)
        rows = [_row(item, service, client, now) for item in items]
        with recording(self._engine) as record:
            added = [row for row in rows if record.connection.execute(self._insert, row).rowcount]
            if added:
                body = {"reports": [report_of(row) for row in added]}
                record.add(OF_NO_ADVISORY, client.tenant, REPORTED, now, client.name, body)
        with self._counting:
            self._added[client.tenant, client.name] += len(added)
        return len(added)

    def _check(self, client: Client, now: datetime) -> None:
        today = now.astimezone(UTC).date()
        with self._counting:
            if self._day != today:
                self._day = today
                self._added.clear()
            if self._added[client.tenant, client.name] >= MOST_A_DAY:
                raise TooMuchFeedback(now.astimezone(UTC))

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


def report_of(row: Mapping[Any, Any]) -> dict[str, Any]:
    """Return what an event holds of a row; tenant and client are the event's own columns."""
    names = ("fingerprint", "card", "service", "outcome", "accepted_suggestions", "reason_system", "reason_code")
    moments = {name: instant_text(row[name]) for name in ("at", "recorded_at")}
    return {name: row[name] for name in names} | moments | {"has_comment": bool(row["has_comment"])}


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
