"""magflag serve: the service over HTTP."""

import click

from service.cli.packs import pack_or_stop
from service.cli.told import BAD_SETTINGS, stop
from service.web.serve import RefusedToServe
from service.web.serve import serve as start
from service.wiring import build_service


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=8080, show_default=True, type=click.IntRange(1, 65535))
def serve(host: str, port: int) -> None:
    """Start the service; it does not start on a broken pack."""
    pack_or_stop()
    try:
        start(build_service, host, port)
    except RefusedToServe as refused:
        stop(BAD_SETTINGS, str(refused))
