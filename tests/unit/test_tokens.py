"""Tokens of EHRs: good ones are believed once, forged ones never."""

import hashlib
import hmac
import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from schemas.client import Client
from service.trust.audience import covers
from service.trust.tokens import Verifier
from service.trust.untrusted import Untrusted
from tests.signing import BASE, ISSUER, KID, NOW, SECONDS, Memory, claims, client, ec_key, header, jwk, part, rsa_key

JKU = "https://ehr.general.example/jwks.json"


def never(jku: str, listed: Sequence[str]) -> list[dict[str, Any]]:
    pytest.fail(f"nothing may be fetched, least of all {jku}")


def verify(authorization: str | None, *clients: Client, now: datetime = NOW, memory: Memory | None = None) -> Client:
    return Verifier(clients or (client(),), memory or Memory(), never).verify(authorization, now)


def reason(authorization: str | None, *clients: Client) -> str:
    memory = Memory()
    with pytest.raises(Untrusted) as untrusted:
        verify(authorization, *clients, memory=memory)
    # A forger must not be able to use up the name of a token that its client has yet to send.
    assert not memory.kept
    return untrusted.value.reason


PUBLIC_PEM = ec_key().public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
PUBLIC_JWK = json.dumps(jwk(ec_key())).encode()
HEAD, PAYLOAD, SIGNATURE = header().removeprefix("Bearer ").split(".")
TWICE = json.dumps(claims())[:-1].encode() + b', "exp": 9999999999}'
OTHER_PAYLOAD = part(claims(jti="4712"))


def confused(secret: bytes) -> str:
    """Return a token whose HMAC has the public key for its secret (RFC 8725, section 2.1)."""
    message = f"{part({'alg': 'HS384', 'typ': 'JWT', 'kid': KID})}.{PAYLOAD}"
    return f"Bearer {message}.{part(hmac.digest(secret, message.encode(), hashlib.sha384))}"


@pytest.mark.parametrize(
    ("forged", "because"),
    [
        (None, "absent"),
        ("Basic Z2VuZXJhbDpnZW5lcmFs", "malformed"),
        ("Bearer", "malformed"),
        (f"Bearer {HEAD}.{PAYLOAD}", "malformed"),
        (f"Bearer {HEAD}.{PAYLOAD}.", "malformed"),
        (f"Bearer {HEAD}.{PAYLOAD}.{SIGNATURE}=", "malformed"),
        (f"Bearer {HEAD}.{PAYLOAD}.{SIGNATURE}, {header()}", "malformed"),
        (f"Bearer {HEAD}.{part(b'[]')}.{SIGNATURE}", "malformed"),
        (f"Bearer {HEAD}.{part(b'{')}.{SIGNATURE}", "malformed"),
        (f"Bearer {part(b'{')[:-2]}.{PAYLOAD}.{SIGNATURE}", "malformed"),
        (f"Bearer {HEAD}.{part(TWICE)}.{SIGNATURE}", "malformed"),
        (f"Bearer {HEAD}.{part(claims(padding='x' * 9000))}.{SIGNATURE}", "size"),
        (f"Bearer {part({'alg': 'none', 'kid': KID})}.{PAYLOAD}.", "malformed"),
        (f"Bearer {part({'alg': 'none', 'kid': KID})}.{PAYLOAD}.AA", "algorithm"),
        (f"Bearer {part({'alg': 'None', 'kid': KID})}.{PAYLOAD}.AA", "algorithm"),
        (f"Bearer {part({'kid': KID})}.{PAYLOAD}.{SIGNATURE}", "algorithm"),
        (f"Bearer {part({'alg': ['ES384'], 'kid': KID})}.{PAYLOAD}.{SIGNATURE}", "algorithm"),
        (confused(PUBLIC_PEM), "algorithm"),
        (confused(PUBLIC_JWK), "algorithm"),
        (header(ec.generate_private_key(ec.SECP256R1()), alg="ES256"), "algorithm"),
        (header(rsa_key(), alg="RS256"), "algorithm"),
        (header(rsa_key()), "algorithm"),
        (header(ec_key("theirs")), "signature"),
        (f"Bearer {HEAD}.{OTHER_PAYLOAD}.{SIGNATURE}", "signature"),
        (f"Bearer {part({'alg': 'ES384', 'typ': 'jwt', 'kid': KID})}.{PAYLOAD}.{SIGNATURE}", "signature"),
        (f"Bearer {HEAD}.{PAYLOAD}.{part(bytes(96))}", "signature"),
        (f"Bearer {HEAD}.{PAYLOAD}.AA", "signature"),
        (header(kid="another"), "key"),
        (header(kid=None), "claims"),
        (header(kid=""), "claims"),
        (header(kid=7), "claims"),
        (header(typ="at+jwt"), "type"),
        (header(crit=["b64"], b64=False), "crit"),
        (header(crit=[]), "crit"),
        (header(b64=False), "crit"),
        (header(jku=7), "claims"),
        (header(ec_key("theirs"), jwk=jwk(ec_key("theirs"))), "signature"),
        (header(ec_key("theirs"), jku="https://evil.example/jwks.json"), "signature"),
    ],
)
def test_a_forged_token_is_refused(forged: str | None, because: str) -> None:
    assert reason(forged) == because


