"""The settings by which people log in: their provider, how we are registered there, and what they may be here."""

from collections.abc import Mapping
from pathlib import Path

from schemas.clients_file import is_address, is_this_machine
from service.trust.people import BrokenPeople, load_people
from service.trust.secret_files import UnreadableSecret, read_secret
from service.web.settings import RefusedToServe, Settings
from service.wiring.openid import USUAL_SCOPES, Provider

ISSUER, CLIENT_ID, SECRET = "MAGFLAG_OIDC_ISSUER", "MAGFLAG_OIDC_CLIENT_ID", "MAGFLAG_OIDC_CLIENT_SECRET_FILE"
SCOPES, PEOPLE = "MAGFLAG_OIDC_SCOPES", "MAGFLAG_PEOPLE"
ALL = (ISSUER, CLIENT_ID, SECRET, SCOPES, PEOPLE)


def read_provider(environ: Mapping[str, str], settings: Settings) -> Provider | None:
    """Return the provider that the settings name, or None; raise RefusedToServe where they cannot be."""
    given = {name: environ[name] for name in ALL if environ.get(name)}
    if not given:
        return None
    _check(given, settings)
    try:
        rules = load_people(Path(given[PEOPLE]))
        secret = read_secret(Path(given[SECRET])) if SECRET in given else None
    except BrokenPeople as broken:
        told = "".join(f"\n{each.at}\n  {each.message} {each.hint or ''}" for each in broken.problems)
        raise RefusedToServe(f"The people file holds mistakes.{told}") from None
    except UnreadableSecret as unreadable:
        raise RefusedToServe(f"{SECRET}: {unreadable}") from None
    return Provider(given[ISSUER], given[CLIENT_ID], rules, secret, given.get(SCOPES, USUAL_SCOPES))


def _check(given: Mapping[str, str], settings: Settings) -> None:
    missing = [name for name in (ISSUER, CLIENT_ID, PEOPLE) if name not in given]
    if missing:
        raise RefusedToServe(f"{' and '.join(missing)} must be set with {', '.join(given)}: a login needs all of them.")
    if not settings.auth:
        raise RefusedToServe(f"{ISSUER} is set, and MAGFLAG_AUTH is off, so nobody would log in. Set it to required.")
    if not _is_reached_safely(given[ISSUER]):
        raise RefusedToServe(f"{ISSUER} is not an https address. Write for example {ISSUER}=https://login.example.org")
    if not _is_reached_safely(settings.public_url):
        raise RefusedToServe(
            "People log in over https only, because a browser keeps the cookie of a session for nothing else. "
            "Set MAGFLAG_PUBLIC_URL to the https address by which they reach the service."
        )


def _is_reached_safely(address: str) -> bool:
    return is_address(address) and (address.lower().startswith("https:") or is_this_machine(address))
