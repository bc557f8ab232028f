"""Reads an input into tables, on whichever engine, and notes what was found and which lines were not used."""

import json
import shutil
from collections import Counter
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path
from typing import Any

from service.facts.in_sql.dictionary import Dictionary
from service.facts.in_sql.tables import INT, RECORDED, TEXT, YES_NO, Columns, dictionary_tables
from service.knowledge.model import Pack
from service.population.duck import Duck
from service.population.engine import Engine
from service.population.fhir.doubtful import find_doubtful
from service.population.fhir.look import look_at_lines
from service.population.fhir.odd import OddCharts
from service.population.fhir.reading import Reading
from service.population.fhir.rejected import rejected_lines
from service.population.inputs import FHIR, Input
from service.population.profiles import ProfileLines, SeveralDays
from service.population.read import Read
from service.population.request import Request, Stopped
from service.population.row_files import RowFiles
from service.population.state import Aside
from service.population.summary import REJECTED

Rejected = dict[str, Any]
PERSON = {"pid": INT, "patient": TEXT}
DOUBTFUL = {"file": TEXT, "line": TEXT, "is_twice": YES_NO}
# So many files are looked through at once for lines not used: each takes some of the memory.
MOST_AT_ONCE = 4
MISTAKES = "The profile holds mistakes."


class Intake:
    """Reads `found` with the rules of `pack`; `engine` holds the tables.

    Whichever it is, `duck` looks at all lines beforehand, and names those that were not used.
    """

    def __init__(self, request: Request, found: Input, pack: Pack, aside: Aside) -> None:
        self._request, self._found, self._aside = request, found, aside
        self._dictionary = Dictionary(pack)

    def read(self, engine: Engine, duck: Duck) -> Read:
        """Read everything; raise Stopped where the profiles name different days."""
        read = self._fhir(engine, duck) if self._found.kind == FHIR else self._profiles(engine)
        load_dictionary(engine, self._dictionary)
        return read

    def _fhir(self, engine: Engine, duck: Duck) -> Read:
        as_of = self._request.as_of or self._request.today
        read = look_at_lines(duck, self._found.files, self._aside.folder)
        find_doubtful(duck)
        if engine is not duck:
            engine.read_lines([*read.values()])
            _lend(engine, duck, "doubtful", DOUBTFUL)
        counts = read_charts(engine, self._dictionary, as_of, self._aside).counts()
        if engine is not duck:
            _lend(duck, engine, "person", PERSON)
        named = counts.files | {str(row[0]) for row in duck.rows("SELECT DISTINCT file FROM doubtful")}
        files = {file: where for file, where in read.items() if {str(file), str(where)} & named}
        # Spark counts most of what a strict reader refuses as no resource, but for a member that stands twice.
        reasons, kinds = self._note_rejected(duck, files, "TRUE" if engine is duck else "is_twice")
        for copy in set(read.values()) - set(self._found.files):
            copy.unlink()
        resources, others = (_less(each, kinds) for each in (counts.resources, counts.not_read))
        return Read(as_of, duck.count("SELECT sum(lines) FROM shape"), resources, others, reasons)

    def _note_rejected(self, duck: Duck, files: Mapping[Path, Path], counted: str) -> tuple[Counter[str], Counter[str]]:
        """Note the lines of several files at once, the largest first, and put them one behind the other."""
        parts = {file: self._aside.path(f"{REJECTED}.{number}") for number, file in enumerate(files)}

        def note(file: Path) -> tuple[Counter[str], Counter[str]]:
            return _note(rejected_lines(duck, self._found, file, files[file], counted), parts[file])

        largest_first = sorted(files, key=lambda file: file.stat().st_size, reverse=True)
        with duck.lines_first(), ThreadPoolExecutor(min(duck.threads, MOST_AT_ONCE)) as pool:
            noted = dict(zip(largest_first, pool.map(note, largest_first), strict=True))
        with self._aside.path(REJECTED).open("wb") as written:
            for part in parts.values():
                with part.open("rb") as lines:
                    shutil.copyfileobj(lines, written)
                part.unlink()
        reasons, kinds = zip(*(noted[file] for file in files), strict=True) if files else ((), ())
        return sum(reasons, Counter()), sum(kinds, Counter())

    def _profiles(self, engine: Engine) -> Read:
        profiles = ProfileLines(self._found, self._dictionary, self._request.as_of, self._request.today)
        profiles.read(engine, self._aside.folder)
        try:
            day = profiles.day
        except SeveralDays:
            raise Stopped("These profiles name different days of evaluation (as_of); say which with --as-of.") from None
        count = sum(_note(profiles.rejected, self._aside.path(REJECTED))[0].values())
        read = {"Profile": engine.count("SELECT count(*) FROM person")}
        return Read(day, profiles.lines, read, {}, {MISTAKES: count} if count else {})


def _lend(engine: Engine, other: Engine, table: str, columns: Columns) -> None:
    """Let an engine know a table of the other."""
    rows = other.rows(f"SELECT {', '.join(columns)} FROM {table}")
    engine.load(table, columns, (dict(zip(columns, row, strict=True)) for row in rows))


def _note(rejected: Iterable[Rejected], file: Path) -> tuple[Counter[str], Counter[str]]:
    """Write lines that were not used; count them by reason, and those by type that were counted as read."""
    reasons, kinds = Counter[str](), Counter[str]()
    with file.open("w", encoding="utf-8") as written:
        for line in rejected:
            kind = line.pop("kind", None)
            kinds.update([kind] if kind else [])
            reasons[line["reason"]] += 1
            written.write(json.dumps(line, ensure_ascii=False) + "\n")
    return reasons, kinds


def _less(kinds: Mapping[str, int], counted: Counter[str]) -> dict[str, int]:
    """Return how many lines of each type were used."""
    left = {kind: count - counted[kind] for kind, count in kinds.items()}
    return {kind: count for kind, count in left.items() if count}


def load_dictionary(engine: Engine, dictionary: Dictionary) -> None:
    """Make the tables of what entries and values mean."""
    rows = {"meaning": dictionary.meanings, "hit": dictionary.hits, "measure": dictionary.measures}
    for name, columns in dictionary_tables(len(dictionary.pack.facts)).items():
        engine.load(name, columns, rows[name])


def read_charts(engine: Engine, dictionary: Dictionary, as_of: date, aside: Aside) -> Reading:
    """Read lines of FHIR that were looked at into tables, also the odd charts."""
    reading = Reading(engine, dictionary.pack, as_of)
    reading.referred()
    reading.people()
    reading.products()
    reading.wordings(dictionary)
    reading.resources()
    with RowFiles(aside.folder, "odd_", RECORDED) as files:
        for rows in OddCharts(engine, as_of, dictionary).rows():
            files.add(rows)
    files.load(engine)
    return reading
