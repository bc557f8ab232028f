"""Signed calls of the running service, which two processes answer: who is let in, once, and who is told nothing."""

import hmac
import json
from typing import Any

import pytest
import requests
from cryptography.hazmat.primitives import serialization

from tests.conformance.charts import example, to_be_fetched
from tests.conformance.running import SECONDS_UNTIL_HUNG, Running, eventually
from tests.conformance.signers import GENERAL, SANDBOX
from tests.contract.fhir_server import FhirServer
from tests.signing import ec_key, header, part

VIEW = "/cds-services/magnesium-patient-view"
SIGN = "/cds-services/magnesium-order-sign"
AT_ONCE = 12
CALL = example()


def let_in(guarded: Running, token: str | None) -> requests.Response:
    return guarded.post(VIEW, CALL, token)


def signed(claims: dict[str, Any], key: Any = None, **head: Any) -> str:
    return header(key or SANDBOX.key, claims, **({"kid": SANDBOX.kid} | head))


def by_hand(claims: dict[str, Any], alg: str, secret: bytes | None = None) -> str:
    """Return a token that no library would make: not signed, or with the public key as a secret."""
    message = f"{part({'typ': 'JWT', 'kid': SANDBOX.kid, 'alg': alg})}.{part(claims)}"
    signature = part(hmac.digest(secret, message.encode(), "sha384")) if secret else ""
    return f"Bearer {message}.{signature}"


def public_key() -> bytes:
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    return SANDBOX.key.public_key().public_bytes(serialization.Encoding.PEM, form)


def forgeries(audience: str, elsewhere: str) -> dict[str, str | None]:
    """Return headers that must not open anything, each wrong in one way."""
    good = SANDBOX.claims
    now = good(audience)["iat"]
    head, claims, signature = SANDBOX.token(audience).split(".")
    return {
        "no token": None,
        "not a token": "Bearer nothing",
        "another scheme": f"Basic {SANDBOX.token(audience)[7:]}",
        "no algorithm": by_hand(good(audience), alg="none"),
        "no signature": f"{head}.{claims}.",
        "HMAC with the public key": by_hand(good(audience), alg="HS384", secret=public_key()),
        "a stranger's key": signed(good(audience), ec_key("a stranger's")),
        "a key nobody has": signed(good(audience), kid="another"),
        "an altered claim": f"{head}.{part(good(audience))}.{signature}",
        "another issuer": signed(good(audience, iss="https://evil.example")),
        "another hospital's issuer": signed(good(audience, iss=GENERAL.issuer)),
        "another audience": signed(good("https://evil.example/cds-services")),
        "an audience above": signed(good(audience.removesuffix(VIEW))),
        "no audience": signed(good(audience, aud=None)),
        "expired": signed(good(audience, iat=now - 600, exp=now - 1)),
        "not yet": signed(good(audience, iat=now + 200, exp=now + 400)),
        "living too long": signed(good(audience, exp=now + 3600)),
        "without an end": signed(good(audience, exp=None)),
        "without a name of its own": signed(good(audience, jti=None)),
        "with claims to obey": signed(good(audience), crit=["exp"]),
        "no kind of JWT": signed(good(audience), typ="JWE"),
        "keys at an address of its own": signed(good(audience), ec_key("evil"), jku=elsewhere, kid="evil"),
    }


NAMES = list(forgeries(f"http://127.0.0.1{VIEW}", "http://127.0.0.1/keys"))


@pytest.mark.parametrize("name", NAMES)
def test_a_forgery_opens_nothing_and_learns_nothing(guarded: Running, stranger: FhirServer, name: str) -> None:
    stranger.send("keys", json.dumps(SANDBOX.key_set()).encode())
    token = forgeries(guarded.url(VIEW), f"{stranger.base}/keys")[name]
    answers = [guarded.get("/cds-services", token), let_in(guarded, token), guarded.post(f"{VIEW}/feedback", {}, token)]
    assert [answer.status_code for answer in answers] == [401] * 3
    assert {answer.text for answer in answers} == {let_in(guarded, None).text}
    assert {answer.headers["WWW-Authenticate"] for answer in answers} == {"Bearer"}
    assert stranger.asked == [], "an address in a token is never called"


