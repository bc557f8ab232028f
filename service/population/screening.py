"""Screens a population: reads it, derives and flags every patient, writes what is found. The clock is an argument."""

from datetime import date
from importlib.metadata import version
from typing import Any, Protocol

from service.knowledge.model import Pack
from service.population.chunks import PATIENTS, Chunks
from service.population.deriving import queries
from service.population.duck import DATABASE, Duck
from service.population.inputs import FHIR, Input, find_input
from service.population.intake import Intake
from service.population.on_spark import screen_on_spark
from service.population.read import Read
from service.population.request import SPARK, Request, Stopped, TooManyRejected
from service.population.spark import Spark
from service.population.state import READ, Aside
from service.population.summary import KEPT, REJECTED, write_summary


class Progress(Protocol):
    """Is told what is being done, and how far it is."""

    def begin(self, what: str, total: int | None = None) -> None:
        """Say that a step begins, of so many patients where that is known."""
        ...

    def advance(self, patients: int) -> None:
        """Say that so many more patients are done."""
        ...


def screen(request: Request, pack: Pack, progress: Progress) -> dict[str, Any]:
    """Screen, and return the summary; raise NothingToRead, Stopped, NoSqlForm, NoSpark, or an error of the disk."""
    if request.out.exists() and (not request.out.is_dir() or any(request.out.iterdir())):
        raise Stopped(f"{request.out} is there already; name a folder that is not, or an empty one.")
    found = find_input(request.given)
    aside = Aside(request.out, _plan(request, found, pack))
    if aside.read is None or request.engine == SPARK:
        # What was read in part is of no use, and may have been cut off in the middle of a write.
        aside.forget(DATABASE)
    duck = Duck(aside.folder, request.memory_limit, request.threads)
    try:
        run = _on_spark if request.engine == SPARK else _on_duck
        read = run(request, found, pack, progress, aside, duck)
        summary = write_summary(aside, duck, pack, read, request.engine)
    finally:
        duck.close()
    aside.finish(*KEPT)
    return summary


def _on_duck(request: Request, found: Input, pack: Pack, progress: Progress, aside: Aside, duck: Duck) -> Read:
    if aside.read is None:
        progress.begin("reading")
        _note(aside, Intake(request, found, pack, aside).read(duck, duck))
    read = _checked(request, _noted(aside), aside)
    chunks = Chunks(duck, aside, queries(pack, read.as_of), pack.terms, read.as_of)
    progress.begin("screening", duck.count("SELECT count(*) FROM person"))
    chunks.run(progress.advance)
    return read


def _on_spark(request: Request, found: Input, pack: Pack, progress: Progress, aside: Aside, duck: Duck) -> Read:
    spark = Spark(aside.folder, request.master, dict(request.settings))
    try:
        progress.begin("reading")
        _note(aside, Intake(request, found, pack, aside).read(spark, duck))
        read = _checked(request, _noted(aside), aside)
        progress.begin("screening")
        screen_on_spark(spark, aside, queries(pack, read.as_of), pack.terms, read.as_of, found.kind == FHIR)
    finally:
        spark.close()
    return read


def _checked(request: Request, read: Read, aside: Aside) -> Read:
    """Return what was read; raise TooManyRejected where it is too little."""
    if read.share > request.most_rejected:
        raise _too_many(request, read, aside)
    return read


def _plan(request: Request, found: Input, pack: Pack) -> dict[str, Any]:
    """Return what a screening depends on: with another plan, nothing of an earlier one is of use."""
    return {
        "magflag": version("magflag"), "pack": pack.sha256, "engine": request.engine, "kind": found.kind,
        "as_of": (request.as_of or request.today).isoformat(), "patients_at_once": PATIENTS,
        "input": found.fingerprint(),
    }  # fmt: skip


def _note(aside: Aside, read: Read) -> None:
    told = {
        "as_of": read.as_of.isoformat(), "lines": read.lines, "resources": dict(read.resources),
        "not_read": dict(read.not_read), "reasons": dict(sorted(read.reasons.items())),
    }  # fmt: skip
    aside.note(READ, told)


def _noted(aside: Aside) -> Read:
    told = aside.read or {}
    return Read(date.fromisoformat(told["as_of"]), told["lines"], told["resources"], told["not_read"], told["reasons"])


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
