"""Where a client's keys are looked up: in the clients file, or at the one address the file names."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from threading import Lock
from typing import Any, Protocol

from service.trust.keys import Key, UnusableKey, key_of

# Given an address and the addresses that may be asked at all, returns the members of a key set, or raises.
FetchKeys = Callable[[str, Sequence[str]], list[dict[str, Any]]]

PAUSE = timedelta(minutes=1)
STALE = timedelta(hours=1)
# As long as this the last good set stands in while the address does not answer; a key withdrawn for cause does not
# outlive it.
LONGEST_OUTAGE = timedelta(hours=24)


class KeySet(Protocol):
    """The keys of one client."""

    def find(self, kid: str, now: datetime) -> Key | None:
        """Return the key of this name, or None."""
        ...


class GivenKeys:
    """A key set that stands in the clients file; nothing is ever fetched."""

    def __init__(self, jwks: Iterable[Mapping[str, Any]]) -> None:
        self._keys = {key.kid: key for key in map(key_of, jwks)}

    def find(self, kid: str, now: datetime) -> Key | None:  # noqa: ARG002 # What is written down has no age.
        """Return the key of this name, or None."""
        return self._keys.get(kid)


class FetchedKeys:
    """A key set behind an address: kept, asked for again when it is old or lacks a key, at most once a minute."""

    def __init__(self, jku: str, fetch: FetchKeys) -> None:
        self._jku, self._fetch = jku, fetch
        self._keys: dict[str, Key] = {}
        self._asked: datetime | None = None
        self._good: datetime | None = None
        self._lock = Lock()

    def find(self, kid: str, now: datetime) -> Key | None:
        """Return the key of this name, or None; one caller at a time asks, and only those who must wait for it do."""
        if self._should_ask(kid, now) and self._lock.acquire(blocking=kid not in self._keys):
            try:
                if self._should_ask(kid, now):
                    self._ask(now)
            finally:
                self._lock.release()
        is_too_old = self._good is None or now - self._good > LONGEST_OUTAGE
        return None if is_too_old else self._keys.get(kid)

    def _should_ask(self, kid: str, now: datetime) -> bool:
        # A clock that was set back would otherwise keep us from asking until it is where it was.
        if self._asked is not None and timedelta(0) <= now - self._asked < PAUSE:
            return False
        return kid not in self._keys or self._good is None or now - self._good > STALE

    def _ask(self, now: datetime) -> None:
        # Whatever went wrong on the way, the last good set stands; without one, no token can be checked.
        with suppress(Exception):
            self._keys = _usable(self._fetch(self._jku, (self._jku,)))
            self._good = now
        self._asked = now


def _usable(jwks: Iterable[Any]) -> dict[str, Key]:
    """Return the keys that we can use; a set may hold keys for other purposes as well."""
    keys: dict[str, Key] = {}
    for jwk in jwks:
        with suppress(UnusableKey):
            if isinstance(jwk, Mapping):
                key = key_of(jwk)
                keys.setdefault(key.kid, key)
    return keys
