"""HealthChain's SandboxClient: `CDSRequest.model_dump(exclude_none=True)`, posted without headers of its own.

As in requestconstructors.py, sandboxclient.py and hooks/patientview.py of HealthChain: no fhirServer, a userId that may
be a patient's, a patientId drawn by lot unless one is given, and generated resources about another patient.
"""

from typing import Any

import pytest

from tests.conformance.charts import PATIENT, example, missing
from tests.conformance.running import Running

GENERATED = {
    "patient": {"resourceType": "Patient", "id": "7f2c", "gender": "male", "birthDate": "1974-02-11"},
    "encounter": {"resourceType": "Encounter", "id": "123", "status": "finished", "class": {"code": "AMB"}},
    "condition": {
        "resourceType": "Condition", "id": "c1", "subject": {"reference": "Patient/123"},
        "code": {"coding": [{"system": "http://snomed.info/sct", "code": "709044004"}]},
    },
    "medicationrequest": {
        "resourceType": "MedicationRequest", "id": "m1", "status": "active", "intent": "order",
        "medicationCodeableConcept": {"text": "Furosemide"}, "subject": {"reference": "Patient/123"},
    },
    "document": {"resourceType": "DocumentReference", "status": "current", "content": [{"attachment": {}}]},
}  # fmt: skip


def request(prefetch: dict[str, Any], patient: str = PATIENT, user: str = "Patient/07") -> dict[str, Any]:
    """Return a request as the client constructs it."""
    return {
        "hook": "patient-view", "hookInstance": "0c9d3d0c-7f4b-4c53-9f5c-6a6f3f4e2a11",
        "context": {"userId": user, "patientId": patient}, "prefetch": prefetch,
    }  # fmt: skip


@pytest.mark.parametrize("user", ["Patient/07", "Practitioner/1", "PractitionerRole/99", "RelatedPerson/12345"])
def test_data_loaded_for_our_keys_are_answered(service: Running, user: str) -> None:
    cards = service.cards(request(example()["prefetch"], user=user))
    assert "critical" in {card["indicator"] for card in cards}


def test_generated_data_about_another_patient_are_refused_with_where_and_why(service: Running) -> None:
    answer = service.hook(request(GENERATED, patient="1288992"))
    assert (answer.status_code, answer.headers["Content-Type"]) == (400, "application/json")
    assert answer.json()["resourceType"] == "OperationOutcome"
    (issue,) = answer.json()["issue"]
    assert issue["expression"] == ["prefetch.patient"]
    assert "another patient than context.patientId" in issue["details"]["text"]
    assert issue["diagnostics"]
    assert "7f2c" not in answer.text + service.log()
    assert "1288992" not in answer.text + service.log()


def test_keys_named_by_types_are_not_ours_and_what_is_needed_is_named(service: Running) -> None:
    answer = service.hook(request(GENERATED, patient="7f2c"))
    assert answer.status_code == 412
    named = [place for issue in answer.json()["issue"] for place in issue["expression"]]
    assert named == ["prefetch.medrequests", "prefetch.medstatements"]


def test_keys_that_are_not_ours_do_no_harm(service: Running) -> None:
    plus = example()["prefetch"] | {"encounter": GENERATED["encounter"], "document": GENERATED["document"]}
    cards = service.cards(request(plus))
    assert missing(cards) == missing(service.cards(request(example()["prefetch"])))


def test_an_extension_as_a_list_is_refused_and_not_fatal(service: Running) -> None:
    answer = service.hook(request(example()["prefetch"]) | {"extension": [{"a": 1}]})
    assert answer.status_code == 400
    assert answer.json()["issue"][0]["expression"] == ["extension"]
