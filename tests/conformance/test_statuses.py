"""Every way to be refused, over real HTTP: the status, an OperationOutcome that names the place, and life goes on."""

import json
from typing import Any

import pytest

from service.intake.strict_json import MOST_FHIR_BYTES
from tests.calls import changed
from tests.conformance.charts import TOKEN, example, with_prefetch
from tests.conformance.running import SECONDS_UNTIL_HUNG, SERVICE, Running

VIEW = "/cds-services/magnesium-patient-view"
JSON = {"Content-Type": "application/json"}
GOOD = json.dumps(example()).encode()
# CDS Hooks 2.0 and the pages of the hooks: what a call must have, by hook.
REQUIRED = {
    "patient-view": ("context.userId", "context.patientId"),
    "order-select": ("context.userId", "context.patientId", "context.selections", "context.draftOrders"),
    "order-sign": ("context.userId", "context.patientId", "context.draftOrders"),
    "encounter-discharge": ("context.userId", "context.patientId", "context.encounterId"),
}
NAMES = {"encounter-discharge": "discharge"}
GRANTED = {
    "access_token": TOKEN, "token_type": "Bearer", "expires_in": 300, "scope": "patient/*.rs", "subject": "magflag",
}  # fmt: skip
WRONG: dict[str, tuple[int, str, str, bytes, dict[str, str]]] = {
    "not JSON": (400, "POST", VIEW, b'{"hook": ', JSON),
    "no body": (400, "POST", VIEW, b"", JSON),
    "another hook": (400, "POST", "/cds-services/magnesium-order-sign", GOOD, JSON),
    "an unknown service": (404, "POST", "/cds-services/nothing", GOOD, JSON),
    "a slash too many": (404, "GET", "/cds-services/", b"", {}),
    "GET of a service": (405, "GET", VIEW, b"", {}),
    "nothing to go by": (412, "POST", VIEW, json.dumps(changed(example(), "/prefetch")).encode(), JSON),
    "too large": (413, "POST", VIEW, GOOD.ljust(MOST_FHIR_BYTES + 1), JSON),
    "XML": (415, "POST", VIEW, b"<hook/>", {"Content-Type": "application/fhir+xml"}),
    "packed": (415, "POST", VIEW, GOOD, JSON | {"Content-Encoding": "gzip"}),
}


def sent(service: Running, method: str, path: str, body: bytes, headers: dict[str, str]) -> Any:
    return service.session.request(
        method, service.url(path), data=body, headers=headers, timeout=SECONDS_UNTIL_HUNG, allow_redirects=False
    )


def issues(answer: Any, status: int) -> list[dict[str, Any]]:
    assert (answer.status_code, answer.headers["Content-Type"]) == (status, "application/json")
    assert answer.json()["resourceType"] == "OperationOutcome"
    found: list[dict[str, Any]] = answer.json()["issue"]
    assert all(issue["severity"] == "error" and issue["code"] and issue["details"]["text"] for issue in found)
    return found


@pytest.mark.parametrize(("status", "method", "path", "body", "headers"), WRONG.values(), ids=WRONG)
def test_what_cannot_be_answered_is_refused_with_a_reason_and_the_next_call_is_answered(
    service: Running, status: int, method: str, path: str, body: bytes, headers: dict[str, str]
) -> None:
    assert issues(sent(service, method, path, body, headers), status)
    assert sent(service, "POST", VIEW, GOOD, JSON).status_code == 200


@pytest.mark.parametrize(
    ("hook", "member"),
    [(hook, member) for hook, own in REQUIRED.items() for member in ("hook", "hookInstance", "context", *own)],
)
def test_what_a_hook_requires_is_required_by_name(service: Running, hook: str, member: str) -> None:
    call = changed(example(NAMES.get(hook, hook)), f"/{member.replace('.', '/')}")
    (issue,) = issues(service.post(f"/cds-services/{SERVICE[hook]}", call), 400)
    assert (issue["code"], issue["expression"]) == ("required", [member])


@pytest.mark.parametrize("member", GRANTED)
def test_what_an_authorization_requires_is_required_by_name(service: Running, member: str) -> None:
    granted = {name: value for name, value in GRANTED.items() if name != member}
    call = example() | {"fhirServer": "https://ehr.example/fhir", "fhirAuthorization": granted}
    (issue,) = issues(service.hook(call), 400)
    assert (issue["code"], issue["expression"]) == ("required", [f"fhirAuthorization.{member}"])


def test_an_authorization_is_for_a_server(service: Running) -> None:
    (issue,) = issues(service.hook(example() | {"fhirAuthorization": GRANTED}), 400)
    assert issue["expression"] == ["fhirServer"]
    assert TOKEN not in service.log()


@pytest.mark.parametrize("key", ["conditions", "kidney", "electrolytes", "medrequests", "medstatements"])
def test_another_patient_s_data_are_refused_by_key(service: Running, key: str) -> None:
    call = example()
    others = json.loads(json.dumps(call["prefetch"][key]).replace("Patient/p-17", "Patient/p-18"))
    (issue,) = issues(service.hook(with_prefetch(call, **{key: others})), 400)
    assert issue["expression"] == [f"prefetch.{key}.entry[0].resource"]
    assert "p-18" not in json.dumps(issue) + service.log()


@pytest.mark.parametrize("accept", ["*/*", "application/fhir+json, */*; q=0.1", "text/html", ""])
def test_whatever_is_accepted_json_is_sent(service: Running, accept: str) -> None:
    answer = sent(service, "POST", VIEW, GOOD, JSON | {"Accept": accept})
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "application/json")
