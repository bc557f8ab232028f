"""What is wished for: how many patients, and what charts.yaml says they have."""

import random
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from importlib.resources import files
from typing import Any, TypeVar

import yaml

AS_OF = date(2026, 11, 21)
Thing = TypeVar("Thing")
# A table in which a thing stands as often as its weight says, so that one draw is one look-up.
Table = list[Thing]


@dataclass(frozen=True, slots=True)
class Wish:
    """What to generate; `awkward` multiplies how often things go wrong, 0 is never."""

    patients: int
    seed: int = 1
    as_of: date = AS_OF
    files: int = 1
    gzip: bool = False
    awkward: float = 1.0


def charts() -> dict[str, Any]:
    """Return what charts.yaml says."""
    text = (files(__package__) / "charts.yaml").read_text(encoding="utf-8")
    read: dict[str, Any] = yaml.safe_load(text)
    return read


def spread(weights: Mapping[Thing, int]) -> Table[Thing]:
    """Return each thing as often as its weight says."""
    return [thing for thing, weight in weights.items() for _ in range(weight)]


def spread_entries(entries: Iterable[dict[str, Any]]) -> Table[dict[str, Any]]:
    """Return each entry as often as its own weight says; never, where it has none."""
    return [entry for entry in entries for _ in range(entry.get("weight", 0))]


class Dice:
    """One generator of chance, and how to pick from a table with it."""

    def __init__(self, seed: int | str) -> None:
        self._random = random.Random(seed)  # noqa: S311 - Made-up patients are drawn again from their seed; no secret.
        self.draw = self._random.random
        self.start_again = self._random.seed

    def pick(self, table: Sequence[Thing]) -> Thing:
        """Return one thing of a table."""
        return table[int(self.draw() * len(table))]

    def happens(self, per_cent: float) -> bool:
        """Whether something happens that happens in so many of a hundred cases."""
        return self.draw() * 100 < per_cent

    def between(self, low: float, high: float, digits: int) -> float:
        """Return a number in a range, rounded."""
        return round(low + (high - low) * self.draw(), digits)
