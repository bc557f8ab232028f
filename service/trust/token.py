"""The token as it came: its three parts taken apart strictly, and nothing believed yet (RFC 7515, RFC 7519)."""

import re
from base64 import urlsafe_b64decode
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from schemas.problem import Refused
from service.intake.strict_json import parse
from service.trust.keys import ALGORITHMS, LONGEST_KID
from service.trust.untrusted import Untrusted

LONGEST_TOKEN = 8192
LONGEST_CLAIM = 256
LONGEST_ADDRESS = 2048
MOST_AUDIENCES = 16
LAST_SECOND = 253_402_300_799  # The end of the year 9999: the last that a datetime can hold.
BEARER = re.compile(r"Bearer +([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)", re.ASCII | re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Token:
    """What a token says of itself. Times are seconds since 1970; `not_before` is there in Epic's tokens."""

    algorithm: str
    kid: str
    jku: str | None
    issuer: str
    audience: tuple[str, ...]
    expires: Decimal
    issued: Decimal
    not_before: Decimal | None
    tenant: str | None
    jti: str
    message: bytes
    signature: bytes


def read_token(authorization: str | None) -> Token:
    """Return the token of an Authorization header; raise Untrusted for one that no client would send."""
    if not authorization:
        raise Untrusted("absent")
    if len(authorization) > LONGEST_TOKEN + len("Bearer "):
        raise Untrusted("size")
    parts = BEARER.fullmatch(authorization)
    if parts is None:
        raise Untrusted("malformed")
    header, claims = _object(parts[1]), _object(parts[2])
    _check_header(header)
    return Token(
        algorithm=header["alg"],
        kid=_text(header.get("kid"), LONGEST_KID),
        jku=None if "jku" not in header else _text(header["jku"], LONGEST_ADDRESS),
        issuer=_text(claims.get("iss"), LONGEST_ADDRESS),
        audience=_audience(claims.get("aud")),
        expires=_seconds(claims.get("exp")),
        issued=_seconds(claims.get("iat")),
        not_before=None if "nbf" not in claims else _seconds(claims["nbf"]),
        tenant=None if claims.get("tenant") is None else _text(claims["tenant"], LONGEST_CLAIM),
        jti=_text(claims.get("jti"), LONGEST_CLAIM),
        message=f"{parts[1]}.{parts[2]}".encode(),
        signature=_bytes(parts[3]),
    )


def _check_header(header: dict[str, Any]) -> None:
    if header.get("alg") not in ALGORITHMS:
        raise Untrusted("algorithm")
    # `crit` asks us to understand something, or refuse (RFC 7515, section 4.1.11). We understand none of it, nor `b64`,
    # which tokens do not use (RFC 7797).
    if "crit" in header or "b64" in header:
        raise Untrusted("crit")
    if str(header.get("typ", "JWT")).upper() != "JWT":
        raise Untrusted("type")


def _object(part: str) -> dict[str, Any]:
    try:
        data = parse(_bytes(part))
    except Refused:
        raise Untrusted("malformed") from None
    if not isinstance(data, dict):
        raise Untrusted("malformed")
    return data


def _bytes(part: str) -> bytes:
    try:
        return urlsafe_b64decode(part + "=" * (-len(part) % 4))
    except ValueError:
        raise Untrusted("malformed") from None


def _text(value: object, longest: int) -> str:
    if not isinstance(value, str) or not 0 < len(value) <= longest:
        raise Untrusted("claims")
    return value


def _audience(value: object) -> tuple[str, ...]:
    listed = value if isinstance(value, list) else [value]
    if len(listed) > MOST_AUDIENCES:
        raise Untrusted("claims")
    return tuple(_text(each, LONGEST_ADDRESS) for each in listed)


def _seconds(value: object) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, (int, Decimal)) or not 0 <= value <= LAST_SECOND:
        raise Untrusted("claims")
    return Decimal(value)
