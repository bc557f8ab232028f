"""How the command line tells mistakes: where, what, what to write instead; and the exit codes (contract, section 4)."""

import sys
from collections.abc import Iterable
from typing import NoReturn

import click

from schemas.problem import Problem

BAD_RULES, BAD_INPUT, BAD_SETTINGS, BAD_RECORD = 10, 11, 12, 13


def tell(problems: Iterable[Problem]) -> None:
    """Print problems on standard error, one block each."""
    for problem in problems:
        click.echo(problem.at or "(the whole input)", err=True)
        click.echo(f"  {problem.message}", err=True)
        if problem.hint:
            click.echo(f"  {problem.hint}", err=True)
        click.echo("", err=True)


def stop(code: int, message: str) -> NoReturn:
    """Print one sentence on standard error and end with `code`."""
    click.echo(message, err=True)
    sys.exit(code)
