"""Logging in by the organisation's provider (OpenID Connect Core 1.0, Authorization Code with PKCE)."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from schemas.person import PersonRule
from schemas.review import Actor
from service.fetch import FetchFailed
from service.fetch.forms import Asker, well_known
from service.trust.asking import Question, Us, address_to_ask
from service.trust.people import actor_of
from service.wiring.endpoints import Endpoints, LoginServer, endpoints_of
from service.wiring.remembered import Remembered

DOCUMENT = "openid-configuration"
USUAL_SCOPES = "openid profile"


@dataclass(frozen=True, slots=True)
class Provider:
    """The provider, how we are registered there, and what its people may be here."""

    issuer: str
    client_id: str
    rules: Sequence[PersonRule]
    secret: str | None = field(default=None, repr=False)
    scopes: str = USUAL_SCOPES


class OpenIdLogin:
    """See service.web.people_ports.OpenId. Only the issuer's own origin is ever asked."""

    def __init__(self, provider: Provider, certificates: str | None = None) -> None:
        self._provider = provider
        self._us = Us(provider.client_id, provider.secret)
        self._asker = Asker((provider.issuer,), certificates=certificates)
        self._known: Remembered[Endpoints] = Remembered(self._ask)

    def begin(self, question: Question, now: datetime) -> str:
        """Return the address to send a browser to; raise FetchFailed."""
        at = self._known.get(self._provider.issuer, now)
        return address_to_ask(at.authorize, self._us, question, self._provider.scopes)

    def finish(self, question: Question, code: str, issuer: str | None, now: datetime) -> Actor:
        """Return who it was; raise FetchFailed, Untrusted or NotListed. The tokens are forgotten."""
        server = LoginServer(self._asker, self._known.get(self._provider.issuer, now), self._us)
        tokens = server.redeem(question, code, issuer, now)
        return actor_of(server.claims(question, tokens, now), self._provider.rules)

    def _ask(self, issuer: str) -> Endpoints:
        at = endpoints_of(self._asker.get_json(well_known(issuer, DOCUMENT)), self._asker, must_list_pkce=False)
        # Letter by letter (OpenID Connect Discovery 1.0, section 4.3), or one provider could speak for another.
        if at.issuer != issuer:
            raise FetchFailed("The server is not the issuer that it was asked as.")
        return at
