"""The settings of the web layer: environment variables with the prefix MAGFLAG_."""

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from schemas.clients_file import is_address

# Name, default, meaning. The table in the documentation is held against this one.
SETTINGS = (
    ("MAGFLAG_RULES", "the rules installed", "Another rules folder."),
    ("MAGFLAG_DOCUMENTS", "none", "Folder of the five documents, for their own words where the hash agrees."),
    ("MAGFLAG_WORKERS", "1", "How many processes answer requests; each has its own engine."),
    ("MAGFLAG_MAX_EVALUATIONS", "32", "How many evaluations one process takes on at once; more are answered with 503."),
    (
        "MAGFLAG_AUTH",
        "off on loopback, else required",
        "Whether callers of /v1 and /fhir need a token, and people a login; off is for a loopback address only.",
    ),
    (
        "MAGFLAG_CDS_AUTH",
        "off on loopback, else required",
        "Whether EHRs must sign their calls of /cds-services; required needs MAGFLAG_CLIENTS.",
    ),
    ("MAGFLAG_CLIENTS", "none", "The clients file: which EHRs may call, and how their calls are known."),
    ("MAGFLAG_PUBLIC_URL", "the address listened on", "The address by which others reach the service; for links."),
    ("MAGFLAG_FETCH_MS", "400", "Milliseconds one call may spend on asking a FHIR server for what prefetch left out."),
    ("MAGFLAG_OIDC_ISSUER", "none", "The provider by which people log in to the pages (OpenID Connect)."),
    ("MAGFLAG_OIDC_CLIENT_ID", "none", "How we are registered at the provider."),
    ("MAGFLAG_OIDC_CLIENT_SECRET_FILE", "none", "File of the secret that goes with it; none for a public client."),
    ("MAGFLAG_OIDC_SCOPES", "openid profile", "What the provider is asked to tell of people."),
    ("MAGFLAG_PEOPLE", "none", "The people file: what somebody with which claims may be, and in which tenant."),
    (
        "MAGFLAG_DATABASE_URL",
        "an SQLite file of this user",
        "Where tokens of ours, used tokens of EHRs and feedback are kept.",
    ),
    (
        "MAGFLAG_DATABASE_PASSWORD_FILE",
        "none",
        "File of the password that goes with PostgreSQL's address, so that no setting shows it.",
    ),
)

MOST_WORKERS = 64
MOST_EVALUATIONS = 1024
LEAST_FETCH_MS, MOST_FETCH_MS = 50, 5000
REACHABLE = "This address can be reached from other machines"


class RefusedToServe(Exception):
    """A setting or an address that cannot be; the message says which, and what to write instead."""


@dataclass(frozen=True, slots=True)
class Settings:
    """How the web layer runs. `auth` and `cds_auth` say whether callers are asked who they are."""

    workers: int = 1
    max_evaluations: int = 32
    auth: bool = False
    cds_auth: bool = False
    clients: Path | None = None
    public_url: str = "http://127.0.0.1:8080"
    fetch_ms: int = 400


def read_settings(environ: Mapping[str, str], host: str = "127.0.0.1", port: int = 8080) -> Settings:
    """Return the settings of a service that listens on `host` and `port`, or raise RefusedToServe."""
    usual = Settings()
    clients = environ.get("MAGFLAG_CLIENTS")
    settings = Settings(
        workers=_count(environ, "MAGFLAG_WORKERS", usual.workers, (1, MOST_WORKERS)),
        max_evaluations=_count(environ, "MAGFLAG_MAX_EVALUATIONS", usual.max_evaluations, (1, MOST_EVALUATIONS)),
        auth=_is_required(environ, "MAGFLAG_AUTH", host),
        cds_auth=_is_required(environ, "MAGFLAG_CDS_AUTH", host),
        clients=Path(clients) if clients else None,
        public_url=_public(environ, address_of(host, port)),
        fetch_ms=_count(environ, "MAGFLAG_FETCH_MS", usual.fetch_ms, (LEAST_FETCH_MS, MOST_FETCH_MS)),
    )
    check_access(host, settings)
    return settings


def check_access(host: str, settings: Settings) -> None:
    """Raise RefusedToServe unless it is safe to answer callers as the settings say."""
    for name, is_required in (("MAGFLAG_AUTH", settings.auth), ("MAGFLAG_CDS_AUTH", settings.cds_auth)):
        if not (is_required or is_loopback(host)):
            raise RefusedToServe(
                f"{REACHABLE}, and {name}=off would let them all in. "
                "Unset it, or serve on a loopback address: magflag serve --host 127.0.0.1"
            )
    if settings.cds_auth and settings.clients is None:
        because = "MAGFLAG_CDS_AUTH is required here" if is_loopback(host) else REACHABLE
        raise RefusedToServe(
            f"{because}, so EHRs must be told apart by the tokens they sign. "
            "Set MAGFLAG_CLIENTS to the path of the clients file, or serve on a loopback address without it."
        )


def _is_required(environ: Mapping[str, str], name: str, host: str) -> bool:
    written = environ.get(name) or ("off" if is_loopback(host) else "required")
    if written not in {"off", "required"}:
        raise RefusedToServe(f"{name} is neither off nor required. Unset it for what fits the address.")
    return written == "required"


def _count(environ: Mapping[str, str], name: str, usual: int, bounds: tuple[int, int]) -> int:
    least, most = bounds
    written = environ.get(name) or str(usual)
    if not (written.isascii() and written.isdigit() and least <= int(written) <= most):
        raise RefusedToServe(f"{name} is not a whole number from {least} to {most}. Write for example {name}={usual}.")
    return int(written)


def _public(environ: Mapping[str, str], listens: str) -> str:
    written = environ.get("MAGFLAG_PUBLIC_URL") or listens
    if not is_address(written):
        raise RefusedToServe(
            "MAGFLAG_PUBLIC_URL is not an absolute address. Write for example MAGFLAG_PUBLIC_URL=https://cds.example.org"
        )
    return written.rstrip("/")


def address_of(host: str, port: int) -> str:
    """Return the address of what listens on `host` and `port`."""
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def is_loopback(host: str) -> bool:
    """Say whether only this machine can reach `host`; a name other than localhost is not looked up."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
