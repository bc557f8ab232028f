"""What reading an input found, whatever it holds."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class Read:
    """What reading found: the day, how many lines of what, and how many were rejected, by reason in words."""

    as_of: date
    lines: int
    resources: Mapping[str, int]
    not_read: Mapping[str, int]
    reasons: Mapping[str, int]

    @property
    def share(self) -> float:
        """The share of lines that were rejected."""
        return sum(self.reasons.values()) / self.lines if self.lines else 0.0
