"""What is taken on, and what is sent away at once."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from threading import BoundedSemaphore

from flask import Flask, g, request
from werkzeug.exceptions import ServiceUnavailable

from service.web.context import context
from service.web.gates import LARGE, passed

RETRY_AFTER = 1


@contextmanager
def admitted() -> Iterator[None]:
    """Take on one evaluation more and time it, or say at once that there are too many."""
    gates = context().gates
    with ExitStack() as inside:
        if is_large():
            _enter(inside, gates.large_evaluations)
        _enter(inside, gates.evaluations)
        with context().metrics.seconds.time():
            yield


def hold_bodies(app: Flask) -> None:
    """Let in so many requests with a body as can wait for theirs, and let none in that would have to wait for those."""
    app.before_request(_hold)
    app.teardown_request(_let_go)


def is_large() -> bool:
    """Say whether the body of this request is large, as far as is known: one of no announced length may be."""
    length = g.get("body_length", announced())
    return length is None or length > LARGE


def announced() -> int | None:
    """Return the length of the body of this request as its headers announce it; None where there is one of any."""
    if "chunked" in request.environ.get("HTTP_TRANSFER_ENCODING", "").lower():
        return None
    return request.content_length or 0


def _hold() -> None:
    if announced() == 0:
        return
    g.held = ExitStack()
    _enter(g.held, context().gates.bodies)
    if is_large():
        _enter(g.held, context().gates.large_bodies)


def _let_go(_error: BaseException | None) -> None:
    if "held" in g:
        g.held.close()


def _enter(inside: ExitStack, gate: BoundedSemaphore) -> None:
    """Go through a gate, until `inside` is left; raise ServiceUnavailable if it is shut."""
    if not inside.enter_context(passed(gate)):
        context().metrics.shed.inc()
        raise ServiceUnavailable(retry_after=RETRY_AFTER)
