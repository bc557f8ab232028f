"""Asking a server who somebody is: the address that a browser is sent to, and the form that redeems its code.

Authorization Code with PKCE, S256 (RFC 6749, section 4.1; RFC 7636; OpenID Connect Core 1.0, section 3.1). Authlib
writes both; nothing here speaks to anybody.
"""

from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import quote_plus

from authlib.oauth2.rfc6749.parameters import prepare_grant_uri
from authlib.oauth2.rfc7636 import create_s256_code_challenge

from service.trust.app_keys import assertion

BASIC, IN_FORM = "client_secret_basic", "client_secret_post"


@dataclass(frozen=True, slots=True)
class Question:
    """What one login is known by, on its way to the provider and back; the verifier stays with us until the end."""

    state: str
    nonce: str
    verifier: str
    redirect: str


@dataclass(frozen=True, slots=True)
class Us:
    """How we are registered: with a secret, with a private key, or with neither (a public client)."""

    client_id: str
    secret: str | None = None
    private_key: Mapping[str, Any] | None = None
    secret_goes: str = BASIC


def address_to_ask(endpoint: str, us: Us, question: Question, scopes: str, **more: str) -> str:
    """Return where a browser is sent to, so that whoever sits before it logs in."""
    address: str = prepare_grant_uri(
        endpoint,
        us.client_id,
        "code",
        question.redirect,
        scopes,
        question.state,
        nonce=question.nonce,
        code_challenge=create_s256_code_challenge(question.verifier),
        code_challenge_method="S256",
        **more,
    )
    return address


def form_to_redeem(
    us: Us, question: Question, code: str, token_address: str, now: datetime
) -> tuple[dict[str, str], dict[str, str]]:
    """Return the form and the headers that turn a code into tokens (RFC 6749, section 4.1.3)."""
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": question.redirect,
        "code_verifier": question.verifier,
    }
    if us.private_key is not None:
        return form | assertion(us.private_key, us.client_id, token_address, now), {}
    if us.secret is None:
        return form | {"client_id": us.client_id}, {}
    if us.secret_goes == IN_FORM:
        return form | {"client_id": us.client_id, "client_secret": us.secret}, {}
    # Each half is encoded as in a form before the two are joined (RFC 6749, section 2.3.1).
    pair = f"{quote_plus(us.client_id)}:{quote_plus(us.secret)}"
    return form, {"Authorization": f"Basic {b64encode(pair.encode()).decode()}"}
