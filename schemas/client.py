"""A client as the clients file describes it (contract, section 6)."""

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Smart:
    """How we are registered at an EHR as an app that it launches (SMART App Launch 2, EHR launch).

    With a `secret` or a `private_key` (a JWK) we prove who we are (confidential); with neither we are public. `servers`
    are addresses that its login may use besides the FHIR servers: where tokens are given, and its keys.
    """

    client_id: str
    redirect: str | None = None
    scopes: str | None = None
    secret: str | None = field(default=None, repr=False)
    private_key: dict[str, Any] | None = field(default=None, repr=False)
    servers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Client:
    """One EHR that may call: who it is, how its calls are known, and what it may use.

    `audience` holds base addresses: the base itself or any address below it is meant. `jwks` is a static key set,
    `jku` the one address a key set may be fetched from. `services` None means all. `fhir_servers` are base addresses
    that may be asked for data that prefetch left out; empty means prefetch only. `flavour` names EHR peculiarities.
    Without `smart` it does not launch us.
    """

    name: str
    tenant: str
    issuer: str
    audience: tuple[str, ...]
    jwks: tuple[dict[str, Any], ...] = field(default=(), repr=False)
    jku: str | None = None
    services: frozenset[str] | None = None
    fhir_servers: tuple[str, ...] = ()
    max_token_seconds: int = 300
    origins: tuple[str, ...] = ()
    flavour: str = "generic"
    token_tenant: str | None = None
    smart: Smart | None = None


# Who calls when authentication is off: this machine only.
NOBODY = Client(name="local", tenant="local", issuer="", audience=())
