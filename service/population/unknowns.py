"""What is unknown of how many patients: noted part by part beside the output, and added up at the end."""

from collections.abc import Iterable, Mapping

from service.population.engine import Row
from service.population.state import Aside


def note_unknowns(aside: Aside, part: int, rows: Iterable[Row]) -> None:
    """Note rows of fact, reason, patients and flags (FlagsQuery.unknowns) of a part of the patients."""
    found = sorted([*row[:2], *map(int, row[2:])] for row in rows)
    aside.note(f"unknowns-{part:05d}.json", {"unknowns": found})


def unknowns_of(aside: Aside) -> Mapping[tuple[str, str], tuple[int, int]]:
    """Return, by fact and reason, of how many patients it is unknown and how many flags that leaves open."""
    found: dict[tuple[str, str], tuple[int, int]] = {}
    for file in sorted(aside.folder.glob("unknowns-*.json")):
        for fact, reason, patients, flags in (aside.noted(file.name) or {})["unknowns"]:
            before = found.get((fact, reason), (0, 0))
            found[fact, reason] = before[0] + patients, before[1] + flags
    return found
