"""magflag population: many patients at once."""

import errno
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from service.cli.told import BAD_INPUT, BAD_SETTINGS, stop
from service.population.generate.files import NotEmpty
from service.population.generate.run import generate as generate_files
from service.population.generate.wishes import AS_OF, Wish

FULL = (errno.ENOSPC, errno.EDQUOT)
# More would be more files than a process may have open.
MOST_FILES = 64
EARLIEST, LATEST = date(1900, 1, 1), date(2200, 1, 1)


def _day(_context: click.Context, _parameter: click.Parameter, value: str) -> date:
    try:
        day = date.fromisoformat(value)
    except ValueError:
        raise click.BadParameter("Write a day as YYYY-MM-DD.") from None
    if not EARLIEST <= day <= LATEST:
        raise click.BadParameter(f"Write a day from {EARLIEST} to {LATEST}.")
    return day


@click.group()
def population() -> None:
    """The same rules over many patients."""


@population.command()
@click.option("--patients", type=click.IntRange(min=1), required=True, help="How many patients to make up.")
@click.option("--seed", type=click.IntRange(min=0), default=1, show_default=True, help="Another seed, other patients.")
@click.option("--out", type=click.Path(path_type=Path), required=True, help="A folder that is empty or not there yet.")
@click.option("--files", type=click.IntRange(1, MOST_FILES), default=1, show_default=True, help="Files per type.")
@click.option("--gzip", is_flag=True, help="Compress the files.")
@click.option(
    "--as-of",
    callback=_day,
    metavar="DATE",
    default=AS_OF.isoformat(),
    show_default=True,
    help="The day of the export.",
)
@click.option(
    "--awkward", type=click.FloatRange(0, 50), default=1.0, show_default=True,
    help="How often things go wrong in the records, 0 for never.",
)  # fmt: skip
def generate(  # noqa: PLR0913, PLR0917 - Each is an option of the command.
    patients: int, seed: int, out: Path, files: int, gzip: bool, as_of: date, awkward: float
) -> None:
    """Write made-up patients as the FHIR Bulk Data files of an export; the same request gives the same bytes."""
    wish = Wish(patients, seed, as_of, files, gzip, awkward)
    try:
        with _progress(patients) as tell:
            generate_files(wish, out, tell)
    except NotEmpty:
        stop(BAD_INPUT, f"{out} is not an empty folder; name one that is empty or not there yet.")
    except OSError as error:
        why = "the disk is full" if error.errno in FULL else error.strerror or "it cannot be written"
        stop(BAD_SETTINGS, f"{out} was not written: {why}. Nothing half-written was left behind.")


@contextmanager
def _progress(patients: int) -> Iterator[Callable[[int], None]]:
    """Show how far it is, on a terminal only."""
    console = Console(stderr=True)
    columns = (TextColumn("patients"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task("patients", total=patients)
        yield lambda more: progress.update(task, advance=more)
