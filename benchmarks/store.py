"""What keeping an advisory costs, how fast a worklist of 100,000 filters, and how fast the audit chain is verified.

    python -m benchmarks.store [--advisories 100000]

On SQLite, and on PostgreSQL where its programs are at hand. Both wait for the disk at every commit.
"""

import argparse
import hashlib
import json
import tempfile
import time
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median

from sqlalchemy import Engine

from benchmarks.made_advisories import FIRST, RULES, TENANT, fill
from schemas.review import Actor, NewAdvisory, Wanted
from service.store.advisories import AdvisoryStore
from service.store.audit import Audit
from service.store.database import open_database, upgrade_database
from service.wiring.service import build_service
from service.wiring.settings import Settings
from tests.postgres import NotHere, postgresql

NOW = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)
WHO = Actor("bench", "clinician", "another")
EXAMPLE = Path(__file__).parents[1] / "examples" / "ckd-g4-oxide.json"
KEPT, REPEATS, PAGE = 500, 15, 50
HOUR = timedelta(hours=1)
WORKLISTS = {
    "open": Wanted(),
    "any status": Wanted(status=None),
    "signed": Wanted(status="signed"),
    "critical": Wanted(severity="critical"),
    "critical that cannot say": Wanted(severity="critical", outcome="cannot_say"),
    "a frequent rule": Wanted(rule=RULES[0]),
    "a frequent rule, any status": Wanted(rule=RULES[0], status=None),
    "a rare rule": Wanted(rule=RULES[-1]),
    "a name many have": Wanted(text="p-"),
    "a name one has": Wanted(text="p-12345"),
    "a name nobody has": Wanted(text="zzz"),
    "a name nobody has, a rule": Wanted(text="zzz", rule=RULES[0]),
    "the first hour": Wanted(until=FIRST + HOUR),
    "an hour when nothing came": Wanted(status=None, until=FIRST - HOUR),
    "a frequent rule, first hour": Wanted(rule=RULES[0], until=FIRST + HOUR),
}


def seconds(work: Callable[[], object]) -> float:
    """Return how long one call takes."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def keeping(store: AdvisoryStore) -> None:
    """Print what keeping costs, beside what evaluating costs."""
    service, given = build_service(Settings.from_environment()), EXAMPLE.read_bytes()

    def evaluate() -> bytes:
        return service.evaluate(given, now=NOW, explain=False).text

    answer = evaluate()
    told = tuple((flag["rule"], flag["outcome"], flag["severity"]) for flag in json.loads(answer)["flags"])

    def keep() -> None:
        new = NewAdvisory(
            id=str(uuid.uuid4()), created_at=NOW, as_of=NOW.date(), kind="profile", input=given,
            input_sha256=hashlib.sha256(given).hexdigest(), answer=answer, pack_version="1", pack_sha256="a" * 64,
            told=told, patient=f"p-{uuid.uuid4().hex[:2]}",
        )  # fmt: skip
        store.keep(new, WHO, new.id)

    for work in (evaluate, keep):
        for _ in range(REPEATS):
            work()
    pairs = [(seconds(evaluate), seconds(keep)) for _ in range(KEPT)]
    evaluating, kept = (median(column) * 1000 for column in zip(*pairs, strict=True))
    share = evaluating / (evaluating + kept)
    print(
        f"  an answer of {len(answer) // 1000} KB, {len(told)} flags: evaluate {evaluating:.2f} ms, keep {kept:.2f} ms"
    )
    print(f"  keep alone {1000 / kept:.0f}/s; evaluate and keep at {share:.2f} of the rate of evaluate alone")


def listing(store: AdvisoryStore) -> None:
    """Print how long the first page of each worklist takes, and one far behind it."""
    for name, wanted in WORKLISTS.items():
        page = store.worklist(TENANT, wanted, None, PAGE)
        cursor = page.next
        for _ in range(10):
            cursor = cursor and store.worklist(TENANT, wanted, cursor, PAGE).next
        first = [seconds(lambda wanted=wanted: store.worklist(TENANT, wanted, None, PAGE)) for _ in range(REPEATS)]
        later = [seconds(lambda wanted=wanted, cursor=cursor: store.worklist(TENANT, wanted, cursor, PAGE))
                 for _ in range(REPEATS)]  # fmt: skip
        total = "many" if page.total is None else page.total
        print(f"  {name:28} {median(first) * 1000:6.1f} ms, worst {max(first + later) * 1000:6.1f} ms  ({total})")


def verifying(engine: Engine) -> None:
    """Print how fast everything is verified."""
    audit = Audit(engine)
    took = seconds(lambda: print(*audit.faults({}), sep="\n", end=""))
    print(f"  verified {audit.events} events and {audit.advisories} advisories in {took:.1f} s, "
          f"{audit.advisories / took:.0f} advisories/s")  # fmt: skip


def measure(name: str, url: str, count: int) -> None:
    """Print everything about one database."""
    upgrade_database(url)
    engine = open_database(url)
    store = AdvisoryStore(engine)
    print(f"{name}, {count} advisories")
    took = seconds(lambda: fill(engine, count))
    print(f"  (filled in {took:.0f} s)")
    listing(store)
    keeping(store)
    verifying(engine)
    engine.dispose()


def main(count: int = 100_000) -> None:
    """Print the tables."""
    with tempfile.TemporaryDirectory() as folder:
        measure("SQLite", f"sqlite:///{folder}/bench.db", count)
    try:
        with postgresql() as server:
            measure("PostgreSQL", server.url(server.create()), count)
    except NotHere as reason:
        print(reason)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--advisories", type=int, default=100_000)
    main(parser.parse_args().advisories)
