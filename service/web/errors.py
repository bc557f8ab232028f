"""Every error from one place, in one shape (RFC 9457); an OperationOutcome where callers speak FHIR.

The sentences are ours: an exception's own message may hold a patient's data, so nobody is told it.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from http import HTTPStatus
from typing import Any

from flask import Flask, Response, render_template
from werkzeug.exceptions import HTTPException

from schemas.problem import Problem, Refused
from service.intake.strict_json import MOST_BYTES
from service.web.access import Who, access_of_request, first_part
from service.web.context import context
from service.web.logs import log_failure
from service.web.outcomes import DETAILS as FHIR_DETAILS
from service.web.outcomes import DOORS, outcome_of
from service.web.outcomes import HINTS as FHIR_HINTS

MOST_PROBLEMS = 100
CONTENT_TYPE = "application/problem+json"
DETAILS = {
    400: "The request cannot be read.",
    401: "The caller is not known.",
    403: "This caller may not do this.",
    404: "There is nothing at this address.",
    405: "This address does not take this method.",
    409: "The advisory is no longer what it was when it was read.",
    412: "Data that are needed could not be had.",
    413: "The body is too large.",
    415: "The body is not application/json in UTF-8, or it is compressed.",
    422: "The request can be read, but something in it cannot be.",
    429: "Too many requests.",
    500: "We failed, and conclude nothing: this is not an advisory without flags.",
    503: "We cannot answer now, and conclude nothing: this is not an advisory without flags.",
    504: "A server that we ask did not answer in time, and we conclude nothing.",
}
# The same for people at the screen.
PAGES = {
    404: "There is no such page",
    409: "It changed meanwhile",
    413: "This is too large",
    422: "This address cannot be read",
    500: "We failed",
    503: "magflag cannot answer now",
}
DETAILS_FOR_PEOPLE = {
    400: "The form cannot be read. Go back, load the page again, and send it once more.",
    404: "No advisory of yours is at this address. It may belong to somebody else, or never have been.",
    413: "One patient, and what is current only, is enough.",
    503: "What is kept for review cannot be reached, or too much is asked at once. Nothing was recorded. "
    "Try again in a moment.",
}
HINTS = {
    404: "GET /docs shows what there is.",
    405: "The header Allow says which methods it takes.",
    413: f"Send at most {MOST_BYTES} bytes: one patient, and what is current only.",
    415: "Send Content-Type: application/json, and no Content-Encoding.",
    503: "Try again after the seconds in the header Retry-After.",
}


def error_response(status: int, problems: Sequence[Problem] = (), headers: Iterable[tuple[str, str]] = ()) -> Response:
    """Return the answer to a request that went wrong; without problems of its own, the status is the problem."""
    response = _page(status, problems) if access_of_request().who is Who.PERSON else _data(status, problems)
    response.headers.extend(dict(headers))
    return response


def _page(status: int, problems: Sequence[Problem]) -> Response:
    told = _told(status, problems, DETAILS | DETAILS_FOR_PEOPLE, {})
    heading = PAGES.get(status, HTTPStatus(status).phrase)
    return Response(render_template("review/error.html", heading=heading, problems=told), status)


def _data(status: int, problems: Sequence[Problem]) -> Response:
    door = first_part()
    if door in DOORS:
        told = _told(status, problems, DETAILS | FHIR_DETAILS, HINTS | FHIR_HINTS)
        body, content_type = outcome_of(status, told), DOORS[door]
    else:
        body, content_type = _details(status, _told(status, problems, DETAILS, HINTS)), CONTENT_TYPE
    return Response(json.dumps(body, ensure_ascii=False), status, content_type=content_type)


def _told(
    status: int, problems: Sequence[Problem], details: Mapping[int, str], hints: Mapping[int, str]
) -> Sequence[Problem]:
    detail = details.get(status, f"{HTTPStatus(status).phrase}.")
    return _shortened(problems) or [Problem("", detail, hints.get(status))]


def _details(status: int, problems: Sequence[Problem]) -> dict[str, Any]:
    title = HTTPStatus(status).phrase
    return {
        "type": "about:blank",
        "title": title,
        "status": status,
        "detail": DETAILS.get(status, f"{title}."),
        "problems": [asdict(each) for each in problems],
    }


def _shortened(problems: Sequence[Problem]) -> Sequence[Problem]:
    """Keep the answer to a hostile body from being larger than the body."""
    if len(problems) <= MOST_PROBLEMS:
        return problems
    more = f"There are {len(problems) - MOST_PROBLEMS} problems more."
    return [*problems[:MOST_PROBLEMS], Problem("", more, "Mend these first.")]


def install_errors(app: Flask) -> None:
    """Answer every error of the application in the one shape."""
    app.register_error_handler(Refused, _refused)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(Exception, _unexpected)


def _refused(error: Refused) -> Response:
    return error_response(error.status, error.problems, _retry_after(error))


def _http(error: HTTPException) -> Response:
    """Keep status, Allow and Retry-After of what Flask and Werkzeug raise; the words are ours."""
    original = getattr(error, "original_exception", None)
    if original is not None:
        return _unexpected(original)
    kept = [(name, value) for name, value in error.get_headers() if name in {"Allow", "Retry-After"}]
    return error_response(error.code or HTTPStatus.INTERNAL_SERVER_ERROR, headers=kept)


def _unexpected(error: Exception) -> Response:
    log_failure(context().log, error)
    context().metrics.failures.labels(type(error).__name__).inc()
    later = _retry_after(error)
    return error_response(503, headers=later) if later else error_response(500)


def _retry_after(error: Exception) -> list[tuple[str, str]]:
    seconds = getattr(error, "retry_after", None)
    return [("Retry-After", str(seconds))] if isinstance(seconds, int) else []
