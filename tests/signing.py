"""An EHR that signs its calls, for tests: its keys, its tokens, and a memory of used ones."""

import functools
import json
from base64 import urlsafe_b64encode
from datetime import UTC, datetime
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from jwt.algorithms import ECAlgorithm, RSAAlgorithm, get_default_algorithms

from schemas.client import Client

NOW = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)
SECONDS = int(NOW.timestamp())
ISSUER = "https://ehr.general.example"
BASE = "http://127.0.0.1:8080/cds-services"
KID = "44823f3d"
ALGORITHMS = get_default_algorithms()
PrivateKey = EllipticCurvePrivateKey | RSAPrivateKey


class Memory:
    """Remembers used tokens as the store does, in this process only."""

    def __init__(self) -> None:
        self.kept: dict[tuple[str, str], datetime] = {}

    def seen(self, issuer: str, jti: str, expires: datetime, now: datetime) -> bool:
        known = self.kept.get((issuer, jti), now) > now
        self.kept[issuer, jti] = expires
        return known


@functools.cache
def ec_key(name: str = "ours") -> EllipticCurvePrivateKey:
    """Return a key on P-384; the same one for the same name."""
    assert name
    return ec.generate_private_key(ec.SECP384R1())


@functools.cache
def rsa_key(bits: int = 2048) -> RSAPrivateKey:
    return rsa.generate_private_key(65537, bits)


def jwk(key: PrivateKey, **more: Any) -> dict[str, Any]:
    """Return the public half as an entry of a key set."""
    if isinstance(key, RSAPrivateKey):
        return {**RSAAlgorithm.to_jwk(key.public_key(), as_dict=True), "kid": KID, "use": "sig", **more}
    return {**ECAlgorithm.to_jwk(key.public_key(), as_dict=True), "kid": KID, "use": "sig", **more}


def client(**changed: Any) -> Client:
    given: dict[str, Any] = {
        "name": "general-hospital",
        "tenant": "general",
        "issuer": ISSUER,
        "audience": (BASE,),
        "jwks": () if "jku" in changed else (jwk(ec_key()),),
    }
    return Client(**given | changed)


def claims(**changed: Any) -> dict[str, Any]:
    """Return the claims of a good token; a claim that is changed to None is left out."""
    good = {"iss": ISSUER, "aud": BASE, "iat": SECONDS, "exp": SECONDS + 300, "jti": "4711"}
    return {name: value for name, value in (good | changed).items() if value is not None}


def part(data: Any) -> str:
    raw = data if isinstance(data, bytes) else json.dumps(data).encode()
    return urlsafe_b64encode(raw).rstrip(b"=").decode()


def header(key: Any = None, payload: Any = None, **changed: Any) -> str:
    """Return an Authorization header with a token; whatever is None in the token's header is left out."""
    key = key or ec_key()
    usual = {"alg": "RS384" if isinstance(key, RSAPrivateKey) else "ES384", "typ": "JWT", "kid": KID}
    head = {name: value for name, value in (usual | changed).items() if value is not None}
    message = f"{part(head)}.{part(claims() if payload is None else payload)}"
    usable = head["alg"] if head.get("alg") in ALGORITHMS else usual["alg"]
    signature = ALGORITHMS[usable].sign(message.encode(), key)
    return f"Bearer {message}.{part(signature)}"


def private_jwk(key: PrivateKey) -> dict[str, Any]:
    """Return both halves of a key, as its owner keeps it."""
    whole = (
        RSAAlgorithm.to_jwk(key, as_dict=True)
        if isinstance(key, RSAPrivateKey)
        else ECAlgorithm.to_jwk(key, as_dict=True)
    )
    return {name: value for name, value in whole.items() if name != "key_ops"} | {"kid": KID}
