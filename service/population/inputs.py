"""What a screening reads: FHIR Bulk Data files, or lines of profiles; found, told apart and named by content."""

import gzip
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Literal

ENDINGS = (".ndjson", ".ndjson.gz", ".jsonl", ".jsonl.gz")
FHIR, PROFILES = "fhir", "profile"
# Where the first lines are broken, what a file holds is seen from one further down.
LOOKED_AT = 1000
# In bytes. A resource may be large: a questionnaire, a scanned letter. A longer line is not read as one.
LONGEST_LINE = 16 * 1024 * 1024


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
    """Yield the lines of a file that are not blank, with numbers from 1; raise NothingToRead for a broken file.

    Of a line that is too long only the beginning is here, which is too long as well.
    """
    for number, line in enumerate(_ended_lines(file), 1):
        if line.strip():
            yield number, line if _is_cut(line) else line.rstrip(b"\r\n")


def is_too_long(line: bytes) -> bool:
    """Return whether a line of `lines_of` is longer than what is read."""
    return len(line) > LONGEST_LINE


def without_long_lines(file: Path, copy: Path) -> bool:
    """Copy a file if a line of it is too long, with something short that is not JSON in its place; return if so."""
    if not any(map(_is_cut, _ended_lines(file))):
        return False
    with _opened(copy, "wb") as written:
        for line in _ended_lines(file):
            written.write(b"too long\n" if _is_cut(line) else line)
    return True


def _ended_lines(file: Path) -> Iterator[bytes]:
    """Yield lines with their ends; of one that is too long the beginning, without an end."""
    try:
        with _opened(file, "rb") as lines:
            while line := lines.readline(LONGEST_LINE + 1):
                yield line if not _is_cut(line) or _says_something(line, lines) else b"\n"
    except (OSError, EOFError) as error:
        raise NothingToRead(f"{file.name} cannot be read: {error.__class__.__name__}.") from None


def _is_cut(line: bytes) -> bool:
    return len(line) > LONGEST_LINE and not line.endswith(b"\n")


def _says_something(line: bytes, lines: IO[bytes]) -> bool:
    """Read a line that was cut to its end; return whether anything in it is not blank."""
    found = bool(line.strip())
    while (rest := lines.readline(LONGEST_LINE)) and not rest.endswith(b"\n"):
        found = found or bool(rest.strip())
    return found or bool(rest.strip())


def _opened(file: Path, mode: Literal["rb", "wb"]) -> IO[bytes]:
    if file.name.lower().endswith(".gz"):
        return gzip.open(file, mode, compresslevel=1)  # type: ignore[return-value]
    return file.open(mode)
