"""What the web layer needs of the rest; `service.wiring` provides it, and a test may provide a pretence of it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from schemas.client import Client
from schemas.review import Actor, Decision, Difference, Event, Kept, KeptAdvisory, Page, Replay, Wanted
from service.presenters.plain import Answer
from service.review.background import Background


class Service(Protocol):
    """The stages behind one door.

    `schemas.problem.Refused` is answered with its own status. An exception with a number `retry_after` is answered
    with 503 and that many seconds; any other with 500. Neither the caller nor the log is ever told its message.
    """

    @property
    def reviews(self) -> "Reviews | None":
        """Return what is kept for review; None where nothing is kept."""
        ...

    def evaluate(self, body: bytes, *, now: datetime, explain: bool) -> Answer:
        """Return the JSON text of the advisory for the profile in `body`."""
        ...

    def cds_services(self, *, client: Client) -> bytes:
        """Return the JSON text of the discovery response: the services that a client may call."""
        ...

    def hook(self, service_id: str, body: bytes, *, now: datetime, client: Client, base: str) -> Answer:
        """Return the JSON text of the cards for the call in `body`; raise Refused (404) for a service we have not."""
        ...

    def feedback(self, service_id: str, body: bytes, *, now: datetime, client: Client) -> tuple[str, ...]:
        """Keep what `body` says became of cards, and return the outcomes; raise Refused (404) as `hook` does."""
        ...

    def feedback_summary(self, *, tenant: str) -> dict[str, Any]:
        """Return how a tenant's cards fared, in counts."""
        ...

    def advise(self, body: bytes, *, now: datetime, base: str) -> Answer:
        """Return the JSON text of a Bundle of advice for the Bundle in `body`."""
        ...

    def capability(self, base: str) -> dict[str, Any]:
        """Return the CapabilityStatement."""
        ...

    def operation(self) -> dict[str, Any]:
        """Return the OperationDefinition of $advise."""
        ...

    def rules(self) -> list[dict[str, Any]]:
        """Return every rule in short."""
        ...

    def rule(self, rule_id: str, /) -> dict[str, Any] | None:
        """Return one rule with its sources, or None."""
        ...

    def claim(self, claim_id: str, /) -> dict[str, Any] | None:
        """Return one claim with its sources, or None; also None for a claim that is never shown."""
        ...

    def sources(self) -> list[dict[str, Any]]:
        """Return the documents and the references."""
        ...

    def source(self, source_id: str, /) -> dict[str, Any] | None:
        """Return one source with the claims that rest on it, or None."""
        ...

    def pack(self) -> dict[str, Any]:
        """Return name, version and hash of the rules that answer."""
        ...

    def ready(self) -> tuple[bool, dict[str, Any]]:
        """Say whether an evaluation would be answered now, and what that rests on."""
        ...


class Reviews(Protocol):
    """Advisories kept for review, and what clinicians decide on them.

    Another tenant's advisory is as if it were not there: None from `one` and `previous`, Refused (404) from the rest.
    """

    def keep(self, body: bytes, *, kind: str, actor: Actor, now: datetime, key: str | None) -> Kept:
        """Evaluate a profile (kind: profile) or a Bundle (kind: fhir), and keep input and answer.

        A retry with the same `key` gives what was kept; with another body it raises Refused (422).
        """
        ...

    def worklist(self, tenant: str, wanted: Wanted, cursor: str | None, size: int) -> Page:
        """Return one page of a tenant's advisories; raise Refused (422) for a cursor that is none of ours."""
        ...

    def one(self, tenant: str, advisory_id: str, /) -> KeptAdvisory | None:
        """Return one advisory with the decisions that stand."""
        ...

    def viewed(self, tenant: str, advisory_id: str, actor: Actor, now: datetime, /) -> None:
        """Keep in the history that somebody looked at an advisory."""
        ...

    def decide(
        self, tenant: str, advisory_id: str, decision: Decision, revision: int, actor: Actor, now: datetime, /
    ) -> int:
        """Keep a decision and return the new revision; raise Conflict, or Refused (422) if it is not valid."""
        ...

    def sign(self, tenant: str, advisory_id: str, revision: int, actor: Actor, now: datetime, /) -> int:
        """Sign and return the new revision; raise Conflict, or Refused (422) naming the flags without a decision."""
        ...

    def history(self, tenant: str, advisory_id: str, /) -> tuple[Event, ...]:
        """Return what happened to an advisory, oldest first."""
        ...

    def replay(self, tenant: str, advisory_id: str, /) -> Replay:
        """Evaluate again with the stored rules and compare byte for byte."""
        ...

    def diff(self, tenant: str, advisory_id: str, other: str, /) -> Difference:
        """Compare two advisories of a tenant, whichever way round they are named: the older with the newer."""
        ...

    def background(self, tenant: str, advisory_id: str, /) -> Background | None:
        """Evaluate again with the stored rules, for what a page shows; None where that cannot be done any more."""
        ...

    def previous(self, tenant: str, advisory_id: str, /) -> str | None:
        """Return the advisory of the same patient before this one."""
        ...


class Bearer(Protocol):
    """Whoever holds a token of ours: a role, within a tenant."""

    @property
    def name(self) -> str:
        """Return what the history calls them."""
        ...

    @property
    def role(self) -> str:
        """Return one of the words of `service.web.access.Role`."""
        ...

    @property
    def tenant(self) -> str:
        """Return whose patients these are."""
        ...


@dataclass(frozen=True, slots=True)
class Guard:
    """How callers are known. Where a part is None, nobody is asked who they are: on this machine only.

    `verify` returns the client that signed the token of an Authorization header, or raises
    `service.trust.untrusted.Untrusted`. `find` returns whoever holds a token of ours, or None. `origins` are those
    whose pages may read our answers in a browser (CORS).
    """

    verify: Callable[[str | None, datetime], Client] | None = None
    find: Callable[[str, datetime], Bearer | None] | None = None
    origins: frozenset[str] = frozenset()
