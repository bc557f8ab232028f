"""POST /v1/evaluate: the shape of the answer, and what surrounds it."""

import json
import threading
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from schemas.advisory_schema import AdvisorySchema
from service.web.app import create_app
from service.web.ports import Service
from service.web.settings import Settings
from tests.contract.conftest import NOW

ORDER = {"critical": 0, "warning": 1, "info": 2}


def evaluated(client: FlaskClient, body: dict[str, Any], query: str = "") -> dict[str, Any]:
    answer = client.post(f"/v1/evaluate{query}", json=body)
    assert answer.status_code == 200
    assert answer.content_type == "application/json"
    advisory: dict[str, Any] = answer.get_json()
    assert not AdvisorySchema().validate(advisory)
    return advisory


def test_an_advisory_keeps_the_contract(client: FlaskClient, profile: dict[str, Any]) -> None:
    advisory = evaluated(client, profile)
    assert advisory["as_of"] == "2026-11-21"
    assert advisory["flags"]
    assert "not_raised" not in advisory
    keys = [(ORDER[flag["severity"]], flag["outcome"] == "cannot_say", flag["rule"]) for flag in advisory["flags"]]
    assert keys == sorted(keys)


def test_an_empty_profile_is_not_an_all_clear(client: FlaskClient) -> None:
    advisory = evaluated(client, {})
    assert advisory["as_of"] == "2026-11-21", "the moment of the request stands in"
    assert {flag["outcome"] for flag in advisory["flags"]} == {"cannot_say"}


def test_explain_says_why_the_other_rules_stayed_silent(client: FlaskClient, profile: dict[str, Any]) -> None:
    advisory = evaluated(client, profile, "?explain=true")
    silent = {rule["rule"] for rule in advisory["not_raised"]}
    assert silent
    assert not silent & {flag["rule"] for flag in advisory["flags"]}


def test_the_same_question_has_the_same_answer(client: FlaskClient, profile: dict[str, Any]) -> None:
    first, second = (client.post("/v1/evaluate", json=profile).get_json() for _ in range(2))
    own = {"id", "created_at"}
    assert {k: first[k] for k in set(first) - own} == {k: second[k] for k in set(second) - own}
    assert first["id"] != second["id"]


def test_the_rules_behind_an_answer_can_be_looked_up(client: FlaskClient, profile: dict[str, Any]) -> None:
    listed = {rule["id"]: rule for rule in client.get("/v1/rules").get_json()["rules"]}
    for flag in evaluated(client, profile)["flags"]:
        assert listed[flag["rule"]]["active"]
        assert client.get(f"/v1/rules/{flag['rule']}").get_json()["version"] == flag["version"]
        for claim in flag["claims"]:
            assert client.get(f"/v1/claims/{claim}").get_json()["id"] == claim


def test_outcomes_are_counted_by_rule(pretend: Any) -> None:
    client = create_app(pretend()).test_client()
    client.post("/v1/evaluate", json={})
    counted = client.get("/metrics").text
    assert 'magflag_rule_outcomes_total{outcome="raised",rule="kidney/x"} 2.0' in counted
    assert 'magflag_requests_total{method="POST",route="/v1/evaluate",status="200"} 1.0' in counted
    assert "magflag_evaluation_seconds_count 1.0" in counted
    assert 'magflag_failures_total{error="Disagreement"} 0.0' in counted


def test_what_is_counted_is_what_was_said(service: Service, profile: dict[str, Any]) -> None:
    answer = service.evaluate(json.dumps(profile).encode(), now=NOW, explain=True)
    said = [(flag["rule"], flag["outcome"]) for flag in json.loads(answer.text)["flags"]]
    assert list(answer.spoke) == said


@pytest.mark.parametrize(("is_ready", "status"), [(True, 200), (False, 503)])
def test_ready_is_not_the_same_as_live(pretend: Any, is_ready: bool, status: int) -> None:
    client = create_app(pretend(is_ready=is_ready)).test_client()
    assert client.get("/health/live").status_code == 200
    assert client.get("/health/ready").status_code == status


def test_one_evaluation_too_many_is_sent_away(pretend: Any, promptly: Callable[[Callable[[], Any]], Any]) -> None:
    service = pretend()
    service.may_finish.clear()
    app: Flask = create_app(service, Settings(max_evaluations=1))
    first: list[int] = []
    thread = threading.Thread(
        target=lambda: first.append(app.test_client().post("/v1/evaluate", json={}).status_code), daemon=True
    )
    thread.start()
    assert service.started.wait(10)
    shed = promptly(lambda: app.test_client().post("/v1/evaluate", json={}))
    assert (shed.status_code, shed.headers["Retry-After"]) == (503, "1")
    assert app.test_client().get("/health/live").status_code == 200
    service.may_finish.set()
    thread.join(10)
    assert first == [200]
    assert app.test_client().post("/v1/evaluate", json={}).status_code == 200