@pytest.mark.parametrize(
    ("changed", "because"),
    [
        ({"iss": None}, "claims"),
        ({"aud": None}, "claims"),
        ({"exp": None}, "claims"),
        ({"iat": None}, "claims"),
        ({"jti": None}, "claims"),
        ({"jti": ""}, "claims"),
        ({"jti": "x" * 257}, "claims"),
        ({"jti": 4711}, "claims"),
        ({"exp": str(SECONDS + 300)}, "claims"),
        ({"exp": True}, "claims"),
        ({"exp": -1}, "claims"),
        ({"exp": 10**14}, "claims"),
        ({"nbf": "soon"}, "claims"),
        ({"tenant": 7}, "claims"),
        ({"aud": [BASE, 7]}, "claims"),
        ({"aud": [BASE] * 17}, "claims"),
        ({"aud": []}, "audience"),
        ({"iss": "https://evil.example"}, "issuer"),
        ({"iss": ISSUER + "/"}, "issuer"),
        ({"iat": SECONDS - 300, "exp": SECONDS}, "expired"),
        ({"iat": SECONDS - 3600, "exp": SECONDS - 3300}, "expired"),
        ({"iat": SECONDS + 61, "exp": SECONDS + 120}, "early"),
        ({"nbf": SECONDS + 61}, "early"),
        ({"exp": SECONDS + 301}, "life"),
        ({"iat": SECONDS - 3600, "exp": SECONDS + 60}, "life"),
        ({"iat": SECONDS + 30, "exp": SECONDS + 30}, "life"),
        ({"iat": SECONDS + 30, "exp": SECONDS + 20}, "life"),
    ],
)
def test_a_token_with_wrong_claims_is_refused_though_it_is_signed(changed: dict[str, Any], because: str) -> None:
    assert reason(header(payload=claims(**changed))) == because


@pytest.mark.parametrize(
    "address",
    [
        "http://127.0.0.1:8080/cds-services.evil.example",
        "http://127.0.0.1:8080/cds-servicesandmore",
        "http://127.0.0.1:8080",
        "http://127.0.0.1:8080/cds-services/../v1",
        "http://127.0.0.1:8080/cds-services/%2e%2e/v1",
        "http://127.0.0.1:8080/cds-services?x",
        "http://127.0.0.1:8080@evil.example/cds-services",
        "http://127.0.0.1:80800/cds-services",
        "https://127.0.0.1:8080/cds-services",
        "http://127.0.0.1/cds-services",
        "cds-services",
        "*",
    ],
)
def test_an_audience_that_only_looks_like_ours_is_refused(address: str) -> None:
    assert reason(header(payload=claims(aud=address))) == "audience"
    assert reason(header(payload=claims(aud=[address, "https://elsewhere.example"]))) == "audience"


