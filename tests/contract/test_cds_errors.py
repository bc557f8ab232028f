"""Every error of CDS Hooks and FHIR is an OperationOutcome that helps whoever sent it, and repeats nothing of it."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.exceptions import Forbidden, GatewayTimeout, TooManyRequests, Unauthorized
from werkzeug.test import TestResponse

from schemas.problem import Problem, Refused
from service.web.app import create_app
from service.web.outcomes import expression_of
from tests.calls import CLIENTS, FEEDBACK, MEDPLUM, changed
from tests.contract.conftest import HOOKS

VIEW, ADVISE = "/cds-services/magnesium-patient-view", "/fhir/R4/$advise"
JSON = {"Content-Type": "application/json"}
# The codes of FHIR's required value set issue-type that we use.
CODES = {
    "invalid", "structure", "required", "value", "not-found", "processing", "incomplete", "timeout", "throttled",
    "exception", "login", "forbidden",
}  # fmt: skip
MARK = "zebedeecanary"


def assert_outcome(answer: TestResponse, status: int) -> list[dict[str, Any]]:
    assert answer.status_code == status
    is_fhir = (answer.request.path or "").startswith("/fhir")
    assert answer.content_type == ("application/fhir+json" if is_fhir else "application/json")
    outcome = answer.get_json(force=True)
    assert outcome["resourceType"] == "OperationOutcome"
    assert "Traceback" not in answer.text
    assert set(outcome) == {"resourceType", "issue"}
    for issue in outcome["issue"]:
        assert issue["severity"] == "error"
        assert issue["code"] in CODES
        assert all(issue.values()), "nothing is empty"
        assert set(issue) <= {"severity", "code", "details", "diagnostics", "expression"}
        assert status == 401 or set(issue["details"]) == {"text"}
    issues: list[dict[str, Any]] = outcome["issue"]
    assert issues
    return issues


WRONG: dict[str, tuple[int, str, str, str, dict[str, Any]]] = {
    "not JSON": (400, "structure", "POST", VIEW, {"data": b"{", "headers": JSON}),
    "no body": (400, "structure", "POST", ADVISE, {"headers": JSON}),
    "name twice": (400, "structure", "POST", VIEW, {"data": b'{"a": 1, "a": 1}', "headers": JSON}),
    "NaN": (400, "structure", "POST", ADVISE, {"data": b'{"a": NaN}', "headers": JSON}),
    "a list": (400, "structure", "POST", VIEW, {"json": []}),
    "another hook": (400, "value", "POST", VIEW, {"json": changed(MEDPLUM, "/hook", "order-sign")}),
    "no patient": (400, "required", "POST", VIEW, {"json": changed(MEDPLUM, "/context/patientId")}),
    "no resource": (400, "value", "POST", VIEW, {"json": changed(MEDPLUM, "/prefetch/patient", "x")}),
    "no feedback": (400, "required", "POST", f"{VIEW}/feedback", {"json": {}}),
    "no such service": (404, "not-found", "POST", "/cds-services/x", {"json": MEDPLUM}),
    "no such address": (404, "not-found", "GET", "/fhir/R4/Patient/1", {}),
    "an address too long": (404, "not-found", "POST", f"{VIEW}/feedback/x", {"json": FEEDBACK}),
    "GET of a service": (405, "processing", "GET", VIEW, {}),
    "POST of discovery": (405, "processing", "POST", "/cds-services", {"json": {}}),
    "GET of an operation": (405, "processing", "GET", ADVISE, {}),
    "patient not sent": (412, "incomplete", "POST", VIEW, {"json": changed(MEDPLUM, "/prefetch/patient")}),
    "too large": (413, "processing", "POST", VIEW, {"data": b" " * (5 * 1024 * 1024 + 1), "headers": JSON}),
    "not said to be JSON": (415, "structure", "POST", ADVISE, {"data": b"{}"}),
    "unknown query": (422, "processing", "GET", "/cds-services?patient=1", {}),
}


@pytest.mark.parametrize(("status", "code", "method", "path", "extra"), WRONG.values(), ids=WRONG)
def test_every_4xx_is_an_outcome(
    pretend_client: FlaskClient, status: int, code: str, method: str, path: str, extra: dict[str, Any]
) -> None:
    answer = pretend_client.open(path, method=method, **extra)
    assert {issue["code"] for issue in assert_outcome(answer, status)} == {code}
    assert (status == 405) == ("Allow" in answer.headers)


class Absent(Exception):
    """Something we need is away for a while."""

    retry_after = 5


RAISED: dict[str, tuple[int, str, Exception]] = {
    "nobody we know": (401, "login", Unauthorized()),
    "not for this client": (403, "forbidden", Forbidden()),
    "not for us to read": (422, "processing", Refused(422, [Problem("/entry/0/resource/subject", "Two patients.")])),
    "too often": (429, "throttled", TooManyRequests(retry_after=3)),
    "a failure of ours": (500, "exception", ValueError(MARK)),
    "away for a while": (503, "throttled", Absent(MARK)),
    "a slow server": (504, "timeout", GatewayTimeout()),
}


@pytest.mark.parametrize("path", [VIEW, ADVISE])
@pytest.mark.parametrize(("status", "code", "error"), RAISED.values(), ids=RAISED)
def test_what_is_raised_becomes_an_outcome(pretend: Any, path: str, status: int, code: str, error: Exception) -> None:
    answer = create_app(pretend(raises=error)).test_client().post(path, json=MEDPLUM)
    issues = assert_outcome(answer, status)
    assert [issue["code"] for issue in issues] == [code]
    assert MARK not in answer.text
    assert ("Retry-After" in answer.headers) == (status in (429, 503))
    assert (issues == [{"severity": "error", "code": "login"}]) == (status == 401), (
        "whoever is not known is told nothing"
    )


def test_an_outcome_names_the_place_and_the_way_out(pretend_client: FlaskClient) -> None:
    feedback = changed(FEEDBACK, "/feedback/1/overrideReason/reason/code", "")
    (issue,) = assert_outcome(pretend_client.post(f"{VIEW}/feedback", json=feedback), 400)
    assert issue["expression"] == ["feedback[1].overrideReason.reason.code"]
    assert issue["details"]["text"]
    assert issue["diagnostics"]


@pytest.mark.parametrize(
    ("pointer", "expression"),
    [
        ("/context/patientId", "context.patientId"),
        ("/entry/3/resource", "entry[3].resource"),
        ("", None),
        ("/0/hook", None),
        ("/prefetch/hemoglobin-a1c", None),
        ("/prefetch/a b", None),
    ],
)
def test_a_place_that_no_expression_can_name_is_left_out(pointer: str, expression: str | None) -> None:
    assert expression_of(pointer) == expression


def test_many_mistakes_make_a_short_answer(pretend_client: FlaskClient) -> None:
    answer = pretend_client.post(f"{VIEW}/feedback", json={"feedback": [{}] * 200})
    assert len(assert_outcome(answer, 400)) < 150


def marked(data: Any) -> Iterator[Any]:
    """Yield copies of the data in each of which one value, or all, is a mark of the right or the wrong type."""
    for pointer, value in leaves(data, ""):
        for wrong in (MARK, f" {MARK} ", [MARK], {MARK: MARK}, f"{MARK}&x=1", f"{MARK}\n{MARK}"):
            yield changed(data, pointer, wrong if isinstance(value, str) else [wrong])


def leaves(data: Any, at: str) -> Iterator[tuple[str, Any]]:
    items = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    for name, value in items:
        yield f"{at}/{name}", value
        yield from leaves(value, f"{at}/{name}")


@pytest.mark.parametrize("data", CLIENTS.values(), ids=CLIENTS)
def test_no_error_repeats_what_a_call_held(pretend_client: FlaskClient, data: dict[str, Any]) -> None:
    path = next(f"/cds-services/{name}" for name, hook in HOOKS.items() if hook == data["hook"])
    statuses = set()
    for sent in marked(data):
        answer = pretend_client.post(path, json=sent)
        statuses.add(answer.status_code)
        assert MARK not in answer.text.lower()
    assert 400 in statuses
    assert max(statuses) < 500


def test_no_error_repeats_what_feedback_held(pretend_client: FlaskClient) -> None:
    for sent in marked(FEEDBACK):
        answer = pretend_client.post(f"{VIEW}/feedback", json=sent)
        assert answer.status_code in (200, 400)
        assert MARK not in answer.text.lower()


@pytest.mark.parametrize(
    "body", [f'{{"hook": "{MARK}"', f'{{"a": "{MARK}", "a": "{MARK}"}}', f'["{MARK}\\ud800"]', MARK]
)
@pytest.mark.parametrize("path", [VIEW, f"{VIEW}/feedback", ADVISE])
def test_no_refusal_of_broken_json_repeats_it(pretend_client: FlaskClient, path: str, body: str) -> None:
    answer = pretend_client.post(path, data=body, headers=JSON)
    assert_outcome(answer, 400)
    assert MARK not in answer.text


@pytest.mark.parametrize("path", [f"/cds-services/{MARK}", f"/cds-services/{MARK}/feedback", f"/fhir/R4/{MARK}"])
def test_no_error_repeats_the_address(pretend_client: FlaskClient, path: str) -> None:
    answer = pretend_client.post(path, json=MEDPLUM)
    assert_outcome(answer, 404)
    assert MARK not in answer.text


def test_no_log_line_knows_what_a_call_held(pretend: Any, capsys: pytest.CaptureFixture[str]) -> None:
    client = create_app(pretend()).test_client()
    text = json.dumps(MEDPLUM).replace("opaque", MARK).replace("Practitioner/7", MARK)
    assert client.post(VIEW, data=text, headers=JSON).status_code == 200
    create_app(pretend(raises=ValueError(MARK))).test_client().post(VIEW, data=text, headers=JSON)
    client.post(f"{VIEW}/feedback", json=changed(FEEDBACK, "/feedback/1/overrideReason/userComment", MARK))
    written = capsys.readouterr()
    assert "/cds-services/<service_id>" in written.err
    assert MARK not in written.out + written.err
