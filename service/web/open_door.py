"""Where nobody is asked who they are, whoever is on this machine may call; but not whatever page a browser there shows.

A page elsewhere can have its own name lead to this machine, and then calls us as if it were ours (DNS rebinding). Its
calls carry its name, as the host that was asked and as the origin that asks, and by that they are known.
"""

from urllib.parse import urlsplit

from flask import request

from schemas.clients_file import is_this_machine
from schemas.problem import Problem, Refused
from service.web.context import context

HARMLESS = frozenset({"GET", "HEAD", "OPTIONS"})
TOLD = "Nobody is asked here who they are, so only callers on this machine are answered."
HINT = "Ask for 127.0.0.1 or localhost, or set MAGFLAG_PUBLIC_URL; or have callers asked who they are (MAGFLAG_AUTH)."


def refuse_strangers() -> None:
    """Raise Refused (403) for a call that asks for a name that is not ours, or that a page of others makes."""
    # What names no host, or no origin, is no browser, which always do.
    host, origin = request.environ.get("HTTP_HOST"), request.headers.get("Origin")
    is_foreign = host is not None and not is_ours(f"http://{host}")
    if origin is not None and request.method not in HARMLESS:
        is_foreign = is_foreign or not (origin in context().guard.origins or is_ours(origin))
    if is_foreign:
        context().log.info("forbidden", reason="host")
        raise Refused(403, [Problem("", TOLD, HINT)])


def is_ours(address: str) -> bool:
    """Say whether the host of an address is this machine, or the one by which others reach us."""
    try:
        host = urlsplit(address).hostname
    except ValueError:
        return False
    return host is not None and (host == urlsplit(context().base).hostname or is_this_machine(address))
