"""Bodies: how they are read and how they are written."""

import json
from collections.abc import Mapping
from contextlib import suppress
from datetime import date
from decimal import Decimal
from typing import Any

from flask import Response, request
from werkzeug.exceptions import RequestEntityTooLarge, UnsupportedMediaType

from service.intake.strict_json import MOST_BYTES, MOST_FHIR_BYTES

JSON = "application/json"
FHIR_JSON = "application/fhir+json"
# What may follow a content type. FHIR lets a client name the version there (R4, RESTful API, fhirVersion).
PLAIN = frozenset({("charset", "utf-8")})
OF_R4 = PLAIN | {("fhirversion", "4.0"), ("fhirversion", "4.0.1")}
PIECE = 65_536
MOST_LEFT = 256 * PIECE


def read_json_body() -> bytes:
    """Return the whole body, or refuse it (413, 415)."""
    return _read(MOST_BYTES, {JSON: PLAIN})


def read_fhir_body() -> bytes:
    """Return the whole body of what holds FHIR resources, or refuse it (413, 415)."""
    return _read(MOST_FHIR_BYTES, {JSON: PLAIN, FHIR_JSON: OF_R4})


def _read(most: int, kinds: Mapping[str, frozenset[tuple[str, str]]]) -> bytes:
    parameters = {(name.lower(), value.lower()) for name, value in request.mimetype_params.items()}
    is_json = request.mimetype in kinds and parameters <= kinds[request.mimetype]
    # A compressed body may unfold to any size, so we do not unfold.
    is_plain = request.headers.get("Content-Encoding", "identity").strip().lower() == "identity"
    if not (is_json and is_plain):
        raise UnsupportedMediaType
    # A body that did not announce its length is cut at the limit without a word. A limit one byte higher shows it.
    request.max_content_length = most + 1
    body = request.get_data(cache=False)
    if len(body) > most:
        raise RequestEntityTooLarge
    return body


def read_what_is_left(response: Response) -> Response:
    """Read the rest of a body that was refused unread, up to a limit, and forget it.

    A connection that is closed over unread bytes is reset, and the caller might never see why it was refused.
    """
    if request.environ.get("wsgi.input_terminated"):
        with suppress(OSError):
            for _ in range(MOST_LEFT // PIECE):
                if not request.environ["wsgi.input"].read(PIECE):
                    break
    return response


def json_response(data: Any, status: int = 200, content_type: str = JSON) -> Response:
    """Return plain data as JSON."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"), default=_plain)
    return Response(text, status, content_type=content_type)


def _plain(value: object) -> object:
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} is not plain data")
