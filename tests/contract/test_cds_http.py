"""CDS Hooks over HTTP: what is answered, with which status, whatever the client sends or accepts."""

import json
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from flask.testing import FlaskClient

from schemas.client import NOBODY
from service.intake.strict_json import MOST_FHIR_BYTES
from service.web.app import create_app
from service.web.settings import Settings
from tests.calls import FEEDBACK, HEALTHCHAIN, INFERNO, MEDPLUM, SANDBOX, changed
from tests.contract.conftest import HOOKS, NOW

JSON, FHIR = "application/json", "application/fhir+json"
ID = {hook: name for name, hook in HOOKS.items()}
VIEW = "/cds-services/magnesium-patient-view"
BASE = "https://cds.example.org"


def call(client: FlaskClient, data: dict[str, Any], **kwargs: Any) -> Any:
    return client.post(f"/cds-services/{ID[data['hook']]}", json=data, **kwargs)


def test_the_services_are_listed_at_exactly_one_address(pretend_client: FlaskClient) -> None:
    answer = pretend_client.get("/cds-services")
    assert (answer.status_code, answer.content_type) == (200, JSON)
    assert [each["id"] for each in answer.get_json()["services"]] == list(HOOKS)
    assert pretend_client.get("/cds-services/").status_code == 404


@pytest.mark.parametrize("data", [MEDPLUM, HEALTHCHAIN, INFERNO], ids=["Medplum", "HealthChain", "Inferno"])
def test_real_clients_are_answered(pretend_client: FlaskClient, data: dict[str, Any]) -> None:
    answer = call(pretend_client, data)
    assert (answer.status_code, answer.content_type) == (200, JSON)
    assert answer.get_json()["cards"] == []
    assert answer.get_json()["extension"]["client"] == NOBODY.name
    assert answer.get_json()["extension"]["now"] == NOW.isoformat()


@pytest.mark.parametrize("accept", ["*/*", "application/fhir+json, */*; q=0.1", "text/html", "image/png", "x", ""])
def test_whatever_is_accepted_json_is_sent(pretend_client: FlaskClient, accept: str) -> None:
    headers = {"Accept": accept}
    assert call(pretend_client, MEDPLUM, headers=headers).content_type == JSON
    assert pretend_client.get("/cds-services", headers=headers).content_type == JSON
    assert pretend_client.get("/fhir/R4/metadata", headers=headers).content_type == FHIR


@pytest.mark.parametrize(
    "kind",
    [
        JSON,
        FHIR,
        "application/json; charset=UTF-8",
        'Application/FHIR+json;charset="utf-8"',
        f"{FHIR}; fhirVersion=4.0",
    ],
)
def test_json_may_come_as_fhir(pretend_client: FlaskClient, kind: str) -> None:
    assert pretend_client.post(VIEW, data=json.dumps(MEDPLUM), content_type=kind).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Content-Type": "text/plain"},
        {"Content-Type": "application/fhir+xml"},
        {"Content-Type": "application/json; charset=latin-1"},
        {"Content-Type": "application/json; fhirVersion=4.0"},
        {"Content-Type": "application/fhir+json; fhirVersion=5.0"},
        {"Content-Type": JSON, "Content-Encoding": "gzip"},
    ],
)
@pytest.mark.parametrize("path", [VIEW, f"{VIEW}/feedback", "/fhir/R4/$advise"])
def test_what_is_no_json_is_not_read(pretend_client: FlaskClient, path: str, headers: dict[str, str]) -> None:
    assert pretend_client.post(path, data=json.dumps(MEDPLUM), headers=headers).status_code == 415


def test_a_body_may_have_five_mebibytes_and_no_more(pretend_client: FlaskClient) -> None:
    body = json.dumps(MEDPLUM).encode()
    for size, status in ((MOST_FHIR_BYTES, 200), (MOST_FHIR_BYTES + 1, 413)):
        assert pretend_client.post(VIEW, data=body.ljust(size), content_type=JSON).status_code == status