@pytest.mark.parametrize(
    "audience",
    [BASE, BASE + "/", BASE + "/magnesium-patient-view", BASE + "/magnesium-patient-view/feedback", ["x:y", BASE]],
)
def test_the_audience_is_the_base_or_any_address_below_it(audience: Any) -> None:
    assert verify(header(payload=claims(aud=audience))).name == "general-hospital"


def test_addresses_are_compared_in_one_spelling() -> None:
    assert covers("https://CDS.example:443/a/", "https://cds.example/a/b")
    assert covers("http://[::1]:8080", "http://[::1]:8080/a")
    assert not covers("https://cds.example", "https://cds.example.evil")
    assert not covers("https://cds.example", "https://cds.example:444")


def test_a_token_is_believed_once() -> None:
    memory = Memory()
    verify(header(), memory=memory)
    with pytest.raises(Untrusted, match="replayed"):
        verify(header(), memory=memory, now=NOW + timedelta(seconds=299))
    assert verify(header(payload=claims(jti="4712")), memory=memory) == client()


def test_a_used_token_is_remembered_for_longer_than_it_can_be_used() -> None:
    memory = Memory()
    verify(header(payload=claims(exp=SECONDS + 299.5)), memory=memory)
    assert [expires.timestamp() for expires in memory.kept.values()] == [SECONDS + 300]


def test_two_issuers_may_use_the_same_jti() -> None:
    other = client(name="other", issuer="https://other.example")
    memory = Memory()
    verify(header(), client(), other, memory=memory)
    assert verify(header(payload=claims(iss=other.issuer)), client(), other, memory=memory) == other


def test_epic_signs_with_rsa_for_a_quarter_of_an_hour_and_names_a_subject() -> None:
    epic = client(jwks=(jwk(rsa_key()),), max_token_seconds=900, flavour="epic")
    payload = claims(sub="hook-client-id", nbf=SECONDS - 300, exp=SECONDS + 900, aud=[BASE])
    assert verify(header(rsa_key(), payload), epic) == epic
    assert reason(header(rsa_key(), payload), client(jwks=(jwk(rsa_key()),))) == "life"


def test_the_sandbox_signs_for_the_address_of_its_feedback_and_names_its_jku() -> None:
    # Its keys stand in the clients file, so the address that its tokens name is never asked.
    sandbox = client(jwks=(jwk(ec_key(), use="sig", alg="ES384"),), flavour="sandbox")
    payload = claims(aud=f"{BASE}/magnesium-patient-view/feedback", jti="e3b0c442-98fc-4c14")
    jku = "https://sandbox.cds-hooks.org/.well-known/jwks.json"
    assert verify(header(payload=payload, jku=jku), sandbox) == sandbox


def test_a_clock_that_is_a_minute_ahead_is_forgiven() -> None:
    assert verify(header(payload=claims(iat=SECONDS + 60, exp=SECONDS + 360))) == client()


def test_the_tenant_of_a_token_tells_the_clients_of_one_issuer_apart() -> None:
    east, west = (client(name=name, token_tenant=name) for name in ("east", "west"))
    assert verify(header(payload=claims(tenant="west")), east, west) == west
    assert reason(header(payload=claims(tenant="north")), east, west) == "tenant"
    assert reason(header(), east, west) == "tenant"


def test_the_audience_tells_the_clients_of_one_issuer_apart() -> None:
    here, there = client(), client(name="there", audience=("https://there.example",))
    assert verify(header(payload=claims(aud="https://there.example/x")), here, there) == there
    assert reason(header(payload=claims(aud=[BASE, "https://there.example"])), here, there) == "ambiguous"


def test_a_key_of_one_client_does_not_sign_for_another() -> None:
    other = client(name="other", issuer="https://other.example", jwks=(jwk(ec_key("theirs")),))
    assert reason(header(ec_key("theirs")), client(), other) == "signature"


@pytest.mark.parametrize("jku", ["https://evil.example/jwks.json", JKU + "/", "http://169.254.169.254/"])
def test_another_address_in_a_token_is_refused_and_never_asked(jku: str) -> None:
    assert reason(header(jku=jku), client(jku=JKU)) == "jku"
