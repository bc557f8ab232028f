"""People at the pages: sessions and their cookies, forms that must be ours, and where a login leads."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from schemas.person import BY_NAME, BY_OPENID, Login
from schemas.review import Actor
from service.store.database import open_database
from service.store.sessions import IDLE, LONGEST, Sessions
from service.web.access import Role
from tests.contract.people_app import BASE, DECIDE, LOCAL, PAGE, Clock, browser, cookies_of, people_app, token_in
from tests.signing import NOW

ADA = Login(Actor("Ada Byron (ada)", "clinician", "general"), BY_OPENID)
COOKIE = "__Host-magflag"
ELSEWHERE = [
    "https://evil.example", "//evil.example", "/\\evil.example", "/\t/evil.example", "/review/probe\r\nX: y",
    "javascript:alert(1)", "/login", "/logout", "/nothing", "review", "", "/review/probe" + "x" * 2000,
    "///evil.example", "/style.css", "/review/probe/decide", "/v1/rules",
]  # fmt: skip


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def asking(tmp_path: Path, pretend: Any, clock: Clock) -> Iterator[Flask]:
    with people_app(tmp_path, pretend(), clock=clock) as app:
        yield app


@pytest.fixture
def local(tmp_path: Path, pretend: Any, clock: Clock) -> Iterator[FlaskClient]:
    with people_app(tmp_path, pretend(), clock=clock, base=LOCAL, is_asked=False) as app:
        yield browser(app, LOCAL)


def logged_in(app: Flask, tmp_path: Path, login: Login = ADA, name: str = COOKIE) -> FlaskClient:
    """Return a browser with a session of somebody."""
    engine = open_database(f"sqlite:///{tmp_path}/people.db")
    known = Sessions(engine).open(login, NOW)
    engine.dispose()
    caller = browser(app)
    caller.set_cookie(name, known, domain="magflag.example", secure=True)
    return caller


def test_whoever_is_not_logged_in_is_sent_to_the_login_and_back(asking: Flask) -> None:
    answer = browser(asking).get(f"{PAGE}?page=2")
    assert (answer.status_code, answer.location) == (303, "/login?next=%2Freview%2Fprobe%3Fpage%3D2")
    assert browser(asking).get("/review/no/such/page/at/all").location == "/login?next=%2Freview"


def test_a_form_of_an_ended_session_leads_back_to_the_page_it_was_on(asking: Flask) -> None:
    answer = browser(asking).post(DECIDE, headers={"Referer": f"{BASE}{PAGE}?page=2"})
    assert answer.location == "/login?next=%2Freview%2Fprobe%3Fpage%3D2"
    assert browser(asking).post(DECIDE).location == "/login?next=%2Freview"


def test_a_session_says_who_it_is(asking: Flask, tmp_path: Path) -> None:
    told = logged_in(asking, tmp_path).get(PAGE).get_json()
    assert (told["name"], told["role"], told["tenant"]) == ("Ada Byron (ada)", "clinician", "general")


def test_a_session_opens_no_call_of_a_program_and_a_token_no_page(asking: Flask, tmp_path: Path) -> None:
    assert logged_in(asking, tmp_path).get("/v1/rules").status_code == 401
    assert browser(asking).get(PAGE, headers={"Authorization": "Bearer mf_clinician"}).status_code == 303


@pytest.mark.parametrize("role", sorted(set(Role) - {Role.CLINICIAN}))
def test_a_page_is_for_its_roles(asking: Flask, tmp_path: Path, role: str) -> None:
    answer = logged_in(asking, tmp_path, Login(Actor("Eve", role, "general"), BY_OPENID)).get(PAGE)
    assert answer.status_code == 403
    assert "You may not open this page" in answer.text


def test_an_idle_session_ends_and_one_in_use_does_not(asking: Flask, tmp_path: Path, clock: Clock) -> None:
    caller = logged_in(asking, tmp_path)
    for _ in range(3):
        clock.now += IDLE - timedelta(seconds=1)
        assert caller.get(PAGE).status_code == 200
    clock.now += IDLE
    assert caller.get(PAGE).status_code == 303


def test_every_session_ends_after_half_a_day(asking: Flask, tmp_path: Path, clock: Clock) -> None:
    caller = logged_in(asking, tmp_path)
    while clock.now < NOW + LONGEST - IDLE:
        clock.forward(minutes=29)
        assert caller.get(PAGE).status_code == 200
    clock.now = NOW + LONGEST
    assert caller.get(PAGE).status_code == 303


@pytest.mark.parametrize("written", ["", "x", "A" * 43, "A" * 42 + "=", "é" * 43, "A" * 4000])
def test_an_id_that_nobody_gave_out_opens_nothing(asking: Flask, written: str) -> None:
    caller = browser(asking)
    caller.set_cookie(COOKIE, written, domain="magflag.example", secure=True)
    assert caller.get(PAGE).status_code == 303


@pytest.mark.parametrize("wanted", ELSEWHERE)
def test_a_login_leads_only_to_pages_of_ours(local: FlaskClient, wanted: str) -> None:
    field = token_in(local.get("/login", query_string={"next": wanted}))
    form = {"csrf_token": field, "name": "Ada", "next": wanted}
    answer = local.post("/login", data=form, headers={"Origin": LOCAL})
    assert (answer.status_code, answer.location) == (303, "/review")


def test_on_this_machine_nobody_is_asked_and_that_is_said(local: FlaskClient) -> None:
    told = local.get(PAGE).get_json()
    assert (told["name"], told["role"], told["tenant"]) == ("local user", "clinician", "local")
    assert "Nobody is asked who they are" in local.get("/login").text


def test_a_typed_name_stands_in_the_history_and_begins_a_new_session(local: FlaskClient) -> None:
    before = cookies_of(page := local.get("/login"))["magflag"]
    form = {"csrf_token": token_in(page), "name": " Ada \u202e\n Byron " + "x" * 200, "next": PAGE}
    answer = local.post("/login", data=form, headers={"Origin": LOCAL})
    assert (answer.status_code, answer.location) == (303, PAGE)
    assert cookies_of(answer)["magflag"] != before
    name = local.get(PAGE).get_json()["name"]
    assert name.startswith("Ada Byron x")
    assert len(name) == 80


def test_the_cookie_is_for_this_host_https_and_no_script(asking: Flask, tmp_path: Path) -> None:
    caller = logged_in(asking, tmp_path)
    token = token_in(caller.get(PAGE))
    ended = cookies_of(caller.post("/logout", data={"csrf_token": token}, headers={"Origin": BASE}))[COOKIE]
    parts = {part.strip() for part in ended.split(";")}
    assert {"Secure", "HttpOnly", "Path=/", "SameSite=Lax", "Max-Age=0"} <= parts
    assert "Domain" not in ended


def test_on_plain_http_on_this_machine_the_cookie_has_another_name(local: FlaskClient) -> None:
    written = cookies_of(local.get("/login"))["magflag"]
    assert {"HttpOnly", "Path=/", "SameSite=Lax"} <= {part.strip() for part in written.split(";")}
    assert "Secure" not in written


def test_logging_out_ends_the_session_at_the_server_too(asking: Flask, tmp_path: Path) -> None:
    caller = logged_in(asking, tmp_path)
    cookie = caller.get_cookie(COOKIE, domain="magflag.example")
    assert cookie
    token = token_in(caller.get(PAGE))
    assert caller.post("/logout", data={"csrf_token": token}, headers={"Origin": BASE}).location == "/logged-out"
    assert "You are logged out" in caller.get("/logged-out").text
    caller.set_cookie(COOKIE, cookie.value, domain="magflag.example", secure=True)
    assert caller.get(PAGE).status_code == 303


def test_a_login_does_not_take_over_an_id_that_was_planted(local: FlaskClient) -> None:
    planted = "P" * 43
    local.set_cookie("magflag", planted, domain="127.0.0.1")
    form = {"csrf_token": token_in(local.get("/login")), "name": "Ada"}
    local.post("/login", data=form, headers={"Origin": LOCAL})
    local.set_cookie("magflag", planted, domain="127.0.0.1")
    assert local.get(PAGE).get_json()["name"] == "local user"


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": BASE + ".evil.example"},
        {"Origin": BASE.replace("https", "http")},
        {"Origin": BASE + ":8443"},
        {"Referer": "https://evil.example/" + BASE},
        {"Referer": "https://["},
        {},
    ],
)
def test_a_form_from_elsewhere_changes_nothing(asking: Flask, tmp_path: Path, headers: dict[str, str]) -> None:
    caller = logged_in(asking, tmp_path)
    token = token_in(caller.get(PAGE))
    for path in (DECIDE, "/logout"):
        answer = caller.post(path, data={"csrf_token": token}, headers=headers)
        assert answer.status_code == 403
        assert "was not sent from our own page" in answer.text
    assert caller.get(PAGE).status_code == 200


@pytest.mark.parametrize("token", ["", "0" * 64, "é", None])
def test_a_form_without_the_token_of_its_session_changes_nothing(
    asking: Flask, tmp_path: Path, token: str | None
) -> None:
    caller = logged_in(asking, tmp_path)
    form = {} if token is None else {"csrf_token": token}
    assert caller.post(DECIDE, data=form, headers={"Origin": BASE}).status_code == 403


def test_the_token_of_another_session_is_no_good(asking: Flask, tmp_path: Path) -> None:
    caller, other = logged_in(asking, tmp_path), logged_in(asking, tmp_path)
    token = token_in(other.get(PAGE))
    assert caller.post(DECIDE, data={"csrf_token": token}, headers={"Origin": BASE}).status_code == 403
    assert other.post(DECIDE, data={"csrf_token": token}, headers={"Origin": BASE}).status_code == 200


def test_a_referrer_serves_where_a_browser_sends_no_origin(asking: Flask, tmp_path: Path) -> None:
    caller = logged_in(asking, tmp_path)
    form = {"csrf_token": token_in(caller.get(PAGE))}
    assert caller.post(DECIDE, data=form, headers={"Referer": f"{BASE}{PAGE}"}).status_code == 200


def test_a_form_is_limited(asking: Flask, tmp_path: Path) -> None:
    caller = logged_in(asking, tmp_path)
    form = {"csrf_token": token_in(caller.get(PAGE)), "more": "x" * 11_000_000}
    assert caller.post(DECIDE, data=form, headers={"Origin": BASE}).status_code == 413


def test_another_page_cannot_log_somebody_in(local: FlaskClient) -> None:
    token = token_in(local.get("/login"))
    for headers, form in (({"Origin": "https://evil.example"}, token), ({"Origin": LOCAL}, "0" * 64)):
        assert local.post("/login", data={"csrf_token": form, "name": "Eve"}, headers=headers).status_code == 403
    assert local.get(PAGE).get_json()["name"] == "local user"


def test_a_name_that_was_made_to_lead_here_is_answered_nothing(local: FlaskClient) -> None:
    for method, path in (("GET", PAGE), ("GET", "/login"), ("POST", "/login"), ("POST", "/logout")):
        answer = local.open(
            path, method=method, headers={"Host": "evil.example:8080", "Origin": "http://evil.example:8080"}
        )
        assert answer.status_code == 403
    assert local.get(PAGE, headers={"Host": "localhost:8080"}).status_code == 200


def test_a_name_cannot_be_typed_where_people_are_asked(asking: Flask) -> None:
    assert browser(asking).post("/login", data={"name": "Ada"}).status_code == 404
    assert "No way to log in is set up here" in browser(asking).get("/login").text


def test_forms_of_pages_lead_to_us_and_say_where_they_come_from(asking: Flask, tmp_path: Path) -> None:
    headers = logged_in(asking, tmp_path).get(PAGE).headers
    assert "form-action 'self'" in headers["Content-Security-Policy"]
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["Cache-Control"] == "no-store"


def test_a_typed_name_is_no_way_in_where_people_are_asked(asking: Flask, tmp_path: Path) -> None:
    """A session is what the store says, whatever name stands in it."""
    caller = logged_in(asking, tmp_path, Login(Actor("local user", "clinician", "local"), BY_NAME), name="magflag")
    assert caller.get(PAGE).status_code == 303
