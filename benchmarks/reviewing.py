"""POST /v1/advisories beside POST /v1/evaluate, in turns, and how long an advisory's pages take, all over HTTP.

    python -m benchmarks.reviewing

On SQLite, which waits for the disk at every commit. One patient again and again is the dearest case: each advisory then
also takes the place of the one before it. A page is asked for by one client alone; to open one is an event, too.
"""

import json
import os
import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.serving import JSON, OURS_KEEPING, connected, rate, served

ROUNDS, SECONDS, PAGES = 5, 3.0, 50
EVALUATE, KEEP = "/v1/evaluate", "/v1/advisories"
BODY = (Path(__file__).parents[1] / "examples" / "ckd-g4-oxide.json").read_bytes()
PATIENTS = {
    "without an id": json.dumps(json.loads(BODY) | {"patient": {"age": 74, "sex": "female"}}).encode(),
    "always the same": BODY,
}


def main() -> None:
    """Print what was measured."""
    print(f"kept for review, on SQLite; {os.cpu_count()} processors")
    with _own_database(), served(OURS_KEEPING, EVALUATE, BODY) as (port, _):
        for name, body in PATIENTS.items():
            for clients in (1, 4):
                compare(port, name, body, clients)
        look(port)


def compare(port: int, name: str, body: bytes, clients: int) -> None:
    """Measure both in turns, so that whatever else the machine does meets both."""
    rates: dict[str, list[float]] = {EVALUATE: [], KEEP: []}
    for _ in range(ROUNDS):
        for path, measured in rates.items():
            measured.append(rate(port, path, body, clients, SECONDS))
    evaluated, kept = (statistics.median(measured) for measured in rates.values())
    told = f"evaluated {evaluated:.0f}/s, kept {kept:.0f}/s, ratio {kept / evaluated:.2f}"
    print(f"  a patient {name}, {clients} client(s): {told}")


def look(port: int) -> None:
    """Print how long the pages of one advisory, and the worklist, take from the call to the last byte."""
    with connected(port) as connection:
        connection.request("POST", KEEP, BODY, JSON)
        answer = connection.getresponse()
        answer.read()
        number = answer.headers["Location"].rpartition("/")[2]
        for path in (f"/review/{number}", f"/review/{number}/print", "/review"):
            taken = []
            for _ in range(PAGES):
                start = time.perf_counter()
                connection.request("GET", path)
                size = len(connection.getresponse().read())
                taken.append((time.perf_counter() - start) * 1000)
            middle, worst = statistics.median(taken), max(taken)
            name = path.replace(number, "{id}")
            print(f"  {name:20s} {middle:6.1f} ms, worst {worst:.1f} ms ({size / 1000:.0f} KB)")


@contextmanager
def _own_database() -> Iterator[None]:
    """Let what is started meanwhile keep its advisories in a folder that is removed afterwards."""
    before = os.environ.get("MAGFLAG_DATABASE_URL")
    with tempfile.TemporaryDirectory() as folder:
        os.environ["MAGFLAG_DATABASE_URL"] = f"sqlite:///{folder}/bench.db"
        try:
            yield
        finally:
            os.environ.pop("MAGFLAG_DATABASE_URL")
            if before is not None:
                os.environ["MAGFLAG_DATABASE_URL"] = before


if __name__ == "__main__":
    main()
