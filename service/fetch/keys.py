"""Getting a client's public keys from the one address that its entry in the clients file names."""

import json
import time
from collections.abc import Sequence
from contextlib import closing
from functools import partial
from typing import Any

from service.fetch.guard import exact
from service.fetch.wire import FetchFailed, Wire

MOST_BYTES = 256 * 1024


def get_jwks(url: str, listed: Sequence[str], seconds: float, certificates: str | None = None) -> list[dict[str, Any]]:
    """Return the keys of a JWK set (RFC 7517, section 5); raise FetchFailed, with a sentence, if they cannot be had.

    `url` must be one of `listed`, whatever a token says; nothing else is ever called.
    """
    with closing(Wire(1, certificates)) as wire:
        try:
            may = partial(exact, listed=listed)
            headers = {"Accept": "application/json"}
            body = wire.get(url, headers, may=may, until=time.monotonic() + seconds, most_bytes=MOST_BYTES)
            return _keys(body)
        except FetchFailed as failed:
            raise FetchFailed(f"The server of the key set {failed}.") from None


def _keys(body: bytes) -> list[dict[str, Any]]:
    try:
        data = json.loads(body)
    except (ValueError, RecursionError):
        raise FetchFailed("sent what is not JSON") from None
    keys = data.get("keys") if isinstance(data, dict) else None
    if not isinstance(keys, list) or not all(isinstance(key, dict) for key in keys):
        raise FetchFailed("sent what is not a key set")
    return keys
