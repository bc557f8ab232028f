"""What a screening reads: FHIR Bulk Data files, or lines of profiles; found, told apart and named by content."""

import gzip
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

ENDINGS = (".ndjson", ".ndjson.gz", ".jsonl", ".jsonl.gz")
FHIR, PROFILES = "fhir", "profile"
# Where the first lines are broken, what a file holds is seen from one further down.
LOOKED_AT = 1000


class NothingToRead(Exception):
    """The input is not there, or holds nothing that could be read; the message says what and where."""


@dataclass(frozen=True, slots=True)
class Input:
    """The files of a screening, in order of their names below `root`, and what their lines are."""

    root: Path
    files: tuple[Path, ...]
    kind: str

    def name_of(self, file: Path | str) -> str:
        """Return a file's name below the folder that was given."""
        file = Path(file)
        return file.name if self.root == file else file.relative_to(self.root).as_posix()

    def fingerprint(self) -> list[list[str | int]]:
        """Return names, sizes and times of all files: the same input has the same."""
        states = ((self.name_of(file), file.stat()) for file in self.files)
        return [[name, state.st_size, state.st_mtime_ns] for name, state in states]


def find_input(given: Path) -> Input:
    """Return what there is to read at a path, a file or a folder; raise NothingToRead."""
    if given.is_file():
        files: tuple[Path, ...] = (given,)
    elif given.is_dir():
        found = (path for path in given.rglob("*") if path.is_file() and path.name.lower().endswith(ENDINGS))
        files = tuple(sorted(found, key=lambda path: path.relative_to(given).as_posix()))
    else:
        raise NothingToRead(f"{given} is not there.")
    kinds = {kind for file in files if (kind := _kind_of(file))}
    if not kinds:
        raise NothingToRead(f"{given} holds no lines of JSON; files of a folder end in {', '.join(ENDINGS)}.")
    if len(kinds) > 1:
        raise NothingToRead(f"{given} holds both FHIR resources and profiles; screen them apart.")
    return Input(given, files, kinds.pop())


def _kind_of(file: Path) -> str | None:
    """Return what the lines of a file are, from the first that is a JSON object; None where none is."""
    for number, line in lines_of(file):
        if number > LOOKED_AT:
            return None
        try:
            found = json.loads(line)
        except (ValueError, RecursionError):
            continue
        if isinstance(found, dict):
            return FHIR if "resourceType" in found else PROFILES
    return None


def lines_of(file: Path) -> Iterator[tuple[int, bytes]]:
    """Yield the lines of a file that are not blank, with numbers from 1; raise NothingToRead for a broken file."""
    try:
        with _opened(file) as lines:
            for number, line in enumerate(lines, 1):
                if line.strip():
                    yield number, line.rstrip(b"\r\n")
    except (OSError, EOFError) as error:
        raise NothingToRead(f"{file.name} cannot be read: {error.__class__.__name__}.") from None


def _opened(file: Path) -> IO[bytes]:
    return gzip.open(file, "rb") if file.name.lower().endswith(".gz") else file.open("rb")  # type: ignore[return-value]
