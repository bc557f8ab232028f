"""Where nobody is asked who they are, a page in a browser on this machine is still no caller of ours."""

from typing import Any

import pytest
from flask.testing import FlaskClient

from service.web.app import create_app
from service.web.ports import Guard
from service.web.settings import Settings
from tests.signing import NOW

LISTED = "https://ehr.general.example"
PUBLIC = "https://cds.example"
CALLS = [("GET", "/cds-services"), ("GET", "/v1/rules"), ("POST", "/v1/evaluate"), ("GET", "/v1/nothing")]
OURS = ["127.0.0.1:8080", "127.8.9.1", "localhost", "LocalHost:3000", "[::1]:8080", "cds.example", "cds.example:8443"]
THEIRS = [
    "evil.example", "evil.example:8080", "127.0.0.1.evil.example", "localhost.evil.example", "cds.example.evil",
    "127.0.0.1@evil.example", "10.0.0.1", "[::ffff:10.0.0.1]", "2130706433", "evil.example,localhost", "[", "",
]  # fmt: skip
STRANGERS = ["https://evil.example", "null", "https://127.0.0.1.evil.example", "file://", "", LISTED + ".evil.example"]


@pytest.fixture
def unguarded(pretend: Any) -> FlaskClient:
    guard = Guard(origins=frozenset({LISTED}))
    return create_app(pretend(), Settings(public_url=PUBLIC), lambda: NOW, guard).test_client()


def status(caller: FlaskClient, method: str, path: str, **headers: str) -> int:
    return caller.open(path, method=method, json={} if method == "POST" else None, headers=headers).status_code


@pytest.mark.parametrize(("method", "path"), CALLS)
@pytest.mark.parametrize("host", THEIRS)
def test_a_name_that_leads_to_this_machine_opens_nothing(
    unguarded: FlaskClient, method: str, path: str, host: str
) -> None:
    assert status(unguarded, method, path, Host=host) == 403


@pytest.mark.parametrize("host", OURS)
def test_the_names_of_this_machine_and_the_public_one_are_ours(unguarded: FlaskClient, host: str) -> None:
    for method, path in CALLS[:3]:
        assert status(unguarded, method, path, Host=host, Origin=f"http://{host}") == 200


@pytest.mark.parametrize("origin", STRANGERS)
def test_a_page_of_strangers_may_not_post(unguarded: FlaskClient, origin: str) -> None:
    assert status(unguarded, "POST", "/v1/evaluate", Origin=origin) == 403
    assert status(unguarded, "POST", "/cds-services/magnesium-patient-view", Origin=origin) == 403


def test_a_page_of_a_listed_origin_may_post(unguarded: FlaskClient) -> None:
    assert status(unguarded, "POST", "/cds-services/magnesium-patient-view", Origin=LISTED) == 400


def test_a_refusal_says_what_to_do_and_not_what_was_asked(unguarded: FlaskClient) -> None:
    answer = unguarded.get("/cds-services", headers={"Host": "zebedee.example"})
    (issue,) = answer.get_json()["issue"]
    assert issue["code"] == "forbidden"
    assert "MAGFLAG_PUBLIC_URL" in issue["diagnostics"]
    assert "zebedee" not in answer.text


def test_the_door_that_asks_takes_any_name_and_the_other_does_not(pretend: Any) -> None:
    guard = Guard(find=lambda *_: None)
    mixed = create_app(pretend(), Settings(auth=True), lambda: NOW, guard).test_client()
    assert status(mixed, "GET", "/v1/rules", Host="evil.example") == 401
    assert status(mixed, "GET", "/cds-services", Host="evil.example") == 403
