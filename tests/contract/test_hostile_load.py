"""Bodies that do not come, bodies too many, and bodies too large: others are answered all the same."""

from collections.abc import Callable
from contextlib import ExitStack
from io import BytesIO
from threading import BoundedSemaphore
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from granian.constants import HTTPModes
from werkzeug.test import TestResponse

from service.web.app import create_app
from service.web.context import EXTENSION
from service.web.gates import LARGE, THREADS, Gates, make_gates, passed
from service.web.ports import Guard
from service.web.serve import make_server
from service.web.settings import Settings
from tests.signing import NOW

JSON = "application/json"
FHIR = "application/fhir+json"
CHUNKED = {"wsgi.input_terminated": True, "HTTP_TRANSFER_ENCODING": "chunked"}
BUNDLE = b'{"resourceType": "Bundle"'


class Stalled(BytesIO):
    """A body that never comes: whoever waits for it fails here, and would hang elsewhere."""

    def read(self, _size: int | None = -1, /) -> bytes:
        raise AssertionError("nobody may wait here")


@pytest.fixture
def app(pretend: Any) -> Flask:
    return create_app(pretend(), clock=lambda: NOW)


@pytest.fixture
def caller(app: Flask) -> FlaskClient:
    return app.test_client()


def gates_of(app: Flask) -> Gates:
    gates = app.extensions[EXTENSION].gates
    assert isinstance(gates, Gates)
    return gates


def fill(gate: BoundedSemaphore) -> ExitStack:
    """Take every place of a gate; leaving what is returned gives them back."""
    taken = ExitStack()
    while taken.enter_context(passed(gate)):
        pass
    return taken


def places(gate: BoundedSemaphore) -> int:
    with ExitStack() as taken:
        return next(count for count in range(THREADS) if not taken.enter_context(passed(gate)))


def advise(caller: FlaskClient, length: int) -> TestResponse:
    return caller.post("/fhir/R4/$advise", data=BUNDLE + b" " * (length - len(BUNDLE) - 1) + b"}", content_type=FHIR)


def is_shed(answer: TestResponse) -> bool:
    return (answer.status_code, answer.headers.get("Retry-After")) == (503, "1")


def test_while_bodies_stall_requests_without_one_are_answered(app: Flask, caller: FlaskClient) -> None:
    with fill(gates_of(app).bodies):
        assert is_shed(caller.post("/v1/evaluate", json={}))
        assert caller.get("/health/live").status_code == 200
        assert caller.get("/v1/rules").status_code == 200
    assert caller.post("/v1/evaluate", json={}).status_code == 200


def test_a_body_of_unannounced_length_counts_as_large(app: Flask, caller: FlaskClient) -> None:
    def post() -> TestResponse:
        return caller.post("/v1/evaluate", input_stream=BytesIO(b"{}"), content_type=JSON, environ_overrides=CHUNKED)

    with fill(gates_of(app).large_bodies):
        assert is_shed(post())
        assert caller.post("/v1/evaluate", json={}).status_code == 200
    # Once it has been read, its length is known, and it needs no large place among the evaluations.
    with fill(gates_of(app).large_evaluations):
        assert post().status_code == 200


def test_large_bodies_are_evaluated_a_few_at_a_time(app: Flask, caller: FlaskClient) -> None:
    with fill(gates_of(app).large_evaluations):
        assert is_shed(advise(caller, LARGE + 1))
        assert advise(caller, LARGE).status_code == 200
    assert advise(caller, LARGE + 1).status_code == 200


def test_a_stranger_is_sent_away_without_waiting_for_the_body(
    pretend: Any, promptly: Callable[[Callable[[], TestResponse]], TestResponse]
) -> None:
    app = create_app(pretend(), Settings(auth=True), lambda: NOW, Guard(find=lambda *_: None))
    with fill(gates_of(app).leftovers):
        answer = promptly(
            lambda: app.test_client().post(
                "/v1/evaluate", input_stream=Stalled(), content_type=JSON, environ_overrides=CHUNKED
            )
        )
        assert answer.status_code == 401


def test_every_place_is_given_back_whatever_happens(pretend: Any) -> None:
    app = create_app(pretend(raises=ValueError("x")), clock=lambda: NOW)
    caller = app.test_client()
    for _ in range(3):
        caller.post("/v1/evaluate", json={})
        caller.post("/v1/evaluate", data=b"{", content_type="text/plain")
        caller.post("/nothing", json={})
        advise(caller, LARGE + 1)
    for name in Gates.__slots__:
        assert places(getattr(gates_of(app), name)) == places(getattr(make_gates(32), name)), name


def test_bodies_never_take_every_thread() -> None:
    gates = make_gates(1024)
    assert places(gates.bodies) + places(gates.leftovers) < THREADS


def test_a_connection_that_says_nothing_is_closed_by_the_server() -> None:
    server = make_server("127.0.0.1", 1)
    # In any other mode the server waits for a first byte without end, to learn which protocol it is.
    assert server.http is HTTPModes.http1
    assert 0 < server.http1_settings.header_read_timeout <= 30_000