def test_each_client_is_let_in_by_a_token_for_the_address_it_calls(guarded: Running) -> None:
    for audience in (guarded.url(VIEW), guarded.url("/cds-services"), guarded.url("/cds-services/")):
        assert let_in(guarded, SANDBOX.token(audience)).status_code == 200


def test_a_token_as_epic_writes_it_is_taken(guarded: Running) -> None:
    audience = guarded.url(VIEW)
    now = GENERAL.claims(audience)["iat"]
    token = GENERAL.token([audience], nbf=now - 300, sub="hook-client-id", exp=now + 900)
    assert let_in(guarded, token).status_code == 200
    longer = SANDBOX.token(audience, exp=now + 900)
    assert let_in(guarded, longer).status_code == 401, "only a client of whom the file says so may live that long"


def test_a_service_that_is_not_the_client_s_is_forbidden_and_not_listed(guarded: Running) -> None:
    base = guarded.url("/cds-services")
    call = example("order-sign")
    for path, sent in ((SIGN, call), (f"{SIGN}/feedback", {})):
        answer = guarded.post(path, sent, GENERAL.token(base))
        assert (answer.status_code, answer.json()["issue"][0]["code"]) == (403, "forbidden")
    listed = guarded.get("/cds-services", GENERAL.token(base)).json()["services"]
    assert [each["id"] for each in listed] == ["magnesium-patient-view"]


def test_a_token_counts_once_for_all_addresses(guarded: Running) -> None:
    token = SANDBOX.token(guarded.url("/cds-services"))
    assert guarded.get("/cds-services", token).status_code == 200
    assert let_in(guarded, token).status_code == 401


def test_of_many_calls_with_one_token_to_two_processes_one_is_answered(guarded: Running) -> None:
    def both_answered() -> bool:
        token, statuses = SANDBOX.token(guarded.url(VIEW)), []

        def call(session: requests.Session) -> None:
            sent = {"Authorization": token}
            answer = session.post(guarded.url(VIEW), json=CALL, headers=sent, timeout=SECONDS_UNTIL_HUNG)
            statuses.append(answer.status_code)

        processes = guarded.processes(call, AT_ONCE)
        assert sorted(statuses) == [200] + [401] * (AT_ONCE - 1)
        return processes == 2

    eventually(both_answered)


def test_a_client_without_fhir_servers_has_nobody_asked(guarded: Running, ehr: FhirServer) -> None:
    answer = let_in(guarded, SANDBOX.token(guarded.url(VIEW)))
    assert answer.status_code == 200
    sent = to_be_fetched(example(), ehr)
    assert guarded.post(VIEW, sent, GENERAL.token(guarded.url(VIEW))).status_code == 412
    assert ehr.asked == []


def test_the_log_says_who_and_why_and_never_the_token(guarded: Running) -> None:
    audience = guarded.url(VIEW)
    used = SANDBOX.token(audience)
    tokens = [
        used,
        used,
        signed(SANDBOX.claims(audience), ec_key("a stranger's")),
        signed(SANDBOX.claims(audience, iss="https://evil.example")),
    ]
    before = len(guarded.log())
    for token in tokens:
        let_in(guarded, token)
    said = guarded.log()[before:]
    lines = [json.loads(line) for line in said.splitlines()]
    refused = [(each["client"], each["reason"]) for each in lines if each["event"] == "untrusted"]
    assert refused == [("sandbox", "replayed"), ("sandbox", "signature"), (None, "issuer")]
    assert not [piece for token in tokens for piece in token[7:].split(".") if piece in said]
    assert "evil" not in said
