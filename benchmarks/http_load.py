"""Requests per second of POST /v1/evaluate beside a bare Flask hello, and the memory of the worker over many requests.

    python -m benchmarks.http_load --requests 100000

Both are served by the same server with the same settings, in turns, in one run, by the same clients. The ratio says how
much of what the stack could do is left when it evaluates; the memory says whether anything is kept. (The file is not
called http.py, because that would hide Python's own http from every script of this folder.)
"""

import argparse
import http.client
import json
import multiprocessing
import os
import signal
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

HOST = "127.0.0.1"
ROUNDS = 5
SAMPLES = 10
JSON = {"Content-Type": "application/json"}
OURS = """
from service.web.serve import serve
from service.wiring.service import build_service
serve(build_service, port={port})
"""
PEER = """
from flask import Flask, request
from service.web.serve import make_server
app = Flask("hello", static_folder=None)
app.add_url_rule("/hello", view_func=lambda: "hello", endpoint="hello", methods=["POST"])
app.before_request(lambda: None if request.get_data() else None)
make_server("127.0.0.1", {port}).serve(target_loader=lambda: app, wrap_loader=False)
"""
PROFILE = {
    "patient": {"age": 74, "sex": "female"},
    "as_of": "2026-11-21",
    "conditions": ["trigeminal neuralgia", "CKD stage 4"],
    "kidney": {"egfr": {"value": 28, "unit": "mL/min/{1.73_m2}", "date": "2026-10-30"}, "stage": "G4"},
    "labs": {"magnesium": {"value": 0.62, "unit": "mmol/L", "interpretation": "low", "date": "2026-10-30"}},
    "medications": ["omeprazole", "furosemide"],
    "supplements": [{"nutrient": "magnesium", "form": "oxide", "route": "oral", "status": "considered"}],
    "diet": {"magnesium_rich_foods": "low"},
    "signs": ["muscle cramps"],
}


def main() -> None:
    """Run both parts and print what was measured."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clients", type=int, default=4, help="clients at once")
    parser.add_argument("--seconds", type=float, default=3.0, help="length of one round")
    parser.add_argument("--requests", type=int, default=100_000, help="requests of the memory run; 0 leaves it out")
    asked = parser.parse_args()
    with served(OURS, "/v1/evaluate") as (ours, process), served(PEER, "/hello") as (peer, _):
        compare(ours, peer, asked.clients, asked.seconds)
        if asked.requests:
            watch_memory(ours, process, asked.clients, asked.requests)


def compare(ours: int, peer: int, clients: int, seconds: float) -> None:
    """Measure both in turns, so that whatever else the machine does meets both."""
    rates: dict[str, list[float]] = {"/v1/evaluate": [], "/hello": []}
    for _ in range(ROUNDS):
        for path, port in (("/v1/evaluate", ours), ("/hello", peer)):
            rates[path].append(rate(port, path, clients, seconds))
    middle = {path: statistics.median(measured) for path, measured in rates.items()}
    print(f"{clients} clients, {ROUNDS} rounds of {seconds:g} s each, in turns; {os.cpu_count()} processors")
    for path, measured in rates.items():
        print(f"  {path:14s} {middle[path]:8.0f} requests/s (from {min(measured):.0f} to {max(measured):.0f})")
    print(f"  ratio          {middle['/v1/evaluate'] / middle['/hello']:8.3f} of a bare Flask hello on the same server")


def rate(port: int, path: str, clients: int, seconds: float) -> float:
    """Return the requests per second that all clients together got answered."""
    with multiprocessing.Pool(clients) as pool:
        return sum(pool.map(partial(call_for, port, path), [seconds] * clients, chunksize=1))


def call_for(port: int, path: str, seconds: float) -> float:
    """Call for some seconds over one connection; return the answers per second."""
    answered, start = 0, time.perf_counter()
    with connected(port) as connection:
        while time.perf_counter() - start < seconds:
            call(connection, path)
            answered += 1
    return answered / (time.perf_counter() - start)


def call_times(port: int, times: int) -> None:
    """Call a number of times over one connection."""
    with connected(port) as connection:
        for _ in range(times):
            call(connection, "/v1/evaluate")


def call(connection: http.client.HTTPConnection, path: str) -> None:
    """Send one profile and read the answer."""
    connection.request("POST", path, json.dumps(PROFILE), JSON)
    answer = connection.getresponse()
    answer.read()
    assert answer.status == http.client.OK, f"status {answer.status}"


def watch_memory(port: int, process: int, clients: int, requests: int) -> None:
    """Print the memory of the worker as it answers many requests."""
    print(f"memory of the worker over {requests} requests")
    share = max(1, requests // SAMPLES // clients)
    seen = [resident(process)]
    print(f"  {0:8d} {seen[0]:8.1f} MiB")
    with multiprocessing.Pool(clients) as pool:
        for sample in range(1, SAMPLES + 1):
            pool.map(partial(call_times, port), [share] * clients, chunksize=1)
            seen.append(resident(process))
            print(f"  {sample * share * clients:8d} {seen[-1]:8.1f} MiB", flush=True)
    print(f"  grown by {seen[-1] - seen[1]:.1f} MiB after the first {share * clients}")


def resident(process: int) -> float:
    """Return the resident memory of the server's only worker, in MiB."""
    worker = Path(f"/proc/{process}/task/{process}/children").read_text(encoding="ascii").split()[0]
    status = Path(f"/proc/{worker}/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) for line in status if line.startswith("VmRSS")) / 1024


@contextmanager
def served(program: str, path: str) -> Iterator[tuple[int, int]]:
    """Serve a program; yield its port and the id of its process."""
    with socket.create_server((HOST, 0)) as probe:
        port: int = probe.getsockname()[1]
    quiet = subprocess.DEVNULL
    with subprocess.Popen([sys.executable, "-c", program.format(port=port)], stdout=quiet, stderr=quiet) as process:
        try:
            wait_for(port, path, process)
            yield port, process.pid
        finally:
            process.send_signal(signal.SIGTERM)


def wait_for(port: int, path: str, process: subprocess.Popen[bytes]) -> None:
    """Return when the server answers."""
    for _ in range(600):
        if process.poll() is not None:
            raise SystemExit(f"The server of {path} did not start.")
        try:
            with connected(port) as connection:
                return call(connection, path)
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


if __name__ == "__main__":
    main()
