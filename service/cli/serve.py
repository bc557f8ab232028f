"""magflag serve: the service over HTTP."""

import os
from collections.abc import Sequence
from dataclasses import replace

import click

from schemas.client import Client
from service.cli.packs import pack_or_stop
from service.cli.told import BAD_SETTINGS, stop
from service.store.database import StoreUnavailable, database_url, open_database
from service.web.ports import Guard
from service.web.serve import RefusedToServe
from service.web.serve import serve as start
from service.web.settings import Settings as WebSettings
from service.wiring.kept import bearers, verifier
from service.wiring.service import Service, build_service
from service.wiring.settings import Settings


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=8080, show_default=True, type=click.IntRange(1, 65535))
def serve(host: str, port: int) -> None:
    """Start the service; it does not start on a broken pack, nor without its database."""
    pack_or_stop()
    try:
        # Opened and closed here, so that a database that cannot be used is told before any worker starts.
        open_database(database_url(os.environ)).dispose()
        start(keeping_service, host, port, guard)
    except (RefusedToServe, StoreUnavailable) as refused:
        stop(BAD_SETTINGS, str(refused))


def keeping_service() -> Service:
    """Return the service of this process, with the database of the environment."""
    return build_service(replace(Settings.from_environment(), database=database_url(os.environ)))


def guard(settings: WebSettings, clients: Sequence[Client]) -> Guard:
    """Return how callers are known in this process."""
    url = database_url(os.environ)
    return Guard(
        verify=verifier(url, clients) if settings.cds_auth else None,
        find=bearers(url) if settings.auth else None,
        origins=frozenset(origin for client in clients for origin in client.origins),
    )
