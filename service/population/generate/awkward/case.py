"""One patient's chart while something goes wrong in it."""

import json
from collections.abc import Callable, Mapping
from datetime import date, timedelta
from typing import Any

from service.population.generate.resources import Resource, line_of
from service.population.generate.wishes import Dice

Chart = dict[str, list[str]]
Fits = Callable[[str], bool]
Change = Callable[[Resource], None]

# How old a resource is that is added because something is to go wrong with it.
SPARE_AGE = 20
# Whose type has no subject: these are not drawn where something goes wrong with any resource of the patient.
WITHOUT_SUBJECT = ("Patient", "Medication")


def is_plain_result(line: str) -> bool:
    """Whether this is a laboratory result with a quantity that rules may use; of HbA1c none does."""
    return '"valueQuantity":{' in line and '"laboratory"' in line and '"component"' not in line and "4548-4" not in line


def anything(line: str) -> bool:
    """Whether this is a resource."""
    return line.startswith('{"resourceType"')


def read(line: str) -> Resource:
    """Return the resource of a line."""
    resource: Resource = json.loads(line)
    return resource


class Case:
    """The chart, and the means to spoil it: chance, words, moments, and spare resources where the chart has none."""

    def __init__(self, dice: Dice, spare: Mapping[str, list[str]], words: Mapping[str, Any], as_of: date) -> None:
        self.dice, self.pick, self.words = dice, dice.pick, words
        self._spare, self._as_of = spare, as_of
        self.who, self.chart, self._added = "", Chart(), 0

    def open(self, who: str, chart: Chart) -> "Case":
        """Turn to the chart of a patient."""
        self.who, self.chart, self._added = who, chart, 0
        return self

    def day(self, ago: int = 0) -> str:
        """Return the day so many days before the export; after it, where they are less than none."""
        return (self._as_of - timedelta(days=ago)).isoformat()

    def new_id(self) -> str:
        """Return an id that nothing in the chart has."""
        self._added += 1
        return f"{self.who}-x{self._added}"

    def lines(self, kind: str) -> list[str]:
        """Return the lines of a type, of which there may be none."""
        return self.chart.setdefault(kind, [])

    def add(self, kind: str, resource: Resource) -> None:
        """Add a resource to the lines of a type."""
        self.lines(kind).append(line_of(resource))

    def place(self, kind: str, fits: Fits = anything) -> int:
        """Return where a fitting line stands; one is added where there is none."""
        lines = self.lines(kind)
        places = [at for at, line in enumerate(lines) if fits(line)]
        if places:
            return self.pick(places)
        self._added += 1
        lines.append(self.pick(self._spare[kind]) % (self.who, f"x{self._added}", self.who, self.day(SPARE_AGE)))
        return len(lines) - 1

    def change(self, kind: str, change: Change, fits: Fits = anything) -> None:
        """Change a fitting resource of a type."""
        at = self.place(kind, fits)
        resource = self.copy_at(kind, at)
        change(resource)
        self.lines(kind)[at] = line_of(resource)

    def copy(self, kind: str, fits: Fits = anything) -> Resource:
        """Return a fitting resource of a type, which may be changed without changing the chart."""
        return self.copy_at(kind, self.place(kind, fits))

    def copy_at(self, kind: str, at: int) -> Resource:
        """Return the resource of a line."""
        return read(self.lines(kind)[at])

    def change_result(self, change: Change) -> None:
        """Change a result that rules may use."""
        self.change("Observation", change, is_plain_result)

    def a_type(self, but: tuple[str, ...] = WITHOUT_SUBJECT) -> str:
        """Return a type of which the chart has lines, Condition where it has none."""
        return self.pick([kind for kind, lines in self.chart.items() if lines and kind not in but] or ["Condition"])

    def person(self, change: Change) -> None:
        """Change the patient."""
        self.change("Patient", change)
