"""Logging in by a provider of OpenID Connect: the whole way on real HTTP, and every lie that must not work."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from schemas.person import PersonRule
from service.wiring.openid import OpenIdLogin, Provider
from tests.contract.oidc_server import OidcServer, query
from tests.contract.people_app import BASE, PAGE, Clock, browser, cookies_of, people_app
from tests.signing import KID, SECONDS, ec_key, jwk, rsa_key

RULES = (
    PersonRule("groups", "magflag-clinician", "clinician", "general", in_list=True),
    PersonRule("realm_access.roles", "author", "author", "general", in_list=True),
)
START, BACK = f"/login/start?next={PAGE}", "/login/callback"
SESSION, FLOW = "__Host-magflag", "__Host-magflag-login"


@pytest.fixture
def provider() -> Iterator[OidcServer]:
    with OidcServer() as server:
        yield server


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def caller(tmp_path: Path, pretend: Any, provider: OidcServer, clock: Clock) -> Iterator[FlaskClient]:
    login = OpenIdLogin(Provider(provider.issuer, provider.client_id, RULES, provider.secret))
    with people_app(tmp_path, pretend(), clock=clock, openid=login) as app:
        yield browser(app)


def log_in(caller: FlaskClient, provider: OidcServer, **changed: str) -> TestResponse:
    """Go to the provider and back, with what it answers changed on the way."""
    there = caller.get(START)
    assert there.status_code == 303, there.text
    return caller.get(BACK + query(provider.approve(there.location) | changed))


def test_somebody_logs_in_and_sees_the_page_they_wanted(caller: FlaskClient, provider: OidcServer) -> None:
    assert START.partition("?")[0] in caller.get(f"/login?next={PAGE}").text
    answer = log_in(caller, provider)
    assert (answer.status_code, answer.location) == (303, PAGE)
    told = caller.get(PAGE).get_json()
    assert (told["name"], told["role"], told["tenant"]) == ("Ada Byron (u-1)", "clinician", "general")


def test_the_provider_is_asked_as_it_should_be(caller: FlaskClient) -> None:
    address = caller.get(START).location
    asked = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
    assert asked["scope"] == "openid profile"
    assert asked["redirect_uri"] == f"{BASE}{BACK}"
    assert len({asked["state"], asked["nonce"], asked["code_challenge"]}) == 3
    assert all(len(asked[name]) == 43 for name in ("state", "nonce", "code_challenge"))


def test_the_verifier_is_told_to_the_provider_only(caller: FlaskClient, provider: OidcServer) -> None:
    there = caller.get(START)
    caller.get(BACK + query(provider.approve(there.location)))
    form, headers = provider.redeemed[0]
    assert len(form["code_verifier"]) == 43
    assert form["code_verifier"] not in there.location + str(there.headers)
    assert "client_secret" not in form
    assert headers["authorization"].startswith("Basic ")


def test_the_cookie_of_a_login_on_its_way_is_short_lived_and_ends_with_the_answer(
    caller: FlaskClient, provider: OidcServer
) -> None:
    there = caller.get(START)
    parts = {part.strip() for part in cookies_of(there)[FLOW].split(";")}
    assert {"Secure", "HttpOnly", "Path=/", "SameSite=Lax", "Max-Age=600"} <= parts
    back = caller.get(BACK + query(provider.approve(there.location)))
    assert "Max-Age=0" in cookies_of(back)[FLOW]


@pytest.mark.parametrize(
    "lie",
    [
        {"nonce": "another"},
        {"nonce": None},
        {"aud": "another"},
        {"aud": ["another"]},
        {"aud": ["magflag-here", "another"]},
        {"aud": ["magflag-here", "another"], "azp": "another"},
        {"azp": "another"},
        {"aud": None},
        {"iss": "https://evil.example"},
        {"iss": None},
        {"sub": None},
        {"exp": SECONDS - 60},
        {"exp": None},
        {"exp": "later"},
        {"iat": SECONDS + 61},
        {"iat": None},
        {"nbf": SECONDS + 61},
        {"alg": "none"},
        {"alg": "HS256"},
        {"alg": "RS512"},
        {"alg": "PS384"},
        {"key": ec_key()},
        {"key": rsa_key(3072)},
        {"key": ec_key(), "alg": "ES384"},
    ],
    ids=str,
)
def test_an_id_token_that_is_not_wholly_right_logs_nobody_in(
    caller: FlaskClient, provider: OidcServer, lie: dict[str, Any]
) -> None:
    if isinstance(lie.get("key"), type(ec_key())):
        lie = {"alg": "ES384", **lie}
    provider.lie(**lie)
    answer = log_in(caller, provider)
    assert answer.status_code == 403
    assert "The login did not work" in answer.text
    assert caller.get(PAGE).status_code == 303


@pytest.mark.parametrize(
    "truth",
    [
        {"alg": "RS256"},
        {"alg": "RS384"},
        {"alg": "PS256"},
        {"exp": SECONDS - 59},
        {"iat": SECONDS + 60},
        {"aud": ["magflag-here"]},
        {"aud": ["magflag-here", "another"], "azp": "magflag-here"},
    ],
    ids=str,
)
def test_one_that_is_right_in_another_way_does(
    caller: FlaskClient, provider: OidcServer, truth: dict[str, Any]
) -> None:
    provider.lie(**truth)
    assert log_in(caller, provider).status_code == 303
    assert caller.get(PAGE).status_code == 200


@pytest.mark.parametrize(
    ("header", "keys", "is_let_in"),
    [
        ({"kid": KID}, [jwk(rsa_key()), jwk(rsa_key(3072), kid="next")], True),
        ({}, [jwk(rsa_key()), jwk(ec_key())], True),
        ({}, [jwk(rsa_key()), jwk(rsa_key(3072), kid="next")], False),
        ({"kid": "next"}, [jwk(rsa_key())], False),
        ({"kid": KID}, [jwk(rsa_key()), jwk(rsa_key(3072))], False),
        ({"kid": KID}, [jwk(rsa_key(), use="enc")], False),
        ({"kid": KID}, [jwk(rsa_key(), alg="PS256")], False),
        ({"kid": KID}, [], False),
        ({"kid": KID, "crit": ["exp"], "exp": 1}, [jwk(rsa_key())], False),
    ],
    ids=str,
)
def test_the_key_must_be_the_one_the_token_names(
    caller: FlaskClient, provider: OidcServer, header: dict[str, Any], keys: list[dict[str, Any]], is_let_in: bool
) -> None:
    provider.header, provider.keys = header, keys
    assert (log_in(caller, provider).status_code == 303) == is_let_in


@pytest.mark.parametrize(
    "changed",
    [{"state": "another"}, {"state": ""}, {"code": ""}, {"iss": "https://evil.example"}, {"state": "é"}],
    ids=str,
)
def test_an_answer_to_another_question_logs_nobody_in(
    caller: FlaskClient, provider: OidcServer, changed: dict[str, str]
) -> None:
    assert log_in(caller, provider, **changed).status_code == 403
    assert caller.get(PAGE).status_code == 303
    assert provider.redeemed == []


def test_a_refusal_of_the_provider_is_a_plain_page(caller: FlaskClient) -> None:
    caller.get(START)
    answer = caller.get(f"{BACK}?error=access_denied&error_description=Zebedee&state=x")
    assert answer.status_code == 403
    assert "Zebedee" not in answer.text


def test_an_answer_counts_once_and_in_the_browser_that_asked(caller: FlaskClient, provider: OidcServer) -> None:
    there = caller.get(START)
    back = BACK + query(provider.approve(there.location))
    assert browser(caller.application).get(back).status_code == 403
    assert caller.get(back).status_code == 303
    assert caller.get(back).status_code == 403


def test_a_code_that_was_redeemed_already_logs_nobody_in(caller: FlaskClient, provider: OidcServer) -> None:
    there = caller.get(START)
    answer = provider.approve(there.location)
    cookie = caller.get_cookie(FLOW, domain="magflag.example")
    assert cookie
    assert caller.get(BACK + query(answer)).status_code == 303
    thief = browser(caller.application)
    thief.set_cookie(FLOW, cookie.value, domain="magflag.example", secure=True)
    assert thief.get(BACK + query(answer)).status_code == 503
    assert thief.get(PAGE).status_code == 303


def test_a_login_that_takes_too_long_has_to_start_again(
    caller: FlaskClient, provider: OidcServer, clock: Clock
) -> None:
    there = caller.get(START)
    clock.forward(minutes=10, seconds=1)
    assert caller.get(BACK + query(provider.approve(there.location))).status_code == 403


@pytest.mark.parametrize("written", ["", "x", "A" * 43, "A" * 43 + ".e30", "A" * 43 + ".bnVsbA", "A" * 43 + ".é"])
def test_a_cookie_that_nobody_gave_out_is_no_login_on_its_way(caller: FlaskClient, written: str) -> None:
    caller.set_cookie(FLOW, written, domain="magflag.example", secure=True)
    assert caller.get(f"{BACK}?code=x&state=y").status_code == 403


@pytest.mark.parametrize("groups", [["others"], [], None, "magflag-clinician", {"magflag-clinician": 1}])
def test_whoever_no_rule_is_about_is_told_so(caller: FlaskClient, provider: OidcServer, groups: Any) -> None:
    provider.lie(groups=groups)
    answer = log_in(caller, provider)
    assert answer.status_code == 403
    assert "You are known, but not listed here" in answer.text
    assert caller.get(PAGE).status_code == 303


def test_a_claim_may_be_nested(caller: FlaskClient, provider: OidcServer) -> None:
    provider.lie(groups=None, realm_access={"roles": ["author"]})
    assert log_in(caller, provider).status_code == 303
    assert "You may not open this page" in caller.get(PAGE).text


def test_a_login_begins_a_new_session_each_time(caller: FlaskClient, provider: OidcServer) -> None:
    first, second = (cookies_of(log_in(caller, provider))[SESSION] for _ in range(2))
    assert first != second
    caller.set_cookie(SESSION, first.partition("=")[2].partition(";")[0], domain="magflag.example", secure=True)
    assert caller.get(PAGE).status_code == 303


def test_a_provider_that_is_down_is_said_plainly_and_not_asked_for_ever(
    caller: FlaskClient, provider: OidcServer, clock: Clock
) -> None:
    provider.is_down = True
    for _ in range(5):
        answer = caller.get(START)
        assert answer.status_code == 503
        assert "cannot be reached" in answer.text
    assert len(provider.asked) == 1
    provider.is_down = False
    clock.forward(seconds=10)
    assert log_in(caller, provider).status_code == 303


@pytest.mark.parametrize(
    "told",
    [
        {"issuer": "https://evil.example"},
        {"token_endpoint": "https://evil.example/token"},
        {"token_endpoint": None},
        {"jwks_uri": "http://169.254.169.254/keys"},
        {"authorization_endpoint": "https://evil.example/authorize"},
        {"authorization_endpoint": "javascript:alert(1)"},
        {"code_challenge_methods_supported": ["plain"]},
    ],
    ids=str,
)
def test_a_document_that_leads_elsewhere_is_not_followed(
    caller: FlaskClient, provider: OidcServer, told: dict[str, Any]
) -> None:
    provider.told = told
    assert caller.get(START).status_code == 503


def test_a_provider_that_names_itself_must_do_so_in_each_answer(caller: FlaskClient, provider: OidcServer) -> None:
    provider.told = {"authorization_response_iss_parameter_supported": True}
    assert log_in(caller, provider).status_code == 403
    assert log_in(caller, provider, iss=provider.issuer).status_code == 303


def test_no_token_is_kept_or_logged(
    tmp_path: Path, pretend: Any, provider: OidcServer, capsys: pytest.CaptureFixture[str]
) -> None:
    login = OpenIdLogin(Provider(provider.issuer, provider.client_id, RULES, provider.secret))
    with people_app(tmp_path, pretend(), openid=login) as app:
        caller = browser(app)
        assert log_in(caller, provider).status_code == 303
        provider.lie(nonce="another")
        log_in(caller, provider)
    said = capsys.readouterr().err
    assert '"reason": "claims"' in said
    form = provider.redeemed[0][0]
    kept = b"".join(file.read_bytes() for file in tmp_path.iterdir())
    for secret in ("canary-token", form["code"], form["code_verifier"], provider.secret or "", "Ada Byron"):
        assert secret not in said
    assert b"canary-token" not in kept
