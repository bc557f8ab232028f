"""Public keys of clients: EC P-384 for ES384 and RSA for RS384 (CDS Hooks 2.0, Trusting CDS Clients), nothing else."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, cast

from cryptography.hazmat.primitives.asymmetric.ec import SECP384R1, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from jwt.algorithms import ECAlgorithm, RSAAlgorithm
from jwt.exceptions import InvalidKeyError

ALGORITHMS = ("ES384", "RS384")
LEAST_BITS, MOST_BITS = 2048, 8192
LONGEST_KID = 256
# Members that only a private or a symmetric key has (RFC 7518, section 6).
SECRET = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k"})

_ES384 = ECAlgorithm(ECAlgorithm.SHA384, SECP384R1)
_RS384 = RSAAlgorithm(RSAAlgorithm.SHA384)


class UnusableKey(Exception):
    """A key that cannot be used; the message says why, `hint` what to do. Neither repeats the key."""

    def __init__(self, message: str, hint: str = "Use an EC key on P-384, or an RSA key of 2048 bits or more.") -> None:
        super().__init__(message)
        self.hint = hint


@dataclass(frozen=True, slots=True)
class Key:
    """A public key and the one algorithm it is used with, so that a token cannot choose another for it."""

    kid: str
    algorithm: str
    public: EllipticCurvePublicKey | RSAPublicKey = field(repr=False)

    def signed(self, message: bytes, signature: bytes) -> bool:
        """Say whether the signature is this key's, over exactly this message."""
        if isinstance(self.public, RSAPublicKey):
            return _RS384.verify(message, self.public, signature)
        return _ES384.verify(message, self.public, signature)


def key_of(jwk: Mapping[str, Any]) -> Key:
    """Return the key in a JSON Web Key (RFC 7517), or raise UnusableKey."""
    if SECRET & set(jwk) or jwk.get("kty") == "oct":
        raise UnusableKey(
            "This is a private or a symmetric key: whoever reads it can sign as this client.",
            "Replace the key at the client, and put only the public half here.",
        )
    kid = jwk.get("kid")
    if not isinstance(kid, str) or not 0 < len(kid) <= LONGEST_KID:
        raise UnusableKey("This key has no `kid`.", "Tokens name the key they are signed with: give it that name.")
    algorithm, public = _public(jwk)
    operations = jwk.get("key_ops")
    if jwk.get("use", "sig") != "sig" or (isinstance(operations, list) and "verify" not in operations):
        raise UnusableKey("This key is not for signatures.", "Use the client's key with `use: sig`.")
    if jwk.get("alg", algorithm) != algorithm:
        raise UnusableKey("This key is for another algorithm.", f"We take {' and '.join(ALGORITHMS)}.")
    return Key(kid, algorithm, public)


def _public(jwk: Mapping[str, Any]) -> tuple[str, EllipticCurvePublicKey | RSAPublicKey]:
    kind = jwk.get("kty")
    try:
        if kind == "EC" and jwk.get("crv") == "P-384":
            return "ES384", cast(EllipticCurvePublicKey, ECAlgorithm.from_jwk(dict(jwk)))
        if kind == "RSA":
            key = cast(RSAPublicKey, RSAAlgorithm.from_jwk(dict(jwk)))
            if LEAST_BITS <= key.key_size <= MOST_BITS:
                return "RS384", key
            raise UnusableKey(f"This RSA key has {key.key_size} bits.")
    except (InvalidKeyError, ValueError, TypeError, AttributeError, KeyError):
        raise UnusableKey("This key cannot be read.", "Copy it again from the client's key set.") from None
    raise UnusableKey("This is a kind of key we do not take.")
