"""The FHIR door over HTTP."""

import json
from typing import Any

import pytest
from flask.testing import FlaskClient

from service.intake.strict_json import MOST_FHIR_BYTES
from service.web.app import create_app
from tests.contract.conftest import NOW

JSON, FHIR = "application/json", "application/fhir+json"
ADVISE = "/fhir/R4/$advise"
BUNDLE: dict[str, Any] = {"resourceType": "Bundle", "type": "collection", "entry": []}


@pytest.mark.parametrize("kind", [JSON, FHIR, f"{FHIR}; charset=utf-8", f"{FHIR}; fhirVersion=4.0.1"])
def test_a_bundle_is_answered_with_a_bundle(pretend_client: FlaskClient, kind: str) -> None:
    answer = pretend_client.post(ADVISE, data=json.dumps(BUNDLE), content_type=kind)
    assert (answer.status_code, answer.content_type) == (200, FHIR)
    assert answer.get_json(force=True)["resourceType"] == "Bundle"
    assert answer.get_json(force=True)["timestamp"] == NOW.isoformat()


@pytest.mark.parametrize("query", ["", "?_format=json", "?_format=application/fhir%2Bjson&_pretty=true"])
def test_the_server_says_what_it_can_do(pretend_client: FlaskClient, query: str) -> None:
    answer = pretend_client.get(f"/fhir/R4/metadata{query}")
    assert (answer.status_code, answer.content_type) == (200, FHIR)
    assert answer.get_json(force=True)["resourceType"] == "CapabilityStatement"


@pytest.mark.parametrize("data", [{}, [], {"resourceType": "Patient"}, "x"])
def test_what_is_no_bundle_is_refused_as_fhir(pretend_client: FlaskClient, data: Any) -> None:
    answer = pretend_client.post(ADVISE, json=data)
    assert (answer.status_code, answer.content_type) == (400, FHIR)
    assert answer.get_json(force=True)["resourceType"] == "OperationOutcome"


def test_one_odd_number_does_not_refuse_a_bundle(pretend_client: FlaskClient) -> None:
    body = json.dumps(BUNDLE)[:-1] + ', "total": 1e999}'
    assert pretend_client.post(ADVISE, data=body, content_type=FHIR).status_code == 200


def test_a_bundle_may_have_five_mebibytes_and_no_more(pretend_client: FlaskClient) -> None:
    body = json.dumps(BUNDLE).encode()
    assert pretend_client.post(ADVISE, data=body.ljust(MOST_FHIR_BYTES), content_type=FHIR).status_code == 200
    answer = pretend_client.post(ADVISE, data=body.ljust(MOST_FHIR_BYTES + 1), content_type=FHIR)
    assert answer.status_code == 413
    assert str(MOST_FHIR_BYTES) in answer.text


def test_advice_is_counted_as_an_evaluation(pretend: Any) -> None:
    client = create_app(pretend()).test_client()
    client.post(ADVISE, json=BUNDLE)
    assert "magflag_evaluation_seconds_count 1.0" in client.get("/metrics").text
