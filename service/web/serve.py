"""Serving: granian, with what a reader of standard error needs to know first."""

import multiprocessing
import os
import socket
import sys
import tempfile
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Any

from granian import Granian
from granian.constants import Interfaces
from granian.log import LogLevels

from service.web.ports import Service
from service.web.settings import RefusedToServe, Settings, check_access, read_settings

__all__ = ["RefusedToServe", "make_server", "serve"]

# Enough that as many stalled bodies leave room for other callers; a thread exists only while it is needed.
THREADS = 256
SECONDS_TO_STOP = 10
GRANIAN_LOG = {
    "handlers": {
        "console": {"formatter": "generic", "class": "logging.StreamHandler", "stream": "ext://sys.stderr"},
        "access": {"formatter": "access", "class": "logging.StreamHandler", "stream": "ext://sys.stderr"},
    }
}
TO_TRY = """magflag listens on {base} (no authentication: this machine only)

Try:
  curl -s {base}/v1/evaluate -H 'Content-Type: application/json' --data @examples/ckd-g4-oxide.json
  curl -s {base}/v1/rules
  curl -s {base}/health/ready
What it can do: {base}/docs
Stop it with Ctrl-C.
"""


def serve(service_factory: Callable[[], Service], host: str = "127.0.0.1", port: int = 8080) -> None:
    """Serve until stopped; raise RefusedToServe, before anything is started, if a setting or the address cannot be."""
    settings = read_settings(os.environ)
    check_access(host, os.environ.get("MAGFLAG_AUTH"))
    host = "127.0.0.1" if host == "localhost" else host
    _check_free(host, port)
    first = multiprocessing.Semaphore(1)

    def load() -> Any:
        app = _load(service_factory, settings)
        if first.acquire(block=False):
            _say(TO_TRY.format(base=_base(host, port)))
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
        blocking_threads=THREADS,
        log_level=LogLevels.error,
        log_dictconfig=GRANIAN_LOG,
        workers_kill_timeout=SECONDS_TO_STOP,
    )


def _load(service_factory: Callable[[], Service], settings: Settings) -> Any:
    """Make the application inside the worker: the engine is not made for living through a fork.

    Imported here, because prometheus-client decides on import whether it counts alone or with other processes.
    """
    from service.web.app import create_app  # noqa: PLC0415

    try:
        return create_app(service_factory(), settings)
    except Exception as error:  # Whatever it was, the reader is told in a sentence; no patient is involved yet.
        _say(f"magflag cannot start: {error}. `magflag rules check` lists every mistake in the rules.\n")
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


def _base(host: str, port: int) -> str:
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _say(text: str) -> None:
    sys.stderr.write(text)
    sys.stderr.flush()
