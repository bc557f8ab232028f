"""Reads an input into tables, on whichever engine, and notes what was found and which lines were not used."""

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from service.facts.in_sql.dictionary import Dictionary
from service.facts.in_sql.tables import INT, RECORDED, TEXT, dictionary_tables
from service.knowledge.model import Pack
from service.population.duck import Duck
from service.population.engine import Engine
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
MISTAKES = "The profile holds mistakes."


class Intake:
    """Reads `found` with the rules of `pack`; `engine` holds the tables, and `duck` names the lines not used."""

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
        reading = read_charts(engine, self._found, self._dictionary, as_of, self._aside)
        counts = reading.counts()
        if engine is not duck:
            people = engine.rows("SELECT pid, patient FROM person")
            duck.load("person", PERSON, ({"pid": pid, "patient": patient} for pid, patient in people))
        files = [file for file in self._found.files if counts.concerns(file)]
        # Spark counts most of what a strict reader refuses as no resource, but for a member that stands twice.
        terms = reading.not_strict, "TRUE" if engine is duck else reading.twice
        rejected = (line for file in files for line in rejected_lines(duck, self._found, file, *terms))
        reasons, counted = self._note(rejected)
        resources, others = (_less(kinds, counted) for kinds in (counts.resources, counts.not_read))
        return Read(as_of, counts.lines, resources, others, reasons)

    def _profiles(self, engine: Engine) -> Read:
        profiles = ProfileLines(self._found, self._dictionary, self._request.as_of, self._request.today)
        profiles.read(engine, self._aside.folder)
        try:
            day = profiles.day
        except SeveralDays:
            raise Stopped("These profiles name different days of evaluation (as_of); say which with --as-of.") from None
        count = sum(self._note(profiles.rejected)[0].values())
        read = {"Profile": engine.count("SELECT count(*) FROM person")}
        return Read(day, profiles.lines, read, {}, {MISTAKES: count} if count else {})

    def _note(self, rejected: Iterable[Rejected]) -> tuple[Counter[str], Counter[str]]:
        """Write the lines that were not used; count them by reason, and those by type that were counted as read."""
        reasons, kinds = Counter[str](), Counter[str]()
        with self._aside.path(REJECTED).open("w", encoding="utf-8") as written:
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


def read_charts(engine: Engine, found: Input, dictionary: Dictionary, as_of: date, aside: Aside) -> Reading:
    """Read FHIR Bulk Data into tables, also the odd charts."""
    engine.read_lines(found.files)
    reading = Reading(engine, dictionary.pack, as_of)
    reading.lines()
    reading.people()
    reading.products()
    reading.wordings(dictionary)
    reading.resources()
    with RowFiles(aside.folder, "odd_", RECORDED) as files:
        for rows in OddCharts(engine, as_of, dictionary).rows():
            files.add(rows)
    files.load(engine)
    return reading
