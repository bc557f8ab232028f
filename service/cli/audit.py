"""magflag audit …: whether what is kept is what was kept."""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from service.cli.told import BAD_INPUT, BAD_RECORD, BAD_SETTINGS, stop

if TYPE_CHECKING:
    from service.store.audit import Audit
    from service.store.chain import Head

MOST_TOLD = 100
FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@contextmanager
def _opened() -> Iterator["Audit"]:
    """Open the database as it is, or end with a sentence: exit code 13 if its file is damaged, else 12.

    Imported here: SQLAlchemy takes longer to load than the other commands take to answer.
    """
    from service.store.audit import Audit  # noqa: PLC0415
    from service.store.database import StoreUnavailable, database_url, open_as_it_is  # noqa: PLC0415

    try:
        engine = open_as_it_is(database_url(os.environ))
        try:
            yield Audit(engine)
        finally:
            engine.dispose()
    except StoreUnavailable as unavailable:
        stop(BAD_RECORD if unavailable.is_damaged else BAD_SETTINGS, str(unavailable))


@click.group()
def audit() -> None:
    """The audit chain of kept advisories: head, verify."""


@audit.command()
@click.option("--key", type=FILE, help="A private key (PEM, Ed25519 or P-384) to sign it with.")
def head(key: Path | None) -> None:
    """Print the head of the chain as JSON. Kept elsewhere, it proves later what had happened until now."""
    from service.cli.heads import written  # noqa: PLC0415 (see _opened)
    from service.trust.keys import UnusableKey  # noqa: PLC0415

    with _opened() as found:
        end = found.end()
    try:
        click.echo(written(end, key.read_bytes() if key else None))
    except UnusableKey as unusable:
        stop(BAD_INPUT, f"{unusable} {unusable.hint}")


@audit.command()
@click.option("--head", "files", type=FILE, multiple=True, help="A head that was kept elsewhere; may be repeated.")
@click.option("--public-key", type=FILE, help="The public key (PEM) that every one of these heads must be signed with.")
def verify(files: tuple[Path, ...], public_key: Path | None) -> None:
    """Verify every event, and every advisory, decision and kept pack of rules against the events."""
    if public_key and not files:
        raise click.UsageError("A public key is for heads: name them with --head.")
    faults, heads = _heads(files, public_key)
    count = len(faults)
    for fault in faults:
        click.echo(fault, err=True)
    with _opened() as found, _progress() as progress:
        for fault in found.faults(heads, progress):
            count += 1
            if count <= MOST_TOLD:
                click.echo(fault, err=True)
    seen = f"{_counted(found.events, 'event', 's')}, {_counted(found.advisories, 'advisor', 'ies', 'y')}"
    if count:
        more = f" ({count - MOST_TOLD} not shown)" if count > MOST_TOLD else ""
        stop(BAD_RECORD, f"{seen}: {_counted(count, 'fault', 's')}{more}.")
    click.echo(f"{seen}: all is as it was kept. The head is event {found.head.seq}, {found.head.hash}.")


def _counted(count: int, word: str, many: str, one: str = "") -> str:
    return f"{count} {word}{one if count == 1 else many}"


def _heads(files: tuple[Path, ...], public_key: Path | None) -> tuple[list[str], dict[str, "Head"]]:
    """Read the kept heads; return what is wrong with their signatures, and those that may be relied on."""
    from service.cli.heads import NotSigned, UnreadableHead, read_head  # noqa: PLC0415 (see _opened)
    from service.trust.keys import UnusableKey  # noqa: PLC0415

    pem, faults, heads = public_key.read_bytes() if public_key else None, [], {}
    for file in files:
        try:
            heads[str(file)], is_unchecked = read_head(file, pem)
        except NotSigned as not_signed:
            faults.append(str(not_signed))
        except UnreadableHead as unreadable:
            stop(BAD_INPUT, str(unreadable))
        except UnusableKey as unusable:
            stop(BAD_INPUT, f"{unusable} {unusable.hint}")
        else:
            if is_unchecked:
                click.echo(f"The signature of {file} was not checked: name its key with --public-key.", err=True)
    return faults, heads


@contextmanager
def _progress() -> Iterator[Callable[[int, int], None]]:
    """Show on a terminal how far it is, and leave nothing behind."""
    from rich.console import Console  # noqa: PLC0415 (see _opened)
    from rich.progress import Progress  # noqa: PLC0415

    with Progress(console=Console(stderr=True), transient=True, disable=not sys.stderr.isatty()) as shown:
        task = shown.add_task("verifying", total=None)
        yield lambda done, total: shown.update(task, completed=done, total=total)
