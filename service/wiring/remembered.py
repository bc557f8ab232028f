"""What is asked of another server once, and then known for a while; also that it could not be had."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from threading import Lock
from typing import Generic, TypeVar

from service.fetch import FetchFailed

T = TypeVar("T")
GOOD, BAD = timedelta(minutes=10), timedelta(seconds=10)


@dataclass(slots=True)
class _Slot(Generic[T]):
    lock: Lock = field(default_factory=Lock)
    value: T | None = None
    failed: FetchFailed | None = None
    until: datetime | None = None


class Remembered(Generic[T]):
    """Values by key, each good for ten minutes, and a failure for ten seconds: strangers cannot make us ask for ever.

    `ask` is called by one at a time for each key, and raises FetchFailed. Keys come from the operator's files only.
    """

    def __init__(self, ask: Callable[[str], T]) -> None:
        self._ask = ask
        self._slots: dict[str, _Slot[T]] = {}
        self._lock = Lock()

    def get(self, key: str, now: datetime) -> T:
        """Return the value of a key, or raise FetchFailed."""
        with self._lock:
            slot = self._slots.setdefault(key, _Slot())
        with slot.lock:
            if slot.until is None or now >= slot.until:
                self._fill(slot, key, now)
            if slot.value is None:
                raise slot.failed or FetchFailed("The server could not be asked.")
            return slot.value

    def _fill(self, slot: _Slot[T], key: str, now: datetime) -> None:
        try:
            slot.value, slot.failed, slot.until = self._ask(key), None, now + GOOD
        except FetchFailed as failed:
            slot.value, slot.failed, slot.until = None, failed, now + BAD
