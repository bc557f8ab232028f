"""The id_token of a login: who somebody is, as their provider signed it (OpenID Connect Core 1.0, section 3.1.3.7).

PyJWT checks the signature, with one algorithm that we chose by the key; Authlib checks the claims, by our clock.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import jwt
from authlib.oidc.core import CodeIDToken
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from service.trust.keys import LEAST_BITS, LONGEST_KID
from service.trust.untrusted import Untrusted

# The algorithm of a token, and the kind of key that it needs (RFC 7518, section 3.1).
KINDS = {
    "RS256": ("RSA", None),
    "RS384": ("RSA", None),
    "PS256": ("RSA", None),
    "ES256": ("EC", "P-256"),
    "ES384": ("EC", "P-384"),
}
LEEWAY = 60
LONGEST_TOKEN = 65_536
ONLY_SIGNATURE: Any = {"verify_signature": True} | dict.fromkeys(
    ("verify_exp", "verify_nbf", "verify_iat", "verify_aud", "verify_iss", "verify_sub", "verify_jti"), False
)


@dataclass(frozen=True, slots=True)
class Expected:
    """What an id_token must say: who signed it, for whom, and in answer to which question."""

    issuer: str
    client_id: str
    nonce: str


def read_id_token(
    token: object, keys: Sequence[Mapping[str, Any]], expected: Expected, now: datetime
) -> dict[str, Any]:
    """Return the claims of an id_token; raise Untrusted unless everything about it is right."""
    if not isinstance(token, str) or not 0 < len(token) <= LONGEST_TOKEN:
        raise Untrusted("id_token")
    algorithm, kid = _header(token)
    claims = _signed(token, algorithm, _key(keys, algorithm, kid))
    options = {
        "iss": {"essential": True, "value": expected.issuer},
        "aud": {"essential": True, "value": expected.client_id},
        "sub": {"essential": True},
    }
    asked = {"nonce": expected.nonce, "client_id": expected.client_id}
    try:
        CodeIDToken(claims, {"alg": algorithm}, options, asked).validate(int(now.timestamp()), LEEWAY)
    except Exception:  # Whatever the library says of the claims, they are not believed.
        raise Untrusted("claims") from None
    return claims


def _header(token: str) -> tuple[str, str | None]:
    try:
        header = jwt.get_unverified_header(token)
    except jwt.PyJWTError:
        raise Untrusted("malformed") from None
    algorithm, kid = header.get("alg"), header.get("kid")
    if not isinstance(algorithm, str) or algorithm not in KINDS:
        raise Untrusted("algorithm")
    # `crit` asks us to understand something, or refuse (RFC 7515, section 4.1.11). We understand none of it.
    if "crit" in header:
        raise Untrusted("crit")
    if kid is not None and not (isinstance(kid, str) and 0 < len(kid) <= LONGEST_KID):
        raise Untrusted("key")
    return algorithm, kid


def _key(keys: Sequence[Mapping[str, Any]], algorithm: str, kid: str | None) -> Any:
    """Return the key that a token names; one without a name needs a key set in which only one can be meant."""
    kind, curve = KINDS[algorithm]
    fit = [
        key
        for key in keys
        if key.get("kty") == kind
        and (curve is None or key.get("crv") == curve)
        and key.get("use", "sig") == "sig"
        and key.get("alg", algorithm) == algorithm
        and kid in (None, key.get("kid"))
    ]
    if len(fit) != 1:
        raise Untrusted("key")
    try:
        public = jwt.PyJWK(dict(fit[0]), algorithm).key
    except Exception:  # A key that cannot be read is no key.
        raise Untrusted("key") from None
    if isinstance(public, RSAPublicKey) and public.key_size < LEAST_BITS:
        raise Untrusted("key")
    return public


def _signed(token: str, algorithm: str, key: Any) -> dict[str, Any]:
    try:
        claims: dict[str, Any] = jwt.decode(token, key, algorithms=[algorithm], options=ONLY_SIGNATURE)
    except Exception:  # Whatever the library says of it, it is not signed by this key.
        raise Untrusted("signature") from None
    return claims
