"""magflag serve: the service over HTTP."""

import os
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import click

from schemas.client import Client
from service.cli.packs import pack_or_stop
from service.cli.told import BAD_SETTINGS, stop
from service.store.database import StoreUnavailable, database_url, open_database, place_of
from service.web.people_ports import People
from service.web.ports import Guard
from service.web.serve import RefusedToServe
from service.web.serve import serve as start
from service.web.settings import Settings as WebSettings
from service.wiring.examples import seed_examples
from service.wiring.kept import bearers, verifier
from service.wiring.people import Provider, launches, openid, sessions
from service.wiring.service import Service, build_service
from service.wiring.settings import Settings


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=8080, show_default=True, type=click.IntRange(1, 65535))
@click.option(
    "--with-examples",
    "examples",
    is_flag=False,
    flag_value="examples",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    metavar="[FOLDER]",
    help="Keep the made-up patients of a folder (examples, if none is named) for review, each once.",
)
def serve(host: str, port: int, examples: Path | None) -> None:
    """Start the service; it does not start on a broken pack, nor without its database."""
    pack_or_stop()
    try:
        # Opened and closed here, so that a database that cannot be used is told before any worker starts.
        url = database_url(os.environ)
        open_database(url).dispose()
        start(partial(keeping_service, examples), host, port, guard, people, place_of(url))
    except (RefusedToServe, StoreUnavailable) as refused:
        stop(BAD_SETTINGS, str(refused))


def keeping_service(examples: Path | None = None) -> Service:
    """Return the service of this process, with the database of the environment, and the examples in it."""
    service = build_service(replace(Settings.from_environment(), database=database_url(os.environ)))
    if examples is not None and service.reviews is not None:
        seed_examples(service.reviews, examples, datetime.now(UTC))
    return service


def guard(settings: WebSettings, clients: Sequence[Client]) -> Guard:
    """Return how callers are known in this process."""
    url = database_url(os.environ)
    return Guard(
        verify=verifier(url, clients) if settings.cds_auth else None,
        find=bearers(url) if settings.auth else None,
        origins=frozenset(origin for client in clients for origin in client.origins),
    )


def people(provider: Provider | None, clients: Sequence[Client], service: Service) -> People:
    """Return how people log in to the pages of this process."""
    return People(
        sessions=sessions(database_url(os.environ)),
        openid=openid(provider),
        launches=launches(clients, service.queries),
    )
