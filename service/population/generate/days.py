"""When things were: moments before the day of the export, as records write them."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from service.population.generate.wishes import Dice

MOMENTS = 4096
CLOCK = ("T07:{minute:02}:00Z", "T09:{minute:02}:30+01:00", "T15:{minute:02}:12.000-05:00", "")


class Days:
    """Tables of moments of each kind of thing, drawn once and the same for every seed."""

    def __init__(self, as_of: date, ages: Mapping[str, list[dict[str, Any]]]) -> None:
        self.as_of = as_of
        self._dice = Dice("days")
        self.of = {kind: self._moments(spans) for kind, spans in ages.items()}

    def before(self, days: int) -> str:
        """Return the day so many days before the export."""
        return (self.as_of - timedelta(days=days)).isoformat()

    def _moments(self, spans: list[dict[str, Any]]) -> list[str]:
        weighted = [span for span in spans for _ in range(span["weight"])]
        return [self._moment(self._dice.pick(weighted)) for _ in range(MOMENTS)]

    def _moment(self, span: Mapping[str, Any]) -> str:
        ago = int(self._dice.between(span["from"], span["to"], 0))
        clock = self._dice.pick(CLOCK)
        return self.before(ago) + clock.format(minute=int(self._dice.draw() * 60))
