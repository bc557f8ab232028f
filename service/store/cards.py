"""Remembers which cards were issued, without making a request wait: what feedback is counted against."""

from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from multiprocessing.util import Finalize
from threading import Event, Lock, Thread
from typing import Any

from sqlalchemy import Engine

from service.store.keeping import KEEP, card_key, purge
from service.store.tables import ISSUED_CARDS
from service.store.transactions import StoreUnavailable, insert_new, writing

__all__ = ["JOINED_KINDS", "IssuedCard", "IssuedCards"]

# A card of these kinds counts for its kind, even where only one rule was left to be joined.
JOINED_KINDS = ("more", "evidence", "other", "cannot_say")
MOST_WAITING, MOST_AT_ONCE = 20_000, 500
SECONDS_BETWEEN_WRITES = 0.5
SECONDS_TO_STOP = 5
BETWEEN_PURGES = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class IssuedCard:
    """One card as it left us. There is nothing of the patient in it, and nothing may be added that is."""

    uuid: str
    rules: tuple[str, ...]
    kind: str
    client: str
    tenant: str
    service: str
    hook: str
    pack_sha256: str
    pack_version: str
    issued_at: datetime
    suggestion: str | None = None


class IssuedCards:
    """The cards that were issued, written in batches by one thread of its own.

    To be made in the process that uses it. `dropped` counts the cards that were not kept, because the database was
    away for long; `when_dropped` is told each time. `clock` is read only to forget what is older than KEEP.
    """

    def __init__(
        self, engine: Engine, clock: Callable[[], datetime], when_dropped: Callable[[int], object] | None = None
    ) -> None:
        self.dropped = 0
        self._engine = engine
        self._clock = clock
        self._when_dropped = when_dropped
        self._insert = insert_new(engine, ISSUED_CARDS).on_conflict_do_nothing()
        self._waiting: deque[IssuedCard] = deque()
        self._counting, self._writing = Lock(), Lock()
        self._something, self._closed = Event(), Event()
        self._purged: datetime | None = None
        self._thread = Thread(target=self._work, name="issued-cards", daemon=True)
        self._thread.start()
        # Not atexit: a worker is a child process of multiprocessing, which ends without atexit but not without this.
        self._at_exit = Finalize(None, self.close, exitpriority=0)

    def note(self, cards: Sequence[IssuedCard]) -> None:
        """Take cards to be written soon. It never waits and never fails; what there is no room for is dropped."""
        with self._counting:
            room = 0 if self._closed.is_set() else MOST_WAITING - len(self._waiting)
            self._waiting.extend(cards[: max(room, 0)])
            many = len(self._waiting) >= MOST_AT_ONCE
        if len(cards) > room:
            self._drop(len(cards) - max(room, 0))
        if many:
            self._something.set()

    def flush(self) -> bool:
        """Write now whatever waits, and say whether all of it was written; what was not waits on."""
        with self._writing:
            while batch := self._take():
                try:
                    with writing(self._engine) as connection:
                        connection.execute(self._insert, [_row(card) for card in batch])
                except StoreUnavailable:
                    self._put_back(batch)
                    return False
                except Exception:  # A card that cannot be written must not keep all others from being written.
                    self._drop(len(batch))
        return True

    def close(self) -> None:
        """Write what waits, once more, and end; what cannot be written is counted as dropped."""
        self._closed.set()
        self._something.set()
        self._thread.join(SECONDS_TO_STOP)
        self._at_exit.cancel()
        self.flush()
        if left := self._take(MOST_WAITING + MOST_AT_ONCE):
            self._drop(len(left))

    def _work(self) -> None:
        while not self._closed.is_set():
            self._something.wait(SECONDS_BETWEEN_WRITES)
            self._something.clear()
            if self.flush():
                self._purge_if_due()
            else:
                self._closed.wait(SECONDS_BETWEEN_WRITES)

    def _purge_if_due(self) -> None:
        now = self._clock()
        if self._purged is not None and timedelta(0) <= now - self._purged < BETWEEN_PURGES:
            return
        self._purged = now
        with suppress(Exception):  # What is too old can wait an hour; the thread must live on.
            purge(self._engine, now - KEEP)

    def _take(self, most: int = MOST_AT_ONCE) -> list[IssuedCard]:
        with self._counting:
            return [self._waiting.popleft() for _ in range(min(most, len(self._waiting)))]

    def _put_back(self, batch: Sequence[IssuedCard]) -> None:
        with self._counting:
            self._waiting.extendleft(reversed(batch))

    def _drop(self, count: int) -> None:
        with self._counting:
            self.dropped += count
        if self._when_dropped:
            self._when_dropped(count)


def _row(card: IssuedCard) -> dict[str, Any]:
    is_joined = card.kind in JOINED_KINDS or len(card.rules) != 1
    return {
        "tenant": card.tenant,
        "client": card.client,
        "card": card_key(card.uuid),
        "kind": card.kind,
        "rules": " ".join(card.rules),
        "subject": card.kind if is_joined else card.rules[0],
        "joined": is_joined,
        "suggestion": card_key(card.suggestion) if card.suggestion else None,
        "service": card.service,
        "hook": card.hook,
        "pack_version": card.pack_version,
        "pack_sha256": card.pack_sha256,
        "issued_at": card.issued_at,
    }
