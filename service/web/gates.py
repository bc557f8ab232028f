"""How much one process takes on at once. What is beyond is refused at once, because a queue would help nobody.

The server waits for a body as long as its sender likes, and a thread of ours waits with it. So fewer requests with a
body are let in than there are threads, and whoever stalls keeps nobody from the rest; whatever reads the rest of a body
that was refused, which a stranger may send, is fewer still. Large bodies are counted apart: data need some twenty-five
times the memory of their JSON, and so the most memory is settled here.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from threading import BoundedSemaphore

# The threads of service.web.serve, of which some must always be left for requests without a body.
THREADS = 256
MOST_BODIES, MOST_LEFTOVERS = 192, 32
# What one patient fills only with years of history.
LARGE = 1_048_576
MOST_LARGE_BODIES, MOST_LARGE_EVALUATIONS = 32, 4


@dataclass(frozen=True, slots=True)
class Gates:
    """Evaluations that run, those of large bodies among them, bodies that are read, and rests that are read away."""

    evaluations: BoundedSemaphore
    large_evaluations: BoundedSemaphore
    bodies: BoundedSemaphore
    large_bodies: BoundedSemaphore
    leftovers: BoundedSemaphore


def make_gates(most_evaluations: int) -> Gates:
    """Return the gates of one process, all open."""
    return Gates(
        evaluations=BoundedSemaphore(most_evaluations),
        large_evaluations=BoundedSemaphore(MOST_LARGE_EVALUATIONS),
        bodies=BoundedSemaphore(MOST_BODIES),
        large_bodies=BoundedSemaphore(MOST_LARGE_BODIES),
        leftovers=BoundedSemaphore(MOST_LEFTOVERS),
    )


@contextmanager
def passed(gate: BoundedSemaphore) -> Iterator[bool]:
    """Go through a gate without waiting, and say whether it was open."""
    is_open = gate.acquire(blocking=False)
    try:
        yield is_open
    finally:
        if is_open:
            gate.release()
