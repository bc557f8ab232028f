"""magflag evaluate: one profile in, its advisory out."""

import hashlib
import os
import sys
from datetime import UTC, date, datetime
from pathlib import Path

import click
from rich.console import Console

from schemas.problem import Refused
from schemas.profile_schema import refuse_impossible_age
from service.assess import Advisory, Assessor
from service.cli.packs import pack_or_stop
from service.cli.told import BAD_INPUT, stop, tell
from service.intake.fhir.read import read_bundle
from service.intake.profile import Received, receive
from service.intake.strict_json import parse_fhir
from service.knowledge.model import Pack
from service.presenters.fhir import FhirWriter
from service.presenters.passages import Passages
from service.presenters.plain import Writer
from service.presenters.text import WIDTH, write_advisory
from service.wiring.ids import uuid7
from service.wiring.settings import Settings


def _day(_context: click.Context, _parameter: click.Parameter, value: str | None) -> date | None:
    try:
        return date.fromisoformat(value) if value else None
    except ValueError:
        raise click.BadParameter("Write a day as YYYY-MM-DD.") from None


@click.command()
@click.argument("file")
@click.option("--as-of", callback=_day, metavar="DATE", help="The day of evaluation, over the one in the profile.")
@click.option(
    "--format", "shape", type=click.Choice(["json", "text", "fhir"]), help="Default: text on a terminal, else json."
)
@click.option("--explain", is_flag=True, help="Also say why the other rules were not raised.")
@click.option(
    "--engine", type=click.Choice(["durable", "reference"]), help="One engine alone; default: both, compared."
)
def evaluate(file: str, as_of: date | None, shape: str | None, explain: bool, engine: str | None) -> None:
    """Evaluate one profile (JSON) or one FHIR Bundle; - reads standard input."""
    now = datetime.now(UTC)
    body = _body(file)
    pack = pack_or_stop()
    received = _received(body, pack, as_of, now.date())
    day = as_of or received.profile.as_of or now.date()
    advisory = Assessor(pack, engine).assess(received.profile, day, received.sha256, explain)
    shape = shape or ("text" if sys.stdout.isatty() else "json")
    if shape == "text":
        console = Console(highlight=False, emoji=False, markup=False)
        console.width = min(console.width, WIDTH) if console.is_terminal else WIDTH
        click.echo(write_advisory(advisory, console))
        return
    click.echo(_written(advisory, pack, received, shape, now))


def _written(advisory: Advisory, pack: Pack, received: Received, shape: str, now: datetime) -> bytes:
    made, known = now.strftime("%Y-%m-%dT%H:%M:%SZ"), uuid7(now)
    if shape == "fhir":
        base = os.environ.get("MAGFLAG_PUBLIC_URL") or "http://127.0.0.1:8080"
        return FhirWriter(pack, base).bundle(advisory, known, made, received.profile.patient.id)
    return Writer(pack, Passages(Settings.from_environment().documents)).advisory(advisory, known, made)


def _body(file: str) -> bytes:
    try:
        return sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
    except OSError as error:
        stop(BAD_INPUT, f"{file} cannot be read: {error.strerror}.")


def _received(body: bytes, pack: Pack, as_of: date | None, today: date) -> Received:
    try:
        found = _from_fhir(body, pack, as_of or today) or receive(body, today)
        refuse_impossible_age(found.profile, as_of or found.profile.as_of or today)
        return found
    except Refused as refused:
        tell(refused.problems)
        count = len(refused.problems)
        stop(BAD_INPUT, f"The input holds {count} mistake{'s' if count != 1 else ''}; nothing was evaluated.")


def _from_fhir(body: bytes, pack: Pack, day: date) -> Received | None:
    """Return the record in a FHIR resource or Bundle; None for anything else, which is then read as a profile."""
    if b'"resourceType"' not in body:
        return None
    data = parse_fhir(body)
    if not isinstance(data, dict) or "resourceType" not in data:
        return None
    return Received(read_bundle(data, pack.terms, day).profile, hashlib.sha256(body).hexdigest())
