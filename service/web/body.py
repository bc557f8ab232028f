"""Bodies: how they are read and how they are written."""

import json
from contextlib import suppress
from datetime import date
from decimal import Decimal
from typing import Any

from flask import Response, request
from werkzeug.exceptions import RequestEntityTooLarge, UnsupportedMediaType

from service.intake.strict_json import MOST_BYTES

JSON = "application/json"
PIECE = 65_536
MOST_LEFT = 256 * PIECE


def read_json_body() -> bytes:
    """Return the whole body, or refuse it (413, 415)."""
    parameters = {name: value.lower() for name, value in request.mimetype_params.items()}
    is_json = request.mimetype == JSON and parameters in ({}, {"charset": "utf-8"})
    # A compressed body may unfold to any size, so we do not unfold.
    is_plain = request.headers.get("Content-Encoding", "identity").strip().lower() == "identity"
    if not (is_json and is_plain):
        raise UnsupportedMediaType
    # A body that did not announce its length is cut at the limit without a word. A limit one byte higher shows it.
    request.max_content_length = MOST_BYTES + 1
    body = request.get_data(cache=False)
    if len(body) > MOST_BYTES:
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


def json_response(data: Any, status: int = 200) -> Response:
    """Return plain data as JSON."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"), default=_plain)
    return Response(text, status, content_type=JSON)


def _plain(value: object) -> object:
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} is not plain data")
