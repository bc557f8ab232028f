"""Signs the head of the audit chain, so that a head kept elsewhere is known to be ours: Ed25519, or ECDSA on P-384."""

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import (
    ECDSA,
    SECP384R1,
    EllipticCurvePrivateKey,
    EllipticCurvePublicKey,
)
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.hashes import SHA384
from cryptography.hazmat.primitives.serialization import load_pem_private_key, load_pem_public_key

from service.trust.keys import UnusableKey

__all__ = ["sign", "verify"]

ED25519, P384 = "Ed25519", "ECDSA-P384-SHA384"
HINT = "Use an unencrypted PEM file with a key on Ed25519 or P-384."
# No other use of the same key can be passed off as the signature of a head.
PREFIX = b"magflag head of the audit chain 1\n"
CURVE = ECDSA(SHA384())


def sign(pem: bytes, message: bytes) -> tuple[str, bytes]:
    """Return the algorithm and the signature of a private key in PEM over a message; raise UnusableKey."""
    try:
        key = load_pem_private_key(pem, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise UnusableKey("This private key cannot be read.", HINT) from None
    if isinstance(key, Ed25519PrivateKey):
        return ED25519, key.sign(PREFIX + message)
    if isinstance(key, EllipticCurvePrivateKey) and isinstance(key.curve, SECP384R1):
        return P384, key.sign(PREFIX + message, CURVE)
    raise UnusableKey("This is a kind of key we do not sign with.", HINT)


def verify(pem: bytes, message: bytes, algorithm: str, signature: bytes) -> bool:
    """Say whether a signature is that of a public key in PEM over exactly this message; raise UnusableKey."""
    name, key = _public(pem)
    if name != algorithm:
        return False
    try:
        if isinstance(key, Ed25519PublicKey):
            key.verify(signature, PREFIX + message)
        else:
            key.verify(signature, PREFIX + message, CURVE)
    except InvalidSignature:
        return False
    return True


def _public(pem: bytes) -> tuple[str, Ed25519PublicKey | EllipticCurvePublicKey]:
    try:
        key = load_pem_public_key(pem)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise UnusableKey("This public key cannot be read.", HINT) from None
    if isinstance(key, Ed25519PublicKey):
        return ED25519, key
    if isinstance(key, EllipticCurvePublicKey) and isinstance(key.curve, SECP384R1):
        return P384, key
    raise UnusableKey("This is a kind of key we do not sign with.", HINT)
