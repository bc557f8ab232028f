"""A card before it has its uuid: what it says, and what it is sorted by."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from service.knowledge.model import SEVERITIES
from service.presenters.inert import fits, one_line, shortened

LONGEST_SUMMARY = 139
RULES = "/rules"
# Among cards of equal weight: what stands for itself, what is left of that, what is open, the rest.
KINDS = ("flag", "more", "cannot_say", "other", "evidence")


@dataclass(frozen=True, slots=True)
class Draft:
    """One card; `selected` says that it is about an order that is being chosen, `path` where its rules stand."""

    kind: str
    rules: tuple[str, ...]
    indicator: str
    selected: bool
    summary: str
    detail: str
    topic: dict[str, str]
    path: str
    provenance: dict[str, Any]

    @property
    def place(self) -> tuple[int, bool, int, str]:
        """The order of cards: by indicator, then what is being chosen, then kind, then rule."""
        return (
            SEVERITIES.index(self.indicator),
            not self.selected,
            KINDS.index(self.kind),
            self.rules[0] if self.rules else "",
        )


def worst(indicators: Iterable[str]) -> str:
    """Return the gravest, info if there are none."""
    return min(indicators, key=SEVERITIES.index, default=SEVERITIES[-1])


def naming(lead: str, names: Iterable[str], most: int = LONGEST_SUMMARY) -> str:
    """Return the lead with as many names as fit, and how many more there are."""
    known = [one_line(name) for name in dict.fromkeys(names)]
    best = f"{lead}."
    for count in range(1, len(known) + 1):
        rest = len(known) - count
        sentence = f"{lead}: {'; '.join(known[:count])}{f' and {rest} more' if rest else ''}."
        if not fits(sentence, most):
            break
        best = sentence
    return shortened(best, most)
