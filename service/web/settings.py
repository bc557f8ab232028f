"""The settings of the web layer: environment variables with the prefix MAGFLAG_."""

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass

# Name, default, meaning. The table in the documentation is held against this one.
SETTINGS = (
    ("MAGFLAG_RULES", "the rules installed", "Another rules folder."),
    ("MAGFLAG_DOCUMENTS", "none", "Folder of the five documents, for their own words where the hash agrees."),
    ("MAGFLAG_WORKERS", "1", "How many processes answer requests; each has its own engine."),
    ("MAGFLAG_MAX_EVALUATIONS", "32", "How many evaluations one process takes on at once; more are answered with 503."),
    (
        "MAGFLAG_AUTH",
        "off on loopback",
        "Whether callers need a token. Only off, on a loopback address, exists so far.",
    ),
)

MOST_WORKERS = 64
MOST_EVALUATIONS = 1024


class RefusedToServe(Exception):
    """A setting or an address that cannot be; the message says which, and what to write instead."""


@dataclass(frozen=True, slots=True)
class Settings:
    """How the web layer runs."""

    workers: int = 1
    max_evaluations: int = 32


def read_settings(environ: Mapping[str, str]) -> Settings:
    """Return the settings, or raise RefusedToServe."""
    return Settings(
        workers=_count(environ, "MAGFLAG_WORKERS", Settings().workers, MOST_WORKERS),
        max_evaluations=_count(environ, "MAGFLAG_MAX_EVALUATIONS", Settings().max_evaluations, MOST_EVALUATIONS),
    )


def _count(environ: Mapping[str, str], name: str, default: int, most: int) -> int:
    written = environ.get(name) or str(default)
    if not (written.isascii() and written.isdigit() and 1 <= int(written) <= most):
        raise RefusedToServe(f"{name} is not a whole number from 1 to {most}. Write for example {name}={default}.")
    return int(written)


def check_access(host: str, auth: str | None) -> None:
    """Raise RefusedToServe unless it is safe to answer callers without asking who they are."""
    if auth not in (None, "", "off", "required"):
        raise RefusedToServe("MAGFLAG_AUTH is neither off nor required. Leave it unset on a loopback address.")
    if auth == "required":
        raise RefusedToServe(
            "MAGFLAG_AUTH=required is not built yet, so magflag cannot tell one caller from another. "
            "Unset it, and serve on a loopback address: magflag serve --host 127.0.0.1"
        )
    if not is_loopback(host):
        raise RefusedToServe(
            "This address can be reached from other machines, and magflag cannot authenticate callers yet. "
            "Serve on a loopback address: magflag serve --host 127.0.0.1"
        )


def is_loopback(host: str) -> bool:
    """Say whether only this machine can reach `host`; a name other than localhost is not looked up."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
