"""Who may call: EHRs by the tokens they sign, everybody else by a token of ours, pages by their origin."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from service.trust.tokens import Verifier
from service.web.access import ACCESS, EVERY_ROLE, Role, Who
from service.web.app import create_app
from service.web.ports import Guard
from service.web.settings import Settings
from tests.signing import NOW, Memory, claims, client, ec_key, header

PAGE = "https://ehr.general.example"
VIEW = "/cds-services/magnesium-patient-view"
SIGN = "/cds-services/magnesium-order-sign"
PREFLIGHT = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization,content-type"}
CALLS = [
    ("GET", "/cds-services"),
    ("HEAD", "/cds-services"),
    ("POST", VIEW),
    ("POST", VIEW + "/feedback"),
    ("GET", VIEW),
    ("POST", "/cds-services/no-such-service"),
    ("DELETE", "/cds-services"),
    ("GET", "/cds-services/"),
]
ASKED = (401, 403)


@dataclass(frozen=True)
class Holder:
    role: str
    tenant: str = "general"
    name: str = "holder"


def nothing(jku: str, listed: Sequence[str]) -> list[dict[str, Any]]:
    pytest.fail(f"nothing may be fetched, least of all {jku}")


def find(token: str, now: datetime) -> Holder | None:
    return Holder(token.removeprefix("mf_")) if token.startswith("mf_") else None


def make_guarded(pretend: Any) -> FlaskClient:
    """Return a caller of an application that asks everybody; in a test of the log, what it writes is caught."""
    ehr = client(services=frozenset({"magnesium-patient-view"}), origins=(PAGE,))
    guard = Guard(Verifier([ehr], Memory(), nothing).verify, find, frozenset(ehr.origins))
    return create_app(pretend(), Settings(auth=True, cds_auth=True), lambda: NOW, guard).test_client()


@pytest.fixture
def guarded(pretend: Any) -> FlaskClient:
    return make_guarded(pretend)


@pytest.fixture
def unguarded(pretend: Any) -> FlaskClient:
    return create_app(pretend(), clock=lambda: NOW).test_client()


def call(caller: FlaskClient, method: str, path: str, token: str | None = None, **headers: str) -> TestResponse:
    given = headers | ({"Authorization": token} if token else {})
    return caller.open(path, method=method, json={} if method == "POST" else None, headers=given)


@pytest.mark.parametrize(("method", "path"), CALLS)
@pytest.mark.parametrize("token", [None, "Bearer x", "Bearer mf_admin", header(ec_key("theirs"))])
def test_an_ehr_that_nobody_knows_learns_nothing(guarded: FlaskClient, method: str, path: str, token: str) -> None:
    answer = call(guarded, method, path, token)
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == "Bearer"
    if method != "HEAD":
        assert answer.get_json() == {
            "resourceType": "OperationOutcome",
            "issue": [{"severity": "error", "code": "login"}],
        }


def test_whatever_was_wrong_the_answer_is_the_same(guarded: FlaskClient) -> None:
    wrong = [claims(exp=1), claims(aud="https://evil.example"), claims(iss="https://evil.example"), claims(jti=None)]
    answers = [call(guarded, "POST", VIEW, token) for token in [None, *(header(payload=each) for each in wrong)]]
    assert len({(each.status_code, each.data, str(sorted(each.headers))) for each in answers}) == 1


@pytest.mark.parametrize(("method", "path"), [("GET", "/cds-services"), ("POST", VIEW), ("POST", VIEW + "/feedback")])
def test_an_ehr_that_signs_its_call_is_let_in_once(guarded: FlaskClient, method: str, path: str) -> None:
    assert call(guarded, method, path, header()).status_code not in ASKED
    assert call(guarded, method, path, header()).status_code == 401


@pytest.mark.parametrize("path", [SIGN, SIGN + "/feedback", "/cds-services/no-such-service"])
def test_a_service_that_the_client_may_not_use_is_forbidden(guarded: FlaskClient, path: str) -> None:
    answer = call(guarded, "POST", path, header())
    assert answer.status_code == 403
    assert answer.get_json()["issue"][0]["code"] == "forbidden"


def test_the_log_says_why_and_never_the_token(pretend: Any, capsys: pytest.CaptureFixture[str]) -> None:
    guarded = make_guarded(pretend)
    sent = [header(ec_key("theirs")), header(payload=claims(iss="https://evil.example")), header(), header()]
    for token in sent:
        call(guarded, "GET", "/cds-services", token)
    call(guarded, "POST", SIGN, header(payload=claims(jti="4712")))
    call(guarded, "POST", "/v1/evaluate", "Bearer secret")
    said = capsys.readouterr().err
    lines = [json.loads(line) for line in said.splitlines()]
    assert [(each.get("client"), each["reason"]) for each in lines if each["event"] != "request"] == [
        ("general-hospital", "signature"),
        (None, "issuer"),
        ("general-hospital", "replayed"),
        ("general-hospital", "service"),
        (None, "token"),
    ]
    assert not [piece for token in [*sent, "Bearer secret"] for piece in token[7:].split(".") if piece in said]
    assert "evil" not in said


def paths(app: Flask) -> list[tuple[str, str, frozenset[Role]]]:
    """Return one call of every route that is for holders of a token of ours."""
    return [
        (min((rule.methods or set()) - {"HEAD", "OPTIONS"}), rule.rule, ACCESS[rule.endpoint].roles)
        for rule in app.url_map.iter_rules()
        if ACCESS[rule.endpoint].who is Who.CLIENT
    ]


def test_every_route_for_clients_wants_a_token_in_a_role(app: Flask, guarded: FlaskClient) -> None:
    assert len(paths(app)) > 5
    for method, path, roles in paths(app):
        for token in (None, "Basic mf_admin", "Bearer", "Bearer x", "Bearer mf_a mf_b", header()):
            answer = call(guarded, method, path, token)
            assert (answer.status_code, answer.headers["WWW-Authenticate"]) == (401, "Bearer"), path
        for role in EVERY_ROLE:
            assert (call(guarded, method, path, f"Bearer mf_{role}").status_code == 403) == (role not in roles), path
        assert call(guarded, method, path, "Bearer mf_nobody").status_code == 403


def test_a_refusal_under_v1_has_the_one_shape(guarded: FlaskClient) -> None:
    answer = call(guarded, "POST", "/v1/evaluate")
    assert answer.content_type == "application/problem+json"
    assert answer.get_json()["status"] == 401
    assert call(guarded, "POST", "/v1/evaluate", "bearer mf_clinician").status_code == 200


def test_what_is_not_about_a_patient_is_open_to_anyone(app: Flask, guarded: FlaskClient) -> None:
    for rule in app.url_map.iter_rules():
        if ACCESS[rule.endpoint].who is Who.ANYONE:
            assert call(guarded, "GET", rule.rule).status_code not in ASKED


@pytest.mark.parametrize("path", ["/v1/nothing", "/v1", "/fhir/R4/Patient/1", "/cds-services/a/b/c"])
def test_a_stranger_does_not_learn_which_addresses_there_are(guarded: FlaskClient, path: str) -> None:
    assert call(guarded, "GET", path).status_code == 401
    assert call(guarded, "GET", "/nothing").status_code == 404


def test_nobody_is_asked_on_this_machine_in_development(unguarded: FlaskClient) -> None:
    for method, path in [*CALLS, ("POST", "/v1/evaluate"), ("GET", "/v1/rules")]:
        assert call(unguarded, method, path).status_code not in ASKED
    assert call(unguarded, "POST", "/v1/evaluate", "Bearer of nothing").status_code == 200


@pytest.mark.parametrize("settings", [Settings(auth=True), Settings(cds_auth=True)])
def test_an_application_that_must_ask_and_cannot_does_not_start(pretend: Any, settings: Settings) -> None:
    with pytest.raises(ValueError, match="nothing is there to ask"):
        create_app(pretend(), settings)


@pytest.mark.parametrize("path", ["/cds-services", VIEW, VIEW + "/feedback", SIGN])
def test_a_listed_page_may_call_and_needs_no_token_to_ask(guarded: FlaskClient, path: str) -> None:
    answer = call(guarded, "OPTIONS", path, Origin=PAGE, **PREFLIGHT)
    assert answer.status_code == 204
    assert answer.headers["Access-Control-Allow-Origin"] == PAGE
    assert answer.headers["Access-Control-Allow-Methods"] == "GET, POST, OPTIONS"
    assert answer.headers["Access-Control-Allow-Headers"] == "authorization, content-type, accept"
    assert answer.headers["Vary"] == "Origin"
    assert "Access-Control-Allow-Credentials" not in answer.headers


@pytest.mark.parametrize("method", ["GET", "OPTIONS"])
@pytest.mark.parametrize("origin", ["https://evil.example", "null", PAGE + ".evil.example", PAGE + "/", "*"])
def test_any_other_page_may_not(guarded: FlaskClient, method: str, origin: str) -> None:
    answer = call(guarded, method, "/cds-services", header(), Origin=origin, **PREFLIGHT)
    assert answer.headers["Vary"] == "Origin"
    assert not [name for name, _ in answer.headers if name.startswith("Access-Control")]


@pytest.mark.parametrize("token", [header(), None])
def test_a_listed_page_may_read_the_answer_and_the_refusal(guarded: FlaskClient, token: str | None) -> None:
    answer = call(guarded, "GET", "/cds-services", token, Origin=PAGE)
    assert (answer.headers["Access-Control-Allow-Origin"], answer.headers["Vary"]) == (PAGE, "Origin")


def test_no_page_may_read_anything_else(guarded: FlaskClient, unguarded: FlaskClient) -> None:
    for caller, path in ((guarded, "/v1/rules"), (guarded, "/metrics"), (unguarded, "/cds-services")):
        for method in ("GET", "OPTIONS"):
            answer = call(caller, method, path, "Bearer mf_admin", Origin=PAGE, **PREFLIGHT)
            assert "Access-Control-Allow-Origin" not in answer.headers
