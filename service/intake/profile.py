"""From bytes to a Profile."""

import hashlib
import json
from dataclasses import dataclass
from datetime import date
from typing import Any

from schemas.profile import Profile
from schemas.profile_schema import load_profile
from service.intake.strict_json import parse


@dataclass(frozen=True, slots=True)
class Received:
    """A profile as received, and the SHA-256 of what was sent (keys sorted, no spaces)."""

    profile: Profile
    sha256: str


def receive(body: bytes, today: date) -> Received:
    """Return the profile in a JSON body; raise Refused with every mistake. `today` stands in for an absent `as_of`."""
    return received(parse(body), today)


def received(data: Any, today: date) -> Received:
    """Return the profile in parsed data."""
    profile = load_profile(data, today)
    canonical = json.dumps(data, sort_keys=True, ensure_ascii=False, separators=(",", ":"), default=str)
    return Received(profile, hashlib.sha256(canonical.encode()).hexdigest())
