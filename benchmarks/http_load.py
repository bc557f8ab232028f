"""Requests per second of POST /v1/evaluate beside a bare Flask hello, and the memory of the worker over many requests.

    python -m benchmarks.http_load --requests 100000

Both are served by the same server with the same settings, in turns, in one run, by the same clients. The ratio says how
much of what the stack could do is left when it evaluates; the memory says whether anything is kept. (The file is not
called http.py, because that would hide Python's own http from every script of this folder.)
"""

import argparse
import json
import multiprocessing
import os
import statistics
from functools import partial

from benchmarks.serving import OURS, PEER, call_times, rate, resident, served

ROUNDS = 5
SAMPLES = 10
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
BODY = json.dumps(PROFILE).encode()


def main() -> None:
    """Run both parts and print what was measured."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clients", type=int, default=4, help="clients at once")
    parser.add_argument("--seconds", type=float, default=3.0, help="length of one round")
    parser.add_argument("--requests", type=int, default=100_000, help="requests of the memory run; 0 leaves it out")
    asked = parser.parse_args()
    with served(OURS, "/v1/evaluate", BODY) as (ours, process), served(PEER, "/hello", BODY) as (peer, _):
        compare(ours, peer, asked.clients, asked.seconds)
        if asked.requests:
            watch_memory(ours, process, asked.clients, asked.requests)


def compare(ours: int, peer: int, clients: int, seconds: float) -> None:
    """Measure both in turns, so that whatever else the machine does meets both."""
    rates: dict[str, list[float]] = {"/v1/evaluate": [], "/hello": []}
    for _ in range(ROUNDS):
        for path, port in (("/v1/evaluate", ours), ("/hello", peer)):
            rates[path].append(rate(port, path, BODY, clients, seconds))
    middle = {path: statistics.median(measured) for path, measured in rates.items()}
    print(f"{clients} clients, {ROUNDS} rounds of {seconds:g} s each, in turns; {os.cpu_count()} processors")
    for path, measured in rates.items():
        print(f"  {path:14s} {middle[path]:8.0f} requests/s (from {min(measured):.0f} to {max(measured):.0f})")
    print(f"  ratio          {middle['/v1/evaluate'] / middle['/hello']:8.3f} of a bare Flask hello on the same server")


def watch_memory(port: int, process: int, clients: int, requests: int) -> None:
    """Print the memory of the worker as it answers many requests."""
    print(f"memory of the worker over {requests} requests")
    share = max(1, requests // SAMPLES // clients)
    seen = [resident(process)]
    print(f"  {0:8d} {seen[0]:8.1f} MiB")
    with multiprocessing.Pool(clients) as pool:
        for sample in range(1, SAMPLES + 1):
            pool.map(partial(call_times, port, "/v1/evaluate", BODY), [share] * clients, chunksize=1)
            seen.append(resident(process))
            print(f"  {sample * share * clients:8d} {seen[-1]:8.1f} MiB", flush=True)
    print(f"  grown by {seen[-1] - seen[1]:.1f} MiB after the first {share * clients}")


if __name__ == "__main__":
    main()
