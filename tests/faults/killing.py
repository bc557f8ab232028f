"""Processes that keep advisories and are killed at any moment; what they were told was kept is remembered here."""

import random
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO

__all__ = ["kill_while_keeping"]

# Says the id of an advisory, which is also its key, as soon as it was told that it is kept. Advisories take the place
# of older ones and are decided on, so that a kill may fall between any two things that belong together.
KEEPING = """
import random, sys, uuid
from contextlib import suppress
from schemas.review import Conflict
from service.store.advisories import AdvisoryStore
from service.store.database import StoreUnavailable, open_database
from tests.store.made import ANN, agree, new

store, dice = AdvisoryStore(open_database(sys.argv[1])), random.Random(int(sys.argv[2]))
print("ready", flush=True)
while True:
    advisory = str(uuid.UUID(int=dice.getrandbits(128)))
    # The database may be busy, and the other process may have kept a newer one of this patient.
    with suppress(StoreUnavailable, Conflict):
        store.keep(new(id=advisory, patient=f"p-{advisory[0]}", answer=dice.randbytes(20_000)), ANN, advisory)
        print(advisory, flush=True)
        if advisory[1] in "0123":
            agree(store, advisory, 1)
"""
AT_ONCE, MOST_BEFORE_A_KILL = 2, 25


def kill_while_keeping(url: str, kills: int, seed: int) -> list[str]:
    """Keep advisories in two processes, kill one after the other, and return what was acknowledged."""
    dice, acknowledged = random.Random(seed), list[str]()  # noqa: S311 (the same moments every time)
    with _started(url, seed, kills + AT_ONCE) as processes:
        running = [next(processes) for _ in range(AT_ONCE)]
        for _ in range(kills):
            victim = running.pop(0)
            said = _output(victim)
            assert said.readline() == "ready\n"
            acknowledged += [said.readline().strip() for _ in range(dice.randint(1, MOST_BEFORE_A_KILL))]
            victim.kill()
            # What it had said by then is still in the pipe; a line that was cut short was not said.
            acknowledged += [line.strip() for line in said if line.endswith("\n")]
            running.append(next(processes))
    assert "" not in acknowledged
    return acknowledged


@contextmanager
def _started(url: str, seed: int, count: int) -> Iterator[Iterator[subprocess.Popen[str]]]:
    """Start processes as they are asked for, and end those that still run."""
    started: list[subprocess.Popen[str]] = []

    def start() -> Iterator[subprocess.Popen[str]]:
        for number in range(count):
            command = [sys.executable, "-c", KEEPING, url, str(seed + number)]
            started.append(subprocess.Popen(command, stdout=subprocess.PIPE, text=True))
            yield started[-1]

    try:
        yield start()
    finally:
        for process in started:
            process.kill()
            process.communicate()


def _output(process: subprocess.Popen[str]) -> IO[str]:
    assert process.stdout is not None
    return process.stdout
