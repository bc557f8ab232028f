"""Serving: granian, with what a reader of standard error needs to know first."""

import gc
import multiprocessing
import os
import socket
import sys
import tempfile
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from functools import partial
from typing import Any, TypeVar

from granian import Granian
from granian.constants import HTTPModes, Interfaces
from granian.http import HTTP1Settings
from granian.log import LogLevels

from schemas.client import Client
from service.knowledge.files import BrokenPack
from service.presenters.discovery import OFFERED
from service.trust.clients import BrokenClients, load_clients
from service.web.gates import THREADS
from service.web.people_ports import People
from service.web.people_settings import read_provider
from service.web.ports import Guard, Service
from service.web.settings import RefusedToServe, Settings, address_of, read_settings
from service.wiring.openid import Provider

__all__ = ["RefusedToServe", "make_server", "serve"]

# A connection on which no whole head of a request comes within this time is closed, or silent ones would add up.
MILLISECONDS_FOR_A_HEAD = 20_000
SECONDS_TO_STOP = 10
GRANIAN_LOG = {
    "handlers": {
        "console": {"formatter": "generic", "class": "logging.StreamHandler", "stream": "ext://sys.stderr"},
        "access": {"formatter": "access", "class": "logging.StreamHandler", "stream": "ext://sys.stderr"},
    }
}
TO_TRY = """Review screen: {public}/review
{kept}{access}

Try:
  curl -s {base}/v1/evaluate -H 'Content-Type: application/json' --data @examples/ckd-g4-oxide.json
  curl -s {base}/v1/rules
  curl -s {base}/health/ready
What it can do: {base}/docs
Stop it with Ctrl-C.
"""
OPEN = """
NO AUTHENTICATION of {what}: whoever is on this machine may call. For development only.
Set {names} to ask callers who they are."""
CLOSED = "Callers of /v1 need a token of ours: add -H 'Authorization: Bearer …' below. EHRs sign their calls."
Guards = Callable[[Settings, Sequence[Client]], Guard]
S = TypeVar("S", bound=Service)
Peoples = Callable[[Provider | None, Sequence[Client], S], People]


def serve(
    service_factory: Callable[[], S],
    host: str = "127.0.0.1",
    port: int = 8080,
    guard_factory: Guards | None = None,
    people_factory: Peoples[S] | None = None,
    kept: str = "",
) -> None:
    """Serve until stopped; raise RefusedToServe, before anything is started, if a setting or the address cannot be.

    The factories are called in every worker: `guard_factory` with the settings and the clients of the clients file,
    `people_factory` with the provider by which people log in, the clients, and the service. `kept` says where the
    service keeps what it is given.
    """
    settings = read_settings(os.environ, host, port)
    clients = _clients(settings)
    provider = read_provider(os.environ, settings)
    host = "127.0.0.1" if host == "localhost" else host
    _check_free(host, port)
    first = multiprocessing.Semaphore(1)

    def load() -> Any:
        people = partial(people_factory, provider, clients) if people_factory else None
        app = _load(service_factory, settings, partial(_guard, guard_factory, settings, clients), people)
        if first.acquire(block=False):
            said = f"What it keeps is in {kept}\n" if kept else ""
            base, access = address_of(host, port), access_told(settings)
            _say(TO_TRY.format(base=base, public=settings.public_url, kept=said, access=access))
        return app

    with _shared_counters(settings):
        make_server(host, port, settings.workers).serve(target_loader=load, wrap_loader=False)


def make_server(host: str, port: int, workers: int = 1) -> Any:
    """Return the server as we run it, without its application; the benchmark serves its peer the same way."""
    return Granian(
        target="magflag",
        address=host,
        port=port,
        interface=Interfaces.WSGI,
        workers=workers,
        # A thread exists only while it is needed.
        blocking_threads=THREADS,
        # Not HTTP/2: whoever speaks it gets along with a proxy. To tell the two apart, the server would wait for a
        # first byte for ever, whatever the time for a head.
        http=HTTPModes.http1,
        http1_settings=HTTP1Settings(header_read_timeout=MILLISECONDS_FOR_A_HEAD),
        log_level=LogLevels.error,
        log_dictconfig=GRANIAN_LOG,
        workers_kill_timeout=SECONDS_TO_STOP,
    )


def _clients(settings: Settings) -> Sequence[Client]:
    """Read the clients file where one is named, also while nobody is asked: it names the origins, too."""
    if settings.clients is None:
        return ()
    try:
        return load_clients(settings.clients, OFFERED)
    except BrokenClients as broken:
        told = "".join(f"\n{each.at}\n  {each.message} {each.hint or ''}" for each in broken.problems)
        raise RefusedToServe(f"The clients file holds mistakes.{told}") from None


def _guard(guard_factory: Guards | None, settings: Settings, clients: Sequence[Client]) -> Guard:
    if guard_factory is not None:
        return guard_factory(settings, clients)
    return Guard(origins=frozenset(origin for client in clients for origin in client.origins))


def access_told(settings: Settings) -> str:
    """Say who may call; loudly, where it is everybody on this machine."""
    doors = {
        "MAGFLAG_AUTH": (settings.auth, "/v1, /fhir, /review"),
        "MAGFLAG_CDS_AUTH": (settings.cds_auth, "/cds-services"),
    }
    is_open = {name: what for name, (is_required, what) in doors.items() if not is_required}
    if not is_open:
        return CLOSED
    return OPEN.format(what=", ".join(is_open.values()), names=" and ".join(f"{name}=required" for name in is_open))


def _load(
    service_factory: Callable[[], S],
    settings: Settings,
    guard: Callable[[], Guard],
    people: Callable[[S], People] | None,
) -> Any:
    """Make the application inside the worker: the engine is not made for living through a fork.

    Imported here, because prometheus-client decides on import whether it counts alone or with other processes.
    """
    from service.web.app import create_app  # noqa: PLC0415

    try:
        service = service_factory()
        app = create_app(service, settings, guard=guard(), people=people(service) if people else None)
        # The pack is a million objects that live as long as the process. Left unfrozen, the collector walks all of them
        # now and then, and one caller waits a tenth of a second for it.
        gc.collect()
        gc.freeze()
        return app
    except Exception as error:  # Whatever it was, the reader is told in a sentence; no patient is involved yet.
        way_out = " `magflag rules check` lists every mistake in the rules." if isinstance(error, BrokenPack) else ""
        _say(f"magflag cannot start: {error}.{way_out}\n")
        raise SystemExit(1) from None


def _check_free(host: str, port: int) -> None:
    """Refuse a port that is in use: the server itself would share it, and each would get half of the requests."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise RefusedToServe(
                f"Port {port} cannot be used ({error.strerror}). Choose another with --port."
            ) from None


def _shared_counters(settings: Settings) -> AbstractContextManager[Any]:
    """Let several processes count together; prometheus-client reads this when it is first imported."""
    if settings.workers == 1:
        return nullcontext()
    folder = tempfile.TemporaryDirectory(prefix="magflag-metrics-")
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = folder.name
    return folder


def _say(text: str) -> None:
    sys.stderr.write(text)
    sys.stderr.flush()
