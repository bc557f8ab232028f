"""What the web layer needs of the rest; `service.wiring` provides it, and a test may provide a pretence of it."""

from datetime import datetime
from typing import Any, Protocol

from service.presenters.plain import Answer


class Service(Protocol):
    """The stages behind one door.

    `schemas.problem.Refused` is answered with its own status. An exception with a number `retry_after` is answered
    with 503 and that many seconds; any other with 500. Neither the caller nor the log is ever told its message.
    """

    def evaluate(self, body: bytes, *, now: datetime, explain: bool) -> Answer:
        """Return the JSON text of the advisory for the profile in `body`."""
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
