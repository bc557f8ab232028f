"""That a form was ours: no other site makes a clinician decide, log in or log out (cross-site request forgery).

Three things must hold: the browser says that the form came from our own pages (Origin, or else Referer), the form holds
the token of this session, and the cookie of the session is not sent with another site's form at all (SameSite).
Source: OWASP Cross-Site Request Forgery Prevention Cheat Sheet.
"""

import hmac
from urllib.parse import urlsplit

from flask import request
from markupsafe import Markup

from service.intake.strict_json import MOST_FHIR_BYTES
from service.web.context import context
from service.web.open_door import is_ours
from service.web.people_session import people, visitor_id

FIELD = "csrf_token"
# A record that is pasted into a form is longer there than by itself: each quotation mark becomes three characters.
MOST_BYTES = 2 * MOST_FHIR_BYTES
MOST_PARTS = 200


def csrf_token() -> str:
    """Return the token for the forms of this session. It follows from the session's id, and the id not from it."""
    return hmac.digest(visitor_id().encode(), b"form", "sha256").hex()


def csrf_field() -> Markup:
    """Return what every form must hold, for templates."""
    return Markup('<input type="hidden" name="{}" value="{}">').format(FIELD, csrf_token())


def is_our_form() -> bool:
    """Say whether the form of this request came from our own page in this session."""
    request.max_content_length = MOST_BYTES
    request.max_form_memory_size = MOST_BYTES
    request.max_form_parts = MOST_PARTS
    if not _comes_from_here():
        return False
    return hmac.compare_digest(request.form.get(FIELD, "").encode(), csrf_token().encode())


def is_our_host() -> bool:
    """Say whether a browser asked for us by a name of ours.

    It matters where nobody is asked who they are (service.web.open_door).
    """
    return people().is_asked or is_ours(f"http://{request.host}")


def _comes_from_here() -> bool:
    given = request.headers.get("Origin") or _origin(request.headers.get("Referer", ""))
    ours = {_origin(context().base)}
    if not people().is_asked and is_our_host():
        # On this machine the same pages are found at localhost and at 127.0.0.1.
        ours.add(_origin(f"{request.scheme}://{request.host}"))
    return given is not None and given.lower() in ours


def _origin(address: str) -> str | None:
    """Return the origin of an address, as browsers write it (RFC 6454, section 6.2)."""
    try:
        parts = urlsplit(address)
        port = parts.port
    except ValueError:
        return None
    if parts.scheme not in ("http", "https") or not parts.hostname:
        return None
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    is_usual = port is None or port == {"http": 80, "https": 443}[parts.scheme]
    return f"{parts.scheme}://{host}" if is_usual else f"{parts.scheme}://{host}:{port}"
