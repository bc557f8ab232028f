"""The whole CDS Hooks call beside a bare Flask hello, and the reading of Bundles.

    python -m benchmarks.hooks

A made-up prefetch of 51 resources is posted to /cds-services/magnesium-patient-view and to a hello that reads it and
forgets it: the same server, the same settings, in turns, in one run. Then one client alone, for the latency.
"""

import json
import os
import statistics
import time
from collections.abc import Callable
from datetime import date

from benchmarks import charts
from benchmarks.serving import OURS, PEER, latencies, rate, served
from service.intake.fhir.read import read_bundle
from service.intake.strict_json import parse_fhir
from service.knowledge.load import load_pack

ROUNDS, SECONDS, CALLS = 5, 2.0, 400
PATH = "/cds-services/magnesium-patient-view"
CALL = {
    "hook": "patient-view",
    "hookInstance": "d1577c69-dfbe-44ad-ba6d-3e05e953b2ea",
    "context": {"userId": "Practitioner/1", "patientId": charts.PATIENT_ID},
    "prefetch": charts.prefetch(),
}
BODY = json.dumps(CALL).encode()
LARGE = json.dumps(charts.bundle(500), separators=(",", ":")).encode()


def main() -> None:
    """Print what was measured."""
    size, processors = f"{len(BODY) / 1000:.0f} KB", f"{os.cpu_count()} processors"
    print(f"CDS Hooks: patient-view with a prefetch of 51 resources, {size}; {processors}")
    with served(OURS, PATH, BODY) as (ours, _), served(PEER, "/hello", BODY) as (peer, _):
        for clients in (1, 8):
            compare(ours, peer, clients)
        taken = latencies(ours, PATH, BODY, CALLS)
    p50, p99 = statistics.median(taken), taken[int(len(taken) * 0.99)]
    print(f"  1 client alone  p50 {p50 * 1000:.1f} ms, p99 {p99 * 1000:.1f} ms over {CALLS} calls")
    read()


def compare(ours: int, peer: int, clients: int) -> None:
    """Measure both in turns, so that whatever else the machine does meets both."""
    rates: dict[str, list[float]] = {PATH: [], "/hello": []}
    for _ in range(ROUNDS):
        for path, port in ((PATH, ours), ("/hello", peer)):
            rates[path].append(rate(port, path, BODY, clients, SECONDS))
    hook, hello = (statistics.median(rates[path]) for path in (PATH, "/hello"))
    print(f"  {clients} client(s)     hook {hook:.0f}/s, hello {hello:.0f}/s, ratio {hook / hello:.3f}")


def read() -> None:
    """Print how long a Bundle takes to parse, and to become a profile, beside a bare json.loads."""
    terms, today = load_pack().terms, date(2026, 11, 21)
    data = parse_fhir(LARGE)
    parts: dict[str, Callable[[], object]] = {
        "json.loads": lambda: json.loads(LARGE),
        "strict parse": lambda: parse_fhir(LARGE),
        "to a profile": lambda: read_bundle(data, terms, today),
    }
    print(f"a Bundle of 500 resources, {len(LARGE) / 1024:.0f} KiB")
    for name, work in parts.items():
        print(f"  {name:14s} {statistics.median(_seconds(work) for _ in range(30)) * 1000:6.2f} ms")


def _seconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


if __name__ == "__main__":
    main()
