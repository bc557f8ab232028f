"""The command `magflag` and its groups."""

import click

from service.cli.audit import audit
from service.cli.db import db
from service.cli.evaluate import evaluate
from service.cli.population import population
from service.cli.rules import rules
from service.cli.screen import screen
from service.cli.serve import serve
from service.cli.sources import sources
from service.cli.tokens import tokens


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="magflag")
def main() -> None:
    """Flags for a clinician to review: magnesium and nerve pain. Never orders, never doses."""


for command in (evaluate, serve, rules, sources, tokens, audit, db, screen, population):
    main.add_command(command)

if __name__ == "__main__":
    main()
