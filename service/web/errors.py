"""Every error in one shape (RFC 9457), from one place.

The sentences are ours: an exception's own message may hold a patient's data, so nobody is told it.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from http import HTTPStatus

from flask import Flask, Response
from werkzeug.exceptions import HTTPException

from schemas.problem import Problem, Refused
from service.intake.strict_json import MOST_BYTES
from service.web.context import context
from service.web.logs import log_failure

MOST_PROBLEMS = 100
CONTENT_TYPE = "application/problem+json"
DETAILS = {
    400: "The request cannot be read.",
    404: "There is nothing at this address.",
    405: "This address does not take this method.",
    413: "The body is too large.",
    415: "The body is not application/json in UTF-8, or it is compressed.",
    422: "The request can be read, but something in it cannot be.",
    429: "Too many requests.",
    500: "We failed, and conclude nothing: this is not an advisory without flags.",
    503: "We cannot answer now, and conclude nothing: this is not an advisory without flags.",
}
HINTS = {
    404: "GET /docs shows what there is.",
    405: "The header Allow says which methods it takes.",
    413: f"Send at most {MOST_BYTES} bytes: one patient, and what is current only.",
    415: "Send Content-Type: application/json, and no Content-Encoding.",
    503: "Try again after the seconds in the header Retry-After.",
}


def problem_response(
    status: int, problems: Sequence[Problem] = (), headers: Iterable[tuple[str, str]] = ()
) -> Response:
    """Return the answer to a request that went wrong; without problems of its own, the status is the problem."""
    title = HTTPStatus(status).phrase
    detail = DETAILS.get(status, f"{title}.")
    body = {
        "type": "about:blank",
        "title": title,
        "status": status,
        "detail": detail,
        "problems": [asdict(each) for each in _shortened(problems) or [Problem("", detail, HINTS.get(status))]],
    }
    response = Response(json.dumps(body, ensure_ascii=False), status, content_type=CONTENT_TYPE)
    response.headers.extend(dict(headers))
    return response


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
    return problem_response(error.status, error.problems)


def _http(error: HTTPException) -> Response:
    """Keep status, Allow and Retry-After of what Flask and Werkzeug raise; the words are ours."""
    original = getattr(error, "original_exception", None)
    if original is not None:
        return _unexpected(original)
    kept = [(name, value) for name, value in error.get_headers() if name in {"Allow", "Retry-After"}]
    return problem_response(error.code or HTTPStatus.INTERNAL_SERVER_ERROR, headers=kept)


def _unexpected(error: Exception) -> Response:
    log_failure(context().log, error)
    context().metrics.failures.labels(type(error).__name__).inc()
    seconds = getattr(error, "retry_after", None)
    if isinstance(seconds, int):
        return problem_response(503, headers=[("Retry-After", str(seconds))])
    return problem_response(500)
