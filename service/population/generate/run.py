"""Generates a population: chart after chart into the files of an export, in memory that does not grow."""

from collections import defaultdict
from collections.abc import Callable
from pathlib import Path

from service.population.generate.chart import Charts
from service.population.generate.files import Export
from service.population.generate.wishes import Wish

# So many charts are kept before they are written: few enough to stay in the processor's own memory.
AT_ONCE = 50


def generate(wish: Wish, folder: Path, tell: Callable[[int], None] = lambda _: None) -> None:
    """Write the patients wished for into a folder; tell how many more are done, from time to time.

    Raise NotEmpty where the folder holds something, and OSError where it cannot be written.
    """
    charts = Charts(wish)
    with Export(folder, wish.files, wish.gzip) as export:
        export.add("Medication", charts.shelf.formulary)
        for first in range(0, wish.patients, AT_ONCE):
            numbers = range(first, min(first + AT_ONCE, wish.patients))
            _write(charts, numbers, export)
            tell(len(numbers))


def _write(charts: Charts, numbers: range, export: Export) -> None:
    lines: defaultdict[str, list[str]] = defaultdict(list)
    for number in numbers:
        for kind, added in charts.of(number)[1].items():
            lines[kind] += added
    for kind, together in lines.items():
        export.add(kind, together)
