"""What an advisory said, read from the very bytes that were answered."""

import json
from dataclasses import dataclass
from typing import Any

from service.assess import Advisory


@dataclass(frozen=True, slots=True)
class Told:
    """One flag as far as deciding and comparing need it; `outcome` is raised or cannot_say."""

    rule: str
    outcome: str
    severity: str


def told_in(answer: bytes) -> tuple[Told, ...]:
    """Return the flags of an answer, in its order."""
    flags: list[dict[str, Any]] = json.loads(answer)["flags"]
    return tuple(Told(flag["rule"], flag["outcome"], flag["severity"]) for flag in flags)


def told_by(advisory: Advisory) -> tuple[Told, ...]:
    """Return the flags of an advisory, in its order."""
    return tuple(Told(flag.rule.id, flag.outcome, flag.severity) for flag in advisory.flags)
