"""Who is calling: EHRs by the tokens they sign, people by a session, everybody else by a token of ours.

A refusal never says what was wrong with a token. Our log says it, in one word, and never says the token.
"""

import re
from dataclasses import dataclass
from typing import cast

from flask import Flask, Response, g, request
from werkzeug.exceptions import Forbidden, Unauthorized

from schemas.client import NOBODY, Client
from service.trust.untrusted import Untrusted
from service.web.access import Role, Who, access_of_request
from service.web.context import context
from service.web.open_door import refuse_strangers
from service.web.people_guard import admit
from service.web.ports import Bearer

BEARER = re.compile(r"Bearer +([A-Za-z0-9._~+/=-]{1,512})", re.ASCII | re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Local:
    """Whoever calls where nobody is asked: this machine, which may do everything."""

    name: str = NOBODY.name
    role: str = Role.ADMIN
    tenant: str = NOBODY.tenant


def check_callers(app: Flask) -> None:
    """Ask every caller who it is, before anything else is looked at."""
    app.before_request(_check)
    app.after_request(_challenge)


def client_of_request() -> Client:
    """Return the EHR that makes this call of /cds-services; NOBODY where none is asked."""
    return cast(Client, g.client)


def bearer_of_request() -> Bearer:
    """Return the role and tenant of this call; Local where none is asked."""
    return cast(Bearer, g.bearer)


def _check() -> Response | None:
    # OPTIONS tells nothing that is not in /docs, and browsers ask it without a token.
    if request.method == "OPTIONS":
        return None
    access = access_of_request()
    if access.who is Who.EHR:
        g.client = _client()
    elif access.who is Who.CLIENT:
        g.bearer = _bearer(access.roles)
    elif access.who is Who.PERSON:
        return admit(access)
    return None


def _client() -> Client:
    here = context()
    if here.guard.verify is None:
        refuse_strangers()
        return NOBODY
    try:
        client = here.guard.verify(request.headers.get("Authorization"), here.clock())
    except Untrusted as untrusted:
        here.log.info("untrusted", reason=untrusted.reason, client=untrusted.client)
        raise Unauthorized from None
    if client.services is not None and not {*_service_named()} <= client.services:
        here.log.info("forbidden", reason="service", client=client.name)
        raise Forbidden
    return client


def _service_named() -> list[str]:
    """Return the service in the address; none where the list of services is asked for."""
    return [part for part in request.path.split("/")[2:3] if part]


def _bearer(roles: frozenset[Role]) -> Bearer:
    here = context()
    if here.guard.find is None:
        refuse_strangers()
        return Local()
    written = BEARER.fullmatch(request.headers.get("Authorization", ""))
    bearer = here.guard.find(written[1], here.clock()) if written else None
    if bearer is None:
        here.log.info("untrusted", reason="token" if written else "absent")
        raise Unauthorized
    if bearer.role not in roles:
        here.log.info("forbidden", reason="role", tenant=bearer.tenant)
        raise Forbidden
    return bearer


def _challenge(response: Response) -> Response:
    """Say on every 401 how callers make themselves known (RFC 9110, section 11.6.1; RFC 6750, section 3)."""
    if response.status_code == Unauthorized.code:
        response.headers["WWW-Authenticate"] = "Bearer"
    return response
