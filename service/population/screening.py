"""Screens a population: reads it, derives and flags every patient, writes what is found. The clock is an argument."""

import json
from collections import Counter
from collections.abc import Iterator
from datetime import date
from importlib.metadata import version
from typing import Any, Protocol

from service.facts.in_sql.dictionary import Dictionary
from service.facts.in_sql.tables import RECORDED, dictionary_tables
from service.knowledge.model import Pack
from service.population.chunks import PATIENTS, RULES, Chunks
from service.population.deriving import queries
from service.population.duck import DATABASE, Duck
from service.population.engine import Engine
from service.population.fhir.odd import OddCharts
from service.population.fhir.reading import Reading
from service.population.fhir.rejected import rejected_lines
from service.population.inputs import FHIR, Input, find_input
from service.population.profiles import ProfileLines, SeveralDays
from service.population.read import Read
from service.population.request import Request, Stopped, TooManyRejected
from service.population.row_files import RowFiles
from service.population.state import READ, Aside
from service.population.summary import KEPT, REJECTED, write_summary

Rejected = dict[str, Any]


class Progress(Protocol):
    """Is told what is being done, and how far it is."""

    def begin(self, what: str, total: int | None = None) -> None:
        """Say that a step begins, of so many patients where that is known."""
        ...

    def advance(self, patients: int) -> None:
        """Say that so many more patients are done."""
        ...


def screen(request: Request, pack: Pack, progress: Progress) -> dict[str, Any]:
    """Screen, and return the summary; raise NothingToRead, Stopped, NoSqlForm, or an error of the disk."""
    if request.out.exists() and (not request.out.is_dir() or any(request.out.iterdir())):
        raise Stopped(f"{request.out} is there already; name a folder that is not, or an empty one.")
    found = find_input(request.given)
    aside = Aside(request.out, _plan(request, found, pack))
    if aside.read is None:
        # What was read in part is of no use, and may have been cut off in the middle of a write.
        aside.forget(DATABASE)
    duck = Duck(aside.folder, request.memory_limit, request.threads)
    try:
        return _screen(request, found, pack, progress, aside, duck)
    finally:
        duck.close()


def _screen(request: Request, found: Input, pack: Pack, progress: Progress, aside: Aside, duck: Duck) -> dict[str, Any]:
    if aside.read is None:
        progress.begin("reading")
        _note(aside, _read(request, found, pack, aside, duck))
    read = _noted(aside)
    if read.share > request.most_rejected:
        raise _too_many(request, read, aside)
    chunks = Chunks(duck, aside, queries(pack, read.as_of, RULES), pack.terms, read.as_of)
    progress.begin("screening", duck.count("SELECT count(*) FROM person"))
    chunks.run(progress.advance)
    summary = write_summary(aside, duck, pack, read, request.engine)
    duck.close()
    aside.finish(*KEPT)
    return summary


def _plan(request: Request, found: Input, pack: Pack) -> dict[str, Any]:
    """Return what a screening depends on: with another plan, nothing of an earlier one is of use."""
    return {
        "magflag": version("magflag"), "pack": pack.sha256, "engine": request.engine, "kind": found.kind,
        "as_of": (request.as_of or request.today).isoformat(), "patients_at_once": PATIENTS,
        "input": found.fingerprint(),
    }  # fmt: skip


def _read(request: Request, found: Input, pack: Pack, aside: Aside, duck: Duck) -> Read:
    dictionary = Dictionary(pack)
    if found.kind == FHIR:
        read, rejected = _read_fhir(request, found, dictionary, aside, duck)
    else:
        read, rejected = _read_profiles(request, found, dictionary, aside, duck)
    load_dictionary(duck, dictionary)
    _write_rejected(aside, rejected)
    return read


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


def _read_fhir(
    request: Request, found: Input, dictionary: Dictionary, aside: Aside, duck: Duck
) -> tuple[Read, Iterator[Rejected]]:
    as_of = request.as_of or request.today
    reading = read_charts(duck, found, dictionary, as_of, aside)
    counts = reading.counts()
    rejected = [
        line
        for file in found.files
        if counts.concerns(file)
        for line in rejected_lines(duck, found, file, reading.not_strict)
    ]
    reasons = Counter(line["reason"] for line in rejected)
    return Read(as_of, counts.lines, counts.resources, counts.not_read, reasons), iter(rejected)


def _read_profiles(
    request: Request, found: Input, dictionary: Dictionary, aside: Aside, duck: Duck
) -> tuple[Read, Iterator[Rejected]]:
    profiles = ProfileLines(found, dictionary, request.as_of, request.today)
    profiles.read(duck, aside.folder)
    try:
        day = profiles.day
    except SeveralDays:
        raise Stopped("These profiles name different days of evaluation (as_of); say which with --as-of.") from None
    count = duck.count("SELECT count(*) FROM person")
    reasons = Counter({"The profile holds mistakes.": len(profiles.rejected)} if profiles.rejected else {})
    return Read(day, profiles.lines, {"Profile": count}, {}, reasons), iter(profiles.rejected)


def _note(aside: Aside, read: Read) -> None:
    told = {
        "as_of": read.as_of.isoformat(), "lines": read.lines, "resources": dict(read.resources),
        "not_read": dict(read.not_read), "reasons": dict(read.reasons),
    }  # fmt: skip
    aside.note(READ, told)


def _noted(aside: Aside) -> Read:
    told = aside.read or {}
    return Read(date.fromisoformat(told["as_of"]), told["lines"], told["resources"], told["not_read"], told["reasons"])


def _write_rejected(aside: Aside, rejected: Iterator[Rejected]) -> None:
    with aside.path(REJECTED).open("w", encoding="utf-8") as written:
        for line in rejected:
            written.write(json.dumps(line, ensure_ascii=False) + "\n")


def _too_many(request: Request, read: Read, aside: Aside) -> TooManyRejected:
    """Return why the screening ends here; which lines they are stays beside the output, which is not made."""
    named = request.out.with_name(f"{request.out.name}.{REJECTED}")
    aside.path(REJECTED).replace(named)
    aside.path(READ).unlink()
    count, most = sum(read.reasons.values()), request.most_rejected
    return TooManyRejected(
        f"{count} of {read.lines} lines ({read.share:.1%}) cannot be used, more than the {most:.1%} that are allowed "
        f"(--max-rejected); nothing was screened. Which lines, and why: {named}"
    )
