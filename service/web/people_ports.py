"""What the pages need so that people can log in; `service.wiring` provides it, and a test may provide a pretence."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from schemas.person import Launched, Login, Session
from schemas.review import Actor
from service.trust.asking import Question


class Sessions(Protocol):
    """Who is logged in. An id is 256 random bits as text, in one cookie and nowhere else."""

    def open(self, login: Login, now: datetime, instead_of: str | None = None) -> str:
        """Make a session and return its id; the one it comes instead of ends with it."""
        ...

    def find(self, known: str, now: datetime) -> Session | None:
        """Return the session of an id, if it is still good."""
        ...

    def close(self, known: str) -> None:
        """End a session."""
        ...


class OpenId(Protocol):
    """The provider by whom people are known. Both raise FetchFailed where it does not answer as it should."""

    def begin(self, question: Question, now: datetime) -> str:
        """Return the address to send a browser to."""
        ...

    def finish(self, question: Question, code: str, issuer: str | None, now: datetime) -> Actor:
        """Return who it was, for the code that came back and the issuer it names; raise Untrusted or NotListed."""
        ...


class Launches(Protocol):
    """The EHRs that may launch us. Both raise FetchFailed, and Untrusted for a server that nobody listed."""

    def begin(self, server: str, launch: str, question: Question, now: datetime) -> str:
        """Return the address to send a browser to, for a launch from a FHIR server."""
        ...

    def finish(self, server: str, question: Question, code: str, issuer: str | None, now: datetime) -> Launched:
        """Return what the launch brought, for the code that came back; the access token is forgotten."""
        ...


@dataclass(frozen=True, slots=True)
class People:
    """How people are known. Where `is_asked` is False nobody is asked who they are: on this machine only.

    Without `sessions` nobody can log in; without `openid` or `launches`, not in that way.
    """

    sessions: Sessions | None = None
    is_asked: bool = False
    openid: OpenId | None = None
    launches: Launches | None = None
