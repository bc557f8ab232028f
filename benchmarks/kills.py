"""Kills processes that keep advisories, and counts what was lost: it must be nothing.

    python -m benchmarks.kills [--kills 300]

A kill does not test a loss of power: the machine lives on, and what was on its way to the disk arrives.
"""

import argparse
import tempfile
import time

from service.store.advisories import AdvisoryStore
from service.store.audit import Audit
from service.store.database import open_database, upgrade_database
from tests.faults.killing import kill_while_keeping
from tests.postgres import NotHere, postgresql


def measure(name: str, url: str, kills: int) -> None:
    """Print what one database lost."""
    upgrade_database(url)
    started = time.perf_counter()
    acknowledged = kill_while_keeping(url, kills, seed=1)
    engine = open_database(url)
    store, audit = AdvisoryStore(engine), Audit(engine)
    lost = sum(store.summary("general", each) is None for each in acknowledged)
    faults = list(audit.faults({}))
    engine.dispose()
    took = time.perf_counter() - started
    print(f"{name}: {kills} kills in {took:.0f} s, {len(acknowledged)} acknowledged, {lost} lost; "
          f"{audit.events} events, {len(faults)} faults")  # fmt: skip


def main(kills: int = 300) -> None:
    """Print the table."""
    with tempfile.TemporaryDirectory() as folder:
        measure("SQLite", f"sqlite:///{folder}/kills.db", kills)
    try:
        with postgresql() as server:
            measure("PostgreSQL", server.url(server.create()), kills)
    except NotHere as reason:
        print(reason)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=300)
    main(parser.parse_args().kills)
