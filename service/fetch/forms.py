"""What a login needs of other servers: a document about them, their keys, tokens for a code. JSON, within a time."""

import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from schemas.problem import Refused
from service.fetch.guard import read_place, same_origin
from service.fetch.wire import FetchFailed, Wire
from service.intake.strict_json import parse

MOST_BYTES = 512 * 1024
JSON = {"Accept": "application/json"}


@dataclass(frozen=True, slots=True)
class Asker:
    """Asks the servers of one login, and no others: an address must be of the origin of one of `bases`.

    `seconds` are for each answer. `certificates`: see Wire. Every method raises FetchFailed, with a sentence that holds
    no address; a redirect is never followed.
    """

    bases: tuple[str, ...]
    seconds: float = 3.0
    certificates: str | None = None

    def get_json(self, url: str) -> dict[str, Any]:
        """Return the JSON object at an address."""
        return self._asked(lambda wire, until: wire.get(url, JSON, may=self.may, until=until, most_bytes=MOST_BYTES))

    def post_form(self, url: str, form: Mapping[str, str], headers: Mapping[str, str]) -> dict[str, Any]:
        """Send a form, and return the JSON object that answers it."""
        return self._asked(
            lambda wire, until: wire.post(
                url, form, {**JSON, **headers}, may=self.may, until=until, most_bytes=MOST_BYTES
            )
        )

    def get_keys(self, url: str) -> Sequence[dict[str, Any]]:
        """Return the keys of a JWK set (RFC 7517, section 5)."""
        keys = self.get_json(url).get("keys")
        if not isinstance(keys, list) or not all(isinstance(key, dict) for key in keys):
            raise FetchFailed("The server sent what is not a key set.")
        return keys

    def may(self, url: str) -> bool:
        """Say whether an address may be asked, or a browser be sent there."""
        place = read_place(url)
        return place is not None and place.is_private_enough and any(same_origin(url, base) for base in self.bases)

    def _asked(self, ask: Callable[[Wire, float], bytes]) -> dict[str, Any]:
        with closing(Wire(1, self.certificates)) as wire:
            try:
                data = parse(ask(wire, time.monotonic() + self.seconds), MOST_BYTES)
            except FetchFailed as failed:
                raise FetchFailed(f"The server {failed}.") from None
            except Refused:
                raise FetchFailed("The server sent what is not JSON that can be read.") from None
        if not isinstance(data, dict):
            raise FetchFailed("The server sent what is not a JSON object.")
        return data


def well_known(base: str, name: str) -> str:
    """Return the address of a document about a server, below its base (RFC 8615 as OpenID Connect and SMART use it)."""
    return f"{base.rstrip('/')}/.well-known/{name}"


def is_server(address: str, bases: Sequence[str]) -> bool:
    """Say whether an address is one of the bases, whatever slash it ends with; below one is not enough."""
    place = read_place(address)
    if place is None or not place.is_private_enough or urlsplit(address).query:
        return False
    known = [read_place(base) for base in bases]
    return any(each and (place.origin, place.segments) == (each.origin, each.segments) for each in known)
