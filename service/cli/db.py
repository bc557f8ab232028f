"""magflag db …: the database's own upkeep."""

import os

import click

from service.cli.told import BAD_SETTINGS, stop


@click.group()
def db() -> None:
    """The database that MAGFLAG_DATABASE_URL names: upgrade."""


@db.command()
def upgrade() -> None:
    """Bring the database up to date. All of it happens, or nothing; make a backup first."""
    # Imported here: SQLAlchemy takes longer to load than the other commands take to answer.
    from service.store.database import StoreUnavailable, database_url, upgrade_database  # noqa: PLC0415

    try:
        before, after = upgrade_database(database_url(os.environ))
    except StoreUnavailable as unavailable:
        stop(BAD_SETTINGS, str(unavailable))
    if before == after:
        click.echo(f"The database is up to date: step {after}.")
    else:
        click.echo(f"The database was brought from {_named(before)} to step {after}.")


def _named(step: str | None) -> str:
    if step is None:
        return "nothing"
    return f"step {step}" if step else "before the first step"
