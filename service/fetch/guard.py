"""Which addresses may be called: the guard against being sent elsewhere (server-side request forgery).

Parsers of addresses differ, and what one reads as a path another reads as a host. So an address must first be of a
grammar so narrow that no two of them differ on it: no user, no fragment, no backslash, nothing encoded in host or path,
no blank, tab or line break, only ASCII. Then it is read as requests reads it when it connects, and compared part by
part with what the operator listed.

Names are compared, not what they resolve to: the operator listed the name, and its certificate proves it.
"""

import ipaddress
import re
from collections.abc import Iterable
from typing import NamedTuple
from urllib.parse import urlsplit

import requests

LONGEST_ADDRESS = 8192
DEFAULT_PORTS = {"http": 80, "https": 443}
# `;` is left out of paths because some servers drop `;…` from a segment, which turns `..;` into `..`.
NARROW = re.compile(
    r"https?://"
    r"(?:[a-z0-9_](?:[a-z0-9._-]*[a-z0-9_])?\.?|\[[0-9a-f:.]+\])(?::[0-9]{1,5})?"
    r"(?:/[a-z0-9._~$:=+,-]*)*"
    r"(?:\?(?:[a-z0-9._~!$&'()*+,;=:@/?|\[\]-]|%[0-9a-f]{2})*)?",
    re.ASCII | re.IGNORECASE,
)


class Place(NamedTuple):
    """An address, taken apart and written in one way."""

    scheme: str
    host: str
    port: int
    path: str
    query: str

    @property
    def origin(self) -> tuple[str, str, int]:
        """Return scheme, host and port (RFC 6454)."""
        return self.scheme, self.host, self.port

    @property
    def segments(self) -> tuple[str, ...]:
        """Return the path in its parts; a slash at the end adds none."""
        return tuple(self.path.removesuffix("/").split("/")[1:])

    @property
    def is_private_enough(self) -> bool:
        """Say whether nobody in between can read it: https, or http that does not leave this machine."""
        return self.scheme == "https" or _is_loopback(self.host)


def allowed(url: str, bases: Iterable[str]) -> bool:
    """Say whether an address is one of the bases or below it: scheme, host and port equal, the path segment by segment.

    http is allowed on a loopback address only, for development. A base that is itself no plain address allows nothing.
    """
    place = read_place(url)
    return place is not None and any(_is_below(place, read_place(base)) for base in bases)


def exact(url: str, listed: Iterable[str]) -> bool:
    """Say whether an address is one of those listed, path and query included, as a `jku` must be."""
    place = read_place(url)
    return place is not None and place.is_private_enough and any(place == read_place(one) for one in listed)


def same_origin(one: str, other: str) -> bool:
    """Say whether two addresses have the same scheme, host and port, so that one's token may be sent to the other."""
    here, there = read_place(one), read_place(other)
    return here is not None and there is not None and here.origin == there.origin


def read_place(url: str) -> Place | None:
    """Return an address taken apart, or None if it is not one that everybody reads alike."""
    if len(url) > LONGEST_ADDRESS or NARROW.fullmatch(url) is None:
        return None
    try:
        sent = requests.Request("GET", url).prepare().url or ""
        # This is the parser whose host and port the connection is made to.
        parts = urlsplit(sent)
        port = parts.port or DEFAULT_PORTS[parts.scheme]
    except (requests.RequestException, ValueError):
        return None
    # Dots are looked for in what was written, because requests has already resolved them in what it would send.
    if _has_dots(urlsplit(url).path):
        return None
    return Place(parts.scheme, (parts.hostname or "").removesuffix("."), port, parts.path or "/", parts.query)


def _has_dots(path: str) -> bool:
    """Say whether a segment is empty, or a step up or nowhere; a last empty one is only a slash at the end."""
    return not {"", ".", ".."}.isdisjoint(path.removesuffix("/").split("/")[1:])


def _is_below(place: Place, base: Place | None) -> bool:
    if base is None or base.query or not place.is_private_enough:
        return False
    return place.origin == base.origin and place.segments[: len(base.segments)] == base.segments


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
