"""Bodies: how they are read and how they are written."""

import json
from collections.abc import Mapping
from contextlib import suppress
from datetime import date
from decimal import Decimal
from typing import Any

from flask import Response, g, request
from werkzeug.exceptions import RequestEntityTooLarge, UnsupportedMediaType

from service.intake.strict_json import MOST_BYTES, MOST_FHIR_BYTES
from service.web.context import context
from service.web.gates import passed

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


def read_profile_or_fhir() -> tuple[bytes, bool]:
    """Return the whole body and whether it is FHIR, which only its content type says, or refuse it (413, 415)."""
    if request.mimetype == FHIR_JSON:
        return _read(MOST_FHIR_BYTES, {FHIR_JSON: OF_R4}), True
    return read_json_body(), False


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
    g.body_length = len(body)
    return body


def read_what_is_left(response: Response) -> Response:
    """Read the rest of a body that was refused unread, up to a limit, and forget it.

    A connection that is closed over unread bytes is reset, and the caller might never see why it was refused. But
    strangers may stall here as long as they like: where a few do, the others are answered without this courtesy.
    """
    if request.environ.get("wsgi.input_terminated"):
        with suppress(OSError), passed(context().gates.leftovers) as is_open:
            for _ in range(MOST_LEFT // PIECE if is_open else 0):
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
