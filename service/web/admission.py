"""How many evaluations run at once."""

from collections.abc import Iterator
from contextlib import contextmanager

from werkzeug.exceptions import ServiceUnavailable

from service.web.context import context

RETRY_AFTER = 1


@contextmanager
def admitted() -> Iterator[None]:
    """Take on one evaluation more and time it, or say at once that there are too many: a queue would help nobody."""
    here = context()
    if not here.gate.acquire(blocking=False):
        here.metrics.shed.inc()
        raise ServiceUnavailable(retry_after=RETRY_AFTER)
    try:
        with here.metrics.seconds.time():
            yield
    finally:
        here.gate.release()
