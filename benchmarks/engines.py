"""Evaluations per second of the reference evaluator, of durable-rules and of both, on the real rules.

    python -m benchmarks.engines

Each round runs all of them in turn on every example, so that a slow moment of the machine slows all alike.
"""

import time
from collections.abc import Callable
from datetime import date
from pathlib import Path
from statistics import median

from service.assess import Assessor
from service.engine import reference
from service.facts.derive import derive
from service.intake.profile import receive
from service.knowledge.load import load_pack
from service.presenters.plain import Writer
from service.wiring.settings import Settings

EXAMPLES = sorted((Path(__file__).parents[1] / "examples").glob("*.json"))
TODAY = date(2026, 11, 21)
ROUNDS, REPEATS = 15, 20


def seconds(work: Callable[[], object]) -> float:
    """Return the seconds of one call, over some repeats."""
    started = time.perf_counter()
    for _ in range(REPEATS):
        work()
    return (time.perf_counter() - started) / REPEATS


def contenders() -> dict[str, list[Callable[[], object]]]:
    """Return what is measured: each name with one call per example."""
    pack = load_pack(Settings.from_environment().rules)
    assessor, writer = Assessor(pack), Writer(pack)
    durable = assessor.engines.durable
    found: dict[str, list[Callable[[], object]]] = {}
    for file in EXAMPLES:
        body = file.read_bytes()
        received = receive(body, TODAY)
        facts = derive(received.profile, pack, TODAY).by_id

        def whole(body: bytes = body) -> str:
            got = receive(body, TODAY)
            return writer.advisory(assessor.assess(got.profile, TODAY, got.sha256), "id", "now")

        for name, work in {
            "reference alone": lambda facts=facts: reference.evaluate(pack.active_rules, facts),
            "durable-rules alone": lambda facts=facts: durable.evaluate(facts),
            "both, compared": lambda facts=facts: assessor.engines.evaluate(facts),
            "bytes in, bytes out": whole,
        }.items():
            found.setdefault(name, []).append(work)
    return found


def main() -> None:
    """Print the table."""
    named = contenders()
    rounds = {name: [[seconds(work) for work in calls] for _ in range(ROUNDS)] for name, calls in named.items()}
    print(f"{len(EXAMPLES)} examples, {ROUNDS} rounds of {REPEATS}: median over rounds, ms per evaluation")
    for name, measured in rounds.items():
        each = [median(column) * 1000 for column in zip(*measured, strict=True)]
        typical = median(each)
        print(f"  {name:22} {typical:6.2f} ms (from {min(each):.2f} to {max(each):.2f})  {1000 / typical:7.0f}/s")


if __name__ == "__main__":
    main()
