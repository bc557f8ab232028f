"""A patient made of canary strings: none of them reaches a log, an error, a header or a metric."""

import json
import logging
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from service.web.app import create_app

CANARY = "zebedeecanary"
SICK: dict[str, Any] = {
    "patient": {"id": CANARY, "age": 74},
    "conditions": [CANARY, {"text": CANARY, "coding": [{"system": CANARY, "code": CANARY, "display": CANARY}]}],
    "kidney": {"egfr": {"value": 28, "unit": CANARY}},
    "medications": [{"text": CANARY}],
    "supplements": [{"nutrient": "magnesium", "text": CANARY}],
    "signs": [CANARY],
}
WRONG: list[dict[str, Any]] = [
    {"patient": {"birth_date": CANARY, "age": CANARY, "sex": CANARY}},
    {"kidney": {"stage": CANARY, "dialysis": CANARY, "egfr": CANARY}},
    {"conditions": CANARY},
    {"supplements": [{"form": CANARY, "status": CANARY, "route": CANARY}]},
    {"signs": [CANARY * 100]},
]


def everything(answer: TestResponse, client: FlaskClient) -> str:
    return f"{answer.text} {answer.headers} {client.get('/metrics').text}".lower()


@pytest.mark.parametrize("body", WRONG)
def test_no_error_repeats_what_was_sent(client: FlaskClient, body: dict[str, Any]) -> None:
    answer = client.post("/v1/evaluate", json=body)
    assert answer.status_code == 422
    assert CANARY not in everything(answer, client)


@pytest.mark.parametrize(
    "text",
    [
        '{"signs": ["CANARY", "\\ud800"]}',
        '{"signs": "CANARY" x}',
        '{"CANARY Smith": {"a": 1, "a": 2}}',
        '{"signs": [1e999, "CANARY"]}',
        "CANARY",
    ],
)
def test_no_refusal_of_hostile_json_repeats_it(client: FlaskClient, text: str) -> None:
    answer = client.post("/v1/evaluate", data=text.replace("CANARY", CANARY), content_type="application/json")
    assert answer.status_code == 400
    assert CANARY not in everything(answer, client)


@pytest.mark.parametrize("path", ["/v1/CANARY", "/v1/rules/CANARY", "/v1/claims/CANARY", "/v1/rules?CANARY=CANARY"])
def test_no_error_repeats_the_address(client: FlaskClient, path: str) -> None:
    answer = client.get(path.replace("CANARY", CANARY), headers={"X-Canary": CANARY, "User-Agent": CANARY})
    assert answer.status_code in (404, 422)
    assert CANARY not in everything(answer, client)


def test_no_log_line_knows_the_patient(
    service: Any, pretend: Any, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    for app in (create_app(service), create_app(pretend(raises=ValueError(CANARY)))):
        speak(app)
    written = capsys.readouterr()
    lines = [json.loads(line) for line in written.err.splitlines()]
    assert {line["event"] for line in lines} == {"request", "failure"}
    assert CANARY not in (written.out + written.err + caplog.text).lower()
    assert "Traceback" not in written.err


def speak(app: Flask) -> None:
    client = app.test_client()
    for body in (SICK, *WRONG):
        client.post("/v1/evaluate?explain=true", json=body)
    client.post(f"/v1/evaluate?{CANARY}={CANARY}", json=SICK)
    client.get(f"/v1/{CANARY}")
    client.open("/v1/pack", method=CANARY.upper())


def test_a_log_line_says_what_is_needed(pretend: Any, capsys: pytest.CaptureFixture[str]) -> None:
    create_app(pretend()).test_client().post("/v1/evaluate", json={})
    line = json.loads(capsys.readouterr().err)
    assert (line["method"], line["route"], line["status"]) == ("POST", "/v1/evaluate", 200)
    assert line["milliseconds"] >= 0
