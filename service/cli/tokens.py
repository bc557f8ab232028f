"""magflag tokens …: who may use our own interface."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from service.cli.told import BAD_INPUT, BAD_SETTINGS, stop

if TYPE_CHECKING:
    from service.store.tokens import TokenInfo, Tokens

ROLES = ("integration", "clinician", "author", "admin")
DAYS, MOST_DAYS = 90, 366
DAY = "%Y-%m-%d"


def _plain_name(_context: click.Context, _parameter: click.Parameter, value: str | None) -> str | None:
    from service.store.tokens import is_plain_name  # noqa: PLC0415 (see _opened)

    if value is None or is_plain_name(value):
        return value
    raise click.BadParameter("This is not a plain name: use small letters, digits, dots and hyphens, 63 at most.")


@contextmanager
def _opened() -> Iterator["Tokens"]:
    """Open the store, or end with exit code 12 and a sentence.

    Imported here: SQLAlchemy takes longer to load than the other commands take to answer.
    """
    from service.store.database import StoreUnavailable, database_url, open_database  # noqa: PLC0415
    from service.store.tokens import Tokens  # noqa: PLC0415

    try:
        engine = open_database(database_url(os.environ))
        try:
            yield Tokens(engine)
        finally:
            engine.dispose()
    except StoreUnavailable as unavailable:
        stop(BAD_SETTINGS, str(unavailable))


@click.group()
def tokens() -> None:
    """Tokens for our own interface: create, list, revoke."""


@tokens.command()
@click.option("--role", required=True, type=click.Choice(ROLES), help="What its holder may do.")
@click.option("--tenant", required=True, callback=_plain_name, help="Whose data its holder may see.")
@click.option(
    "--days", default=DAYS, show_default=True, type=click.IntRange(1, MOST_DAYS), help="How long it is valid."
)
def create(role: str, tenant: str, days: int) -> None:
    """Make a token and print it; only its hash is kept, so it cannot be shown again."""
    with _opened() as known:
        token, info = known.create(role, tenant, days, datetime.now(UTC))
    click.echo(token)
    click.echo(
        f"This token is shown once. It is {info.id} in `magflag tokens list`, and valid until {info.expires:{DAY}}.",
        err=True,
    )


@tokens.command("list")
@click.option("--tenant", callback=_plain_name, help="Only the tokens of this tenant.")
def list_tokens(tenant: str | None) -> None:
    """Id, role, tenant, last day and state of every token."""
    with _opened() as known:
        found = known.list(tenant)
    now = datetime.now(UTC)
    for info in found:
        click.echo(f"{info.id}  {info.role:<11}  {info.expires:{DAY}}  {_state(info, now):<7}  {info.tenant}")
    if not found:
        click.echo("There are no tokens.", err=True)


def _state(info: "TokenInfo", now: datetime) -> str:
    if info.revoked:
        return "revoked"
    return "valid" if now < info.expires else "expired"


@tokens.command()
@click.argument("known", metavar="ID")
def revoke(known: str) -> None:
    """End a token at once, by its id."""
    with _opened() as store:
        ended = store.revoke(known, datetime.now(UTC))
    if not ended:
        stop(BAD_INPUT, "There is no such token, or it was revoked before. `magflag tokens list` shows all.")
    click.echo("Revoked.", err=True)
