"""Pages of other origins: which of them may call /cds-services from a browser (Fetch standard, CORS).

Only origins that a client of the clients file names; never all of them, and never with cookies. An origin that is not
named gets an answer without these headers, which a browser keeps from the page.
"""

from flask import Flask, Response, request

from service.web.access import SERVICES, first_part
from service.web.context import context

ALLOWED = {
    "Access-Control-Allow-Methods": "GET, POST, OPTIONS",
    "Access-Control-Allow-Headers": "authorization, content-type, accept",
    "Access-Control-Max-Age": "600",
}


def allow_origins(app: Flask) -> None:
    """Answer what browsers ask before a call, and mark what the pages of listed origins may read."""
    app.before_request(_preflight)
    app.after_request(_mark)


def _preflight() -> Response | None:
    """Answer a preflight; it carries no token (Fetch standard, CORS-preflight fetch), so none is asked for."""
    if not (_is_ours() and request.method == "OPTIONS" and "Access-Control-Request-Method" in request.headers):
        return None
    response = Response(status=204, headers=ALLOWED if _is_listed() else None)
    del response.headers["Content-Type"]  # An answer without a body has no type of one.
    return response


def _mark(response: Response) -> Response:
    if _is_ours() and context().guard.origins:
        # Without Vary a cache could hand the answer for one origin to another.
        response.vary.add("Origin")
        if _is_listed():
            response.headers["Access-Control-Allow-Origin"] = request.headers["Origin"]
    return response


def _is_ours() -> bool:
    return first_part() == SERVICES


def _is_listed() -> bool:
    return request.headers.get("Origin") in context().guard.origins