def test_a_call_without_prefetch_and_without_a_server_to_ask_is_told_what_is_needed(
    pretend_client: FlaskClient,
) -> None:
    answer = call(pretend_client, SANDBOX)
    assert answer.status_code == 412
    assert [issue["expression"] for issue in answer.get_json()["issue"]] == [["prefetch.patient"]]
    both = call(pretend_client, changed(MEDPLUM, "/prefetch", None)).get_json()["issue"]
    assert [issue["expression"] for issue in both] == [
        ["prefetch.medrequests"],
        ["prefetch.medstatements"],
        ["prefetch.patient"],
    ]
    assert {issue["code"] for issue in both} == {"incomplete"}


def test_links_are_made_with_the_address_of_the_settings_and_never_with_the_host_of_a_request(pretend: Any) -> None:
    client = create_app(pretend(), Settings(public_url=BASE)).test_client()
    evil = {"Host": "localhost:9", "X-Forwarded-Host": "evil.example"}
    assert call(client, MEDPLUM, headers=evil).get_json()["extension"]["base"] == BASE
    assert client.get("/fhir/R4/metadata", headers=evil).get_json()["url"] == BASE


@pytest.mark.parametrize("kind", [JSON, FHIR])
def test_feedback_is_kept_and_answered_with_nothing(pretend: Any, kind: str) -> None:
    service = pretend()
    client = create_app(service, clock=lambda: NOW).test_client()
    answer = client.post(f"{VIEW}/feedback", data=json.dumps(FEEDBACK), content_type=kind)
    assert (answer.status_code, answer.data) == (200, b"")
    assert "Content-Type" not in answer.headers
    ((name, tenant, moment, items),) = service.kept
    assert (name, tenant, moment) == ("magnesium-patient-view", "local", NOW)
    assert [item.outcome for item in items] == ["accepted", "overridden", "overridden"]


def test_feedback_is_summed_up_for_the_caller_s_tenant(pretend_client: FlaskClient) -> None:
    answer = pretend_client.get("/v1/feedback/summary")
    assert (answer.status_code, answer.get_json()) == (200, {"tenant": "local"})


@pytest.mark.parametrize("path", ["/cds-services/nothing", "/cds-services/nothing/feedback"])
def test_a_service_that_is_not_there_is_not_found(pretend_client: FlaskClient, path: str) -> None:
    answer = pretend_client.post(path, json=MEDPLUM)
    assert answer.status_code == 404
    assert answer.get_json()["issue"][0]["code"] == "not-found"


def test_a_hook_is_counted_and_timed_as_an_evaluation(pretend: Any) -> None:
    client = create_app(pretend()).test_client()
    call(client, MEDPLUM)
    counted = client.get("/metrics").text
    assert 'magflag_rule_outcomes_total{outcome="raised",rule="kidney/x"} 2.0' in counted
    assert "magflag_evaluation_seconds_count 1.0" in counted
    assert 'route="/cds-services/<service_id>",status="200"' in counted


def test_cards_prefetch_and_feedback_are_counted(pretend: Any) -> None:
    client = create_app(pretend()).test_client()
    call(client, MEDPLUM)
    client.post(f"{VIEW}/feedback", json=FEEDBACK)
    counted = client.get("/metrics").text
    assert 'magflag_cards_issued_total{rule="kidney/x",service="magnesium-patient-view"} 1.0' in counted
    assert 'magflag_prefetch_total{key="kidney",state="null"} 1.0' in counted
    assert 'magflag_feedback_total{outcome="overridden"} 2.0' in counted


def test_hooks_and_evaluations_pass_the_same_gate(pretend: Any, promptly: Callable[[Callable[[], Any]], Any]) -> None:
    service = pretend()
    service.may_finish.clear()
    app = create_app(service, Settings(max_evaluations=1), clock=lambda: datetime(2026, 11, 21, tzinfo=UTC))
    thread = threading.Thread(target=lambda: app.test_client().post("/v1/evaluate", json={}), daemon=True)
    thread.start()
    assert service.started.wait(10)
    shed = promptly(lambda: call(app.test_client(), MEDPLUM))
    assert (shed.status_code, shed.headers["Retry-After"]) == (503, "1")
    assert shed.get_json()["issue"][0]["code"] == "throttled"
    service.may_finish.set()
    thread.join(10)
    assert call(app.test_client(), MEDPLUM).status_code == 200
