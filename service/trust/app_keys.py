"""Our own private key, by which an EHR knows that it is us who redeem a code (private_key_jwt).

Source: SMART App Launch 2.2, Client Authentication: Asymmetric (public key). ES384 and RS384, a clock in the token that
ends within five minutes, a fresh `jti`, and a `kid` by which the EHR finds the public half.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from authlib.oauth2.rfc7523 import private_key_jwt_sign

from service.trust.keys import SECRET, UnusableKey, key_of

ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
SECONDS = 240


def algorithm_of(jwk: Mapping[str, Any]) -> str:
    """Return the algorithm that a private key signs with, or raise UnusableKey."""
    if not isinstance(jwk.get("d"), str):
        raise UnusableKey("This is not a private key.", "Write the private half of an EC P-384 or RSA key, as a JWK.")
    algorithm = key_of(public_half(jwk)).algorithm
    try:
        _signed(jwk, algorithm, "probe", "probe", 0)
    except Exception:  # Whatever the library says of it, the key cannot sign.
        raise UnusableKey("This key cannot sign.", "Copy it again.") from None
    return algorithm


def public_half(jwk: Mapping[str, Any]) -> dict[str, Any]:
    """Return what others may know of a key."""
    return {name: value for name, value in jwk.items() if name not in SECRET and name != "key_ops"}


def assertion(jwk: Mapping[str, Any], client_id: str, token_address: str, now: datetime) -> dict[str, str]:
    """Return the members of a form by which a server that gives tokens knows us (RFC 7523, section 2.2)."""
    signed = _signed(jwk, algorithm_of(jwk), client_id, token_address, int(now.timestamp()))
    return {"client_assertion_type": ASSERTION, "client_assertion": signed}


def _signed(jwk: Mapping[str, Any], algorithm: str, client_id: str, token_address: str, issued: int) -> str:
    token: str = private_key_jwt_sign(
        dict(jwk),
        client_id,
        token_address,
        alg=algorithm,
        header={"kid": jwk["kid"], "typ": "JWT"},
        issued_at=issued or 1,
        expires_at=issued + SECONDS,
    )
    return token
