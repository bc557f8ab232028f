"""Hostile bodies each get an error of their own, never a 5xx, and never a hang."""

from collections.abc import Callable
from io import BytesIO
from typing import Any

import pytest
from flask.testing import FlaskClient

from service.intake.strict_json import MOST_BYTES, MOST_DEPTH

JSON = "application/json"
HOSTILE = {
    "empty": (400, b""),
    "not JSON": (400, b"{"),
    "not UTF-8": (400, b'{"signs": ["\xff"]}'),
    "byte order mark": (400, b"\xef\xbb\xbf{}"),
    "NaN": (400, b'{"kidney": {"egfr": {"value": NaN}}}'),
    "Infinity": (400, b'{"kidney": {"egfr": {"value": -Infinity}}}'),
    "beyond a float": (400, b'{"kidney": {"egfr": {"value": 1e999}}}'),
    "four thousand digits": (400, b'{"patient": {"age": ' + b"9" * 4000 + b"}}"),
    "doubled name": (400, b'{"kidney": {"stage": "G5", "stage": "G1"}}'),
    "lone surrogate": (400, b'{"signs": ["\\ud800"]}'),
    "NUL": (400, b'{"signs": ["a\\u0000b"]}'),
    "deep": (400, b'{"signs": ' + b"[" * 100_000 + b"]" * 100_000 + b"}"),
    "as deep as allowed": (422, b"[" * MOST_DEPTH + b"]" * MOST_DEPTH),
    "many values": (400, b'{"signs": [' + b'"a",' * 150_000 + b'"a"]}'),
    "many entries": (422, b'{"signs": [' + b'"a",' * 90_000 + b'"a"]}'),
    "many wrong entries": (422, b'{"signs": [' + b"1," * 90_000 + b"1]}"),
    "many unknown members": (422, b"{" + b",".join(b'"x%d":1' % n for n in range(45_000)) + b"}"),
    "long text": (422, b'{"signs": ["' + b"a" * 900_000 + b'"]}'),
    "too large": (413, b"{}" + b" " * MOST_BYTES),
    "a list": (422, b"[]"),
    "a number": (422, b"1"),
    "null": (422, b"null"),
    "wrong type": (422, b'{"conditions": "CKD"}'),
    "wrong type of entry": (422, b'{"conditions": [[]]}'),
    "unknown member": (422, b'{"medicines": []}'),
    "impossible age": (422, b'{"patient": {"age": 400}}'),
    "number in quotes": (422, b'{"kidney": {"egfr": {"value": "28"}}}'),
    "birth after as_of": (422, b'{"as_of": "2020-01-01", "patient": {"birth_date": "2021-01-01"}}'),
    "no such day": (422, b'{"as_of": "2026-02-30"}'),
    "year zero": (422, b'{"as_of": "0000-01-01"}'),
    "digits of another script": (422, b'{"as_of": "\\u0662\\u0660\\u0662\\u0666-01-01"}'),
}


@pytest.mark.parametrize(("status", "body"), HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_body_is_refused(
    client: FlaskClient, promptly: Callable[[Callable[[], Any]], Any], status: int, body: bytes
) -> None:
    answer = promptly(lambda: client.post("/v1/evaluate", data=body, content_type=JSON))
    assert answer.status_code == status
    assert answer.json["problems"]


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Content-Type": "text/plain"},
        {"Content-Type": "application/fhir+json"},
        {"Content-Type": "application/json; charset=latin-1"},
        {"Content-Type": "application/json; profile=x"},
        {"Content-Type": JSON, "Content-Encoding": "gzip"},
        {"Content-Type": JSON, "Content-Encoding": "identity, br"},
    ],
)
def test_only_plain_json_is_read(client: FlaskClient, headers: dict[str, str]) -> None:
    assert client.post("/v1/evaluate", data=b"{}", headers=headers).status_code == 415


@pytest.mark.parametrize("kind", [JSON, "application/json; charset=utf-8", 'Application/JSON;charset="UTF-8"'])
def test_json_may_be_spelt_in_its_several_ways(client: FlaskClient, kind: str) -> None:
    assert client.post("/v1/evaluate", data=b"{}", content_type=kind).status_code == 200


@pytest.mark.parametrize("surplus", [0, 1, 1_000_000])
def test_a_body_without_a_length_is_not_cut_but_refused(client: FlaskClient, surplus: int) -> None:
    body = b"{}" + b" " * (MOST_BYTES - 2 + surplus)
    environ = {"wsgi.input_terminated": True, "HTTP_TRANSFER_ENCODING": "chunked"}
    answer = client.post("/v1/evaluate", input_stream=BytesIO(body), content_type=JSON, environ_overrides=environ)
    assert answer.status_code == (413 if surplus else 200)


@pytest.mark.parametrize("query", ["explan=true", "explain=yes", "explain=", "explain=true&explain=false", "%ff=1"])
def test_a_query_that_is_not_understood_is_refused(client: FlaskClient, query: str) -> None:
    assert client.post(f"/v1/evaluate?{query}", data=b"{}", content_type=JSON).status_code == 422
    assert client.get(f"/v1/rules?{query}").status_code == 422
