"""How people log in to one deployment: sessions in its database, its provider, the EHRs that launch it."""

from collections.abc import Callable, Mapping, Sequence

from schemas.client import Client
from service.fetch import Fetcher, Limits
from service.intake.strict_json import parse_fhir
from service.store.sessions import Sessions
from service.wiring.kept import database
from service.wiring.launching import SECONDS_FOR_RECORD, EhrLaunches
from service.wiring.openid import OpenIdLogin, Provider

__all__ = ["Provider", "launches", "openid", "sessions"]


def sessions(url: str) -> Sessions:
    """Return the sessions kept in the database at `url`."""
    return Sessions(database(url))


def openid(provider: Provider | None) -> OpenIdLogin | None:
    """Return the login by a provider, where there is one."""
    return OpenIdLogin(provider) if provider else None


def launches(clients: Sequence[Client], queries: Callable[[str], Mapping[str, str]]) -> EhrLaunches | None:
    """Return the EHRs that may launch us; None where the clients file names none."""
    if not any(client.smart for client in clients):
        return None
    return EhrLaunches(clients, queries, Fetcher(parse_fhir, Limits(budget_seconds=SECONDS_FOR_RECORD)))
