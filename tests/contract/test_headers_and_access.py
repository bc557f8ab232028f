"""Every answer carries the security headers; every route declares who may call it."""

import pytest
from flask import Flask
from flask.testing import FlaskClient

from service.web.access import ACCESS, BY_FIRST_PART, Who, guard_routes

CALLS = ["/", "/docs", "/openapi.json", "/rules", "/v1/rules", "/v1/pack", "/health/live", "/metrics", "/nothing"]


@pytest.mark.parametrize("path", CALLS)
def test_every_answer_carries_the_headers(client: FlaskClient, path: str) -> None:
    headers = client.get(path).headers
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["Cache-Control"] == "no-store"
    policy = headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'")
    assert "script-src" not in policy
    assert "unsafe" not in policy
    assert headers["Server"] == "magflag"


def test_an_evaluation_is_not_kept_by_anybody_in_between(client: FlaskClient) -> None:
    assert client.post("/v1/evaluate", json={}).headers["Cache-Control"] == "no-store"


def test_every_route_declares_who_may_call_it(app: Flask) -> None:
    assert {rule.endpoint for rule in app.url_map.iter_rules()} == set(ACCESS)


def test_whatever_could_be_about_a_patient_asks_who_is_calling(app: Flask) -> None:
    open_to_all = {"", "docs", "health", "metrics", "openapi.json", "rules", "schemas"}
    open_to_all |= {"launch", "logged-out", "login", "logout", "assets"}
    for rule in app.url_map.iter_rules():
        part = rule.rule.split("/")[1]
        assert ACCESS[rule.endpoint].who is (Who.ANYONE if part in open_to_all else BY_FIRST_PART[part]), rule.rule


def test_every_call_of_a_client_is_open_to_some_role(app: Flask) -> None:
    assert all(access.roles for access in ACCESS.values() if access.who is Who.CLIENT)


def test_an_application_with_an_undeclared_route_does_not_start() -> None:
    app = Flask("undeclared", static_folder=None)
    app.add_url_rule("/back-door", "back_door", lambda: "open")
    with pytest.raises(RuntimeError, match="back_door"):
        guard_routes(app)
