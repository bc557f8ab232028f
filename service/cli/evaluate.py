"""magflag evaluate: one profile in, its advisory out."""

import sys
from datetime import UTC, date, datetime
from pathlib import Path

import click
from rich.console import Console

from schemas.problem import Refused
from schemas.profile_schema import refuse_impossible_age
from service.assess import Assessor
from service.cli.packs import pack_or_stop
from service.cli.told import BAD_INPUT, stop, tell
from service.intake.profile import Received, receive
from service.presenters.passages import Passages
from service.presenters.plain import Writer
from service.presenters.text import WIDTH, write_advisory
from service.wiring import Settings, uuid7


def _day(_context: click.Context, _parameter: click.Parameter, value: str | None) -> date | None:
    try:
        return date.fromisoformat(value) if value else None
    except ValueError:
        raise click.BadParameter("Write a day as YYYY-MM-DD.") from None


@click.command()
@click.argument("file")
@click.option("--as-of", callback=_day, metavar="DATE", help="The day of evaluation, over the one in the profile.")
@click.option("--format", "shape", type=click.Choice(["json", "text"]), help="Default: text on a terminal, else json.")
@click.option("--explain", is_flag=True, help="Also say why the other rules were not raised.")
@click.option(
    "--engine", type=click.Choice(["durable", "reference"]), help="One engine alone; default: both, compared."
)
def evaluate(file: str, as_of: date | None, shape: str | None, explain: bool, engine: str | None) -> None:
    """Evaluate one profile (JSON); - reads standard input."""
    now = datetime.now(UTC)
    received = _received(_body(file), as_of, now.date())
    pack = pack_or_stop()
    day = as_of or received.profile.as_of or now.date()
    advisory = Assessor(pack, engine).assess(received.profile, day, received.sha256, explain)
    if shape == "json" or (shape is None and not sys.stdout.isatty()):
        made = now.strftime("%Y-%m-%dT%H:%M:%SZ")
        writer = Writer(pack, Passages(Settings.from_environment().documents))
        click.echo(writer.advisory(advisory, uuid7(now), made))
        return
    console = Console(highlight=False, emoji=False, markup=False)
    console.width = min(console.width, WIDTH) if console.is_terminal else WIDTH
    click.echo(write_advisory(advisory, console))


def _body(file: str) -> bytes:
    try:
        return sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
    except OSError as error:
        stop(BAD_INPUT, f"{file} cannot be read: {error.strerror}.")


def _received(body: bytes, as_of: date | None, today: date) -> Received:
    try:
        found = receive(body, today)
        refuse_impossible_age(found.profile, as_of or found.profile.as_of or today)
        return found
    except Refused as refused:
        tell(refused.problems)
        count = len(refused.problems)
        stop(BAD_INPUT, f"The profile holds {count} mistake{'s' if count != 1 else ''}; nothing was evaluated.")
