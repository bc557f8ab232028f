"""A server by which people log in: where it is asked, where codes are redeemed, and how its answers are believed."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from service.fetch import FetchFailed
from service.fetch.forms import Asker
from service.trust.asking import BASIC, IN_FORM, Question, Us, form_to_redeem
from service.trust.id_token import Expected, read_id_token
from service.trust.untrusted import Untrusted

METHOD = "S256"


@dataclass(frozen=True, slots=True)
class Endpoints:
    """What a server says of itself. `names_itself`: its answers carry its issuer (RFC 9207)."""

    issuer: str
    authorize: str
    token: str
    keys: str
    secret_goes: str = BASIC
    names_itself: bool = False


def endpoints_of(said: Mapping[str, Any], asker: Asker, *, must_list_pkce: bool) -> Endpoints:
    """Return the endpoints in a document of a server; raise FetchFailed for one by which nobody can log in safely."""
    names = ("issuer", "authorization_endpoint", "token_endpoint", "jwks_uri")
    found = [said.get(name) for name in names]
    issuer, authorize, token, keys = (each if isinstance(each, str) else "" for each in found)
    if not issuer or not all(asker.may(address) for address in (authorize, token, keys)):
        raise FetchFailed("The server does not say where people log in, or names addresses that are not its own.")
    methods = said.get("code_challenge_methods_supported")
    if METHOD not in (methods if isinstance(methods, list) else [] if must_list_pkce else [METHOD]):
        raise FetchFailed("The server does not take PKCE with S256.")
    ways = said.get("token_endpoint_auth_methods_supported")
    only_in_form = isinstance(ways, list) and IN_FORM in ways and BASIC not in ways
    names_itself = said.get("authorization_response_iss_parameter_supported") is True
    return Endpoints(issuer, authorize, token, keys, IN_FORM if only_in_form else BASIC, names_itself)


@dataclass(frozen=True, slots=True)
class LoginServer:
    """A server, how it is asked, and how we are known there. Both methods raise FetchFailed and Untrusted."""

    asker: Asker
    at: Endpoints
    us: Us

    def redeem(self, question: Question, code: str, issuer: str | None, now: datetime) -> dict[str, Any]:
        """Return what the server gives for a code; `issuer` is who says that the code is theirs (RFC 9207)."""
        if issuer != self.at.issuer and (self.at.names_itself or issuer is not None):
            raise Untrusted("issuer")
        us = replace(self.us, secret_goes=self.at.secret_goes)
        form, headers = form_to_redeem(us, question, code, self.at.token, now)
        return self.asker.post_form(self.at.token, form, headers)

    def claims(self, question: Question, tokens: Mapping[str, Any], now: datetime) -> dict[str, Any]:
        """Return who it is, by the id_token among the tokens."""
        expected = Expected(self.at.issuer, self.us.client_id, question.nonce)
        return read_id_token(tokens.get("id_token"), self.asker.get_keys(self.at.keys), expected, now)
