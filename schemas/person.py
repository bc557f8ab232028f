"""People at the screen: who is logged in, and the rules that say what somebody may be here."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from schemas.review import Actor

BY_NAME, BY_OPENID, BY_LAUNCH = "name", "openid", "launch"


@dataclass(frozen=True, slots=True)
class Login:
    """What a login found out, before there is a session for it.

    `by`: a typed name (name), OpenID Connect (openid) or a SMART launch (launch). A launch is for one patient:
    `advisories` are what it may open, with those of the same patient; empty is no such limit. `needs_banner` says that
    the EHR does not show beside us whose record it is.
    """

    actor: Actor
    by: str
    advisories: tuple[str, ...] = ()
    needs_banner: bool = False


@dataclass(frozen=True, slots=True)
class Session:
    """A login that is still good, until `expires` at the latest."""

    login: Login
    expires: datetime

    @property
    def actor(self) -> Actor:
        """Return who is logged in."""
        return self.login.actor


@dataclass(frozen=True, slots=True)
class Launched:
    """What a launch brought: who came, the patient's id and record (a Bundle), and what our link to here had said."""

    login: Login
    patient: str
    record: bytes
    context: str | None = None


@dataclass(frozen=True, slots=True)
class PersonRule:
    """One rule of the people file: whose `claim` is `value`, or a list that holds it, is `role` in `tenant`."""

    claim: str
    value: str
    role: str
    tenant: str
    in_list: bool = False

    def fits(self, claims: dict[str, Any]) -> bool:
        """Say whether the rule is about somebody with these claims."""
        found = _claim(claims, self.claim)
        if self.in_list:
            return isinstance(found, list) and self.value in found
        return isinstance(found, str) and found == self.value


def _claim(claims: dict[str, Any], name: str) -> Any:
    """Return a claim: of this very name, or, as Keycloak nests them, step by step: realm_access.roles."""
    if name in claims:
        return claims[name]
    found: Any = claims
    for step in name.split("."):
        found = found.get(step) if isinstance(found, dict) else None
    return found


@dataclass(frozen=True, slots=True)
class PatientBanner:
    """Whose record it is, as the EHR would show it above its own pages; what the record does not say is None."""

    name: str | None
    birth_date: str | None
    record_number: str | None
