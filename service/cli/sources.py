"""magflag sources verify: every passage's offsets and hashes."""

import sys
from pathlib import Path

import click

from service.cli.packs import pack_or_stop
from service.cli.told import BAD_RULES, tell
from service.workbench.verify import verify as verify_passages


@click.group()
def sources() -> None:
    """The documents behind the rules."""


@sources.command()
@click.option("--documents", required=True, type=click.Path(exists=True, file_okay=False, path_type=Path))
def verify(documents: Path) -> None:
    """Re-check every document and every passage that a claim rests on."""
    found = verify_passages(pack_or_stop(locked=False), documents)
    tell(found.problems)
    counted = f"{found.documents} documents, {found.claims} claims, {found.passages} passages"
    click.echo(f"{counted}: {_verdict(len(found.problems))}.")
    sys.exit(BAD_RULES if found.problems else 0)


def _verdict(problems: int) -> str:
    return f"{problems} do not hold" if problems else "all hold"
