"""Looks at all lines before anything is read of them: of which shapes they are, and how long."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from service.population.duck import Duck, LineTooLong
from service.population.fhir.doubtful import find_shapes
from service.population.inputs import LONGEST_LINE, without_long_lines

# DuckDB counts ends and blanks of a line in or out; so a line that is almost too long is looked at byte by byte.
NEARLY = LONGEST_LINE - 1024


def look_at_lines(duck: Duck, files: Sequence[Path], folder: Path) -> Mapping[Path, Path]:
    """Make the views of lines and the table `shape`; return where each file is read.

    That is the file itself, or a copy in `folder` without the lines that are too long: neither engine has room for any.
    """
    read = {file: file for file in files}
    if not _are_short(duck, read):
        for number, file in enumerate(files):
            copy = folder / f"copied{number}-{file.name}"
            if without_long_lines(file, copy):
                read[file] = copy
        _look(duck, read)
    return read


def _are_short(duck: Duck, read: Mapping[Path, Path]) -> bool:
    try:
        return _look(duck, read) < NEARLY
    except LineTooLong:
        return False


def _look(duck: Duck, read: Mapping[Path, Path]) -> int:
    duck.read_lines([*read.values()])
    return find_shapes(duck)
