"""Audiences: an address, or any address below it."""

from urllib.parse import urlsplit

PORTS = {"http": 80, "https": 443}


def covers(base: str, address: str) -> bool:
    """Say whether `address` is `base` or lies below it by whole parts of the path.

    Health systems type these by hand, so a slash at the end, a default port and capitals in the host do not matter.
    https://cds.example.evil does not lie below https://cds.example, and neither does a path that climbs with dots.
    """
    wanted, found = _plain(base), _plain(address)
    return wanted is not None and found is not None and (found == wanted or found.startswith(wanted + "/"))


def _plain(address: str) -> str | None:
    """Return an http(s) address in one spelling, or None for what is not one or could be read in two ways."""
    try:
        parts = urlsplit(address)
        port = parts.port
    except ValueError:
        return None
    is_odd = parts.query or parts.fragment or "@" in parts.netloc or "%" in parts.path or "\\" in address
    if parts.scheme not in PORTS or not parts.hostname or is_odd or {".", ".."} & set(parts.path.split("/")):
        return None
    # A colon in the name of a host is an IPv6 address; the port behind it must stay apart.
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    return f"{parts.scheme}://{host}:{port or PORTS[parts.scheme]}{parts.path.rstrip('/')}"
