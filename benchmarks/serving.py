"""Serving magflag and a peer in turns, and calling them from several processes."""

import http.client
import multiprocessing
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

HOST = "127.0.0.1"
JSON = {"Content-Type": "application/json"}
DONE = (http.client.OK, http.client.CREATED)
OURS = """
from service.web.serve import serve
from service.wiring.service import build_service
serve(build_service, port={port})
"""
# As `magflag serve` does: with the database of MAGFLAG_DATABASE_URL, and with the pages.
OURS_KEEPING = """
from service.cli.serve import serve
serve(["--port", "{port}"])
"""
PEER = """
from flask import Flask, request
from service.web.serve import make_server
app = Flask("hello", static_folder=None)
app.add_url_rule("/hello", view_func=lambda: "hello", endpoint="hello", methods=["POST"])
app.before_request(lambda: None if request.get_data() else None)
make_server("127.0.0.1", {port}).serve(target_loader=lambda: app, wrap_loader=False)
"""


def rate(port: int, path: str, body: bytes, clients: int, seconds: float) -> float:
    """Return the requests per second that all clients together got answered."""
    with multiprocessing.Pool(clients) as pool:
        return sum(pool.map(partial(call_for, port, path, body), [seconds] * clients, chunksize=1))


def call_for(port: int, path: str, body: bytes, seconds: float) -> float:
    """Call for some seconds over one connection; return the answers per second."""
    answered, start = 0, time.perf_counter()
    with connected(port) as connection:
        while time.perf_counter() - start < seconds:
            call(connection, path, body)
            answered += 1
    return answered / (time.perf_counter() - start)


def latencies(port: int, path: str, body: bytes, times: int) -> list[float]:
    """Return the seconds of single calls over one connection, in order of length."""
    taken = []
    with connected(port) as connection:
        for _ in range(times):
            start = time.perf_counter()
            call(connection, path, body)
            taken.append(time.perf_counter() - start)
    return sorted(taken)


def call_times(port: int, path: str, body: bytes, times: int) -> None:
    """Call a number of times over one connection."""
    latencies(port, path, body, times)


def call(connection: http.client.HTTPConnection, path: str, body: bytes) -> None:
    """Send one body and read the answer."""
    connection.request("POST", path, body, JSON)
    answer = connection.getresponse()
    answer.read()
    assert answer.status in DONE, f"status {answer.status}"


def resident(process: int) -> float:
    """Return the resident memory of the server's only worker, in MiB."""
    worker = Path(f"/proc/{process}/task/{process}/children").read_text(encoding="ascii").split()[0]
    status = Path(f"/proc/{worker}/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) for line in status if line.startswith("VmRSS")) / 1024


@contextmanager
def served(program: str, path: str, body: bytes) -> Iterator[tuple[int, int]]:
    """Serve a program; yield its port and the id of its process."""
    with socket.create_server((HOST, 0)) as probe:
        port: int = probe.getsockname()[1]
    quiet = subprocess.DEVNULL
    with subprocess.Popen([sys.executable, "-c", program.format(port=port)], stdout=quiet, stderr=quiet) as process:
        try:
            wait_for(port, path, body, process)
            yield port, process.pid
        finally:
            process.send_signal(signal.SIGTERM)


def wait_for(port: int, path: str, body: bytes, process: subprocess.Popen[bytes]) -> None:
    """Return when the server answers."""
    for _ in range(600):
        if process.poll() is not None:
            raise SystemExit(f"The server of {path} did not start.")
        try:
            with connected(port) as connection:
                return call(connection, path, body)
        except OSError:
            time.sleep(0.1)
    raise SystemExit(f"The server of {path} does not answer.")


@contextmanager
def connected(port: int) -> Iterator[http.client.HTTPConnection]:
    """Connect, and close in the end."""
    connection = http.client.HTTPConnection(HOST, port, timeout=30)
    try:
        yield connection
    finally:
        connection.close()
