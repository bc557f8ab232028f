"""magflag screen: the same rules over a population."""

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Table

from schemas.client import NOBODY
from service.cli.packs import pack_or_stop, rules_folder
from service.cli.told import BAD_INPUT, BAD_RULES, BAD_SETTINGS, stop
from service.facts.in_sql.formed import NoSqlForm
from service.knowledge.model import Pack
from service.population.duck import DuckFailed
from service.population.inputs import NothingToRead
from service.population.java import NoSpark
from service.population.report import write_report
from service.population.request import DUCKDB, SPARK, Request, Stopped
from service.population.screening import screen as screen_population
from service.population.to_worklist import NoDatabase, to_worklist

WIDTH = 120
FULL = (errno.ENOSPC, errno.EDQUOT)
MOST_SHOWN = 12


def _day(_context: click.Context, _parameter: click.Parameter, value: str | None) -> date | None:
    try:
        return date.fromisoformat(value) if value else None
    except ValueError:
        raise click.BadParameter("Write a day as YYYY-MM-DD.") from None


def _settings(
    _context: click.Context, _parameter: click.Parameter, values: tuple[str, ...]
) -> tuple[tuple[str, str], ...]:
    pairs = [value.partition("=") for value in values]
    if not all(name and equals for name, equals, _ in pairs):
        raise click.BadParameter("Write NAME=VALUE.")
    return tuple((name, value) for name, _, value in pairs)


@click.command()
@click.argument("given", metavar="INPUT", type=click.Path(path_type=Path))
@click.option("--out", type=click.Path(path_type=Path), required=True, help="A folder that is empty or not there yet.")
@click.option("--engine", type=click.Choice([DUCKDB, SPARK]), default=DUCKDB, show_default=True)
@click.option("--master", default="local[2]", show_default=True, help="Where Spark runs; of --engine spark alone.")
@click.option(
    "--spark-setting", "settings", multiple=True, metavar="NAME=VALUE", callback=_settings,
    help="A setting of Spark, such as spark.sql.shuffle.partitions=200; may be given again.",
)  # fmt: skip
@click.option("--memory-limit", default="1GB", show_default=True, help="What DuckDB may keep in memory.")
@click.option("--threads", type=click.IntRange(min=1), help="How many DuckDB may use; default: all.")
@click.option(
    "--as-of", callback=_day, metavar="DATE", help="The day of evaluation; default: today, or the profiles' own."
)
@click.option(
    "--max-rejected", type=click.FloatRange(0, 1), default=0.05, show_default=True,
    help="The share of lines that may be unusable.",
)  # fmt: skip
@click.option("--to-worklist", is_flag=True, help="Keep patients with a raised critical flag for review.")
@click.option("--tenant", default=NOBODY.tenant, show_default=True, help="Whose worklist; of --to-worklist alone.")
def screen(  # noqa: PLR0913, PLR0917 - Each is an option of the command.
    given: Path,
    out: Path,
    engine: str,
    master: str,
    settings: tuple[tuple[str, str], ...],
    memory_limit: str,
    threads: int | None,
    as_of: date | None,
    max_rejected: float,
    to_worklist: bool,
    tenant: str,
) -> None:
    """Screen FHIR Bulk Data files, or lines of profiles: a row for each patient and rule that is not clear."""
    now = datetime.now(UTC)
    request = Request(given, out, now.date(), as_of, engine, memory_limit, threads, master, settings, max_rejected)
    pack = pack_or_stop()
    summary = _screened(request, pack)
    _report(request, pack)
    _show(summary, out)
    if to_worklist:
        _post(request, tenant, now)


def _screened(request: Request, pack: Pack) -> dict[str, Any]:
    try:
        with _shown() as progress:
            return screen_population(request, pack, progress)
    except (NothingToRead, Stopped) as why:
        stop(BAD_INPUT, str(why))
    except NoSqlForm as why:
        stop(BAD_RULES, f"These rules cannot be used for populations: {why}")
    except NoSpark as why:
        stop(BAD_SETTINGS, str(why))
    except DuckFailed as why:
        stop(BAD_SETTINGS, f"{why} What is done stays beside {request.out}: run the same command again to go on.")
    except OSError as error:
        why_not = "The disk is full." if error.errno in FULL else f"{error.strerror or 'It cannot be written'}."
        stop(BAD_SETTINGS, f"{why_not} What is done stays beside {request.out}: run the same command again to go on.")


def _report(request: Request, pack: Pack) -> None:
    try:
        write_report(request.out, pack, request.memory_limit)
    except (OSError, DuckFailed) as why:
        stop(BAD_SETTINGS, f"The screening is whole in {request.out}; report.html was not written: {why}.")


class _Shown:
    """A bar on standard error for each step."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._task: TaskID | None = None

    def begin(self, what: str, total: int | None = None) -> None:
        """See service.population.screening.Progress."""
        if self._task is not None:
            self._progress.remove_task(self._task)
        self._task = self._progress.add_task(what, total=total)

    def advance(self, patients: int) -> None:
        """See service.population.screening.Progress."""
        if self._task is not None:
            self._progress.update(self._task, advance=patients)


@contextmanager
def _shown() -> Iterator[_Shown]:
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        yield _Shown(progress)


def _show(summary: dict[str, Any], out: Path) -> None:
    """Say on standard error what was found."""
    console = Console(stderr=True, highlight=False, markup=False, emoji=False)
    console.width = console.width if console.is_terminal else WIDTH
    flags, rejected = summary["flags"], summary["rejected"]
    patients = f"{summary['patients']} patients, {summary['with_flags']} with a raised flag"
    told = f"{flags['raised']} flags raised · {flags['cannot_say']} cannot be answered"
    console.print(f"{patients} · {told} · {rejected['lines']} of {summary['lines']} lines not used")
    console.print(_rules(summary["rules"]), _unknowns(summary["unknowns"]))
    for reason, count in rejected["reasons"].items():
        console.print(f"{count} lines not used: {reason}")
    console.print("No clinician has reviewed these rules: advisory flags, for a clinician to review.")
    console.print(f"Written to {out}: flags, patients, summary.json, rejected.ndjson and report.html to look at.")


def _rules(rules: list[dict[str, Any]]) -> Table:
    table = Table("severity", "rule", "raised", "cannot say", title="What spoke most", title_justify="left")
    for rule in rules[:MOST_SHOWN]:
        table.add_row(rule["severity"], rule["rule"], str(rule["raised"]), str(rule["cannot_say"]))
    return table


def _unknowns(unknowns: list[dict[str, Any]]) -> Table:
    table = Table(
        "fact", "why it is not known", "patients", "flags", title="What is missing most", title_justify="left"
    )
    for unknown in unknowns[:MOST_SHOWN]:
        reason = unknown["reason"].replace("_", " ")
        table.add_row(unknown["fact"], reason, str(unknown["patients"]), str(unknown["flags"]))
    return table


def _post(request: Request, tenant: str, now: datetime) -> None:
    try:
        posted = to_worklist(request, rules_folder(), tenant, now)
    except NoDatabase as why:
        stop(BAD_SETTINGS, f"The worklist cannot be reached: {why} The screening itself is whole.")
    told = f"{posted.posted} put into the worklist, {posted.already_there} there already, {posted.refused} refused."
    click.echo(f"Patients with a raised critical flag: {told}", err=True)
