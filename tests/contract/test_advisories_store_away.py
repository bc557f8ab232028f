"""The store is away: no advice that nobody could find again, an answer at once, and back without a restart."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

from service.wiring.service import build_service
from service.wiring.settings import Settings
from tests.contract.reviewing import GRAVE, PATIENT, Caller, asking


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "magflag.db"


@pytest.fixture
def clinician(path: Path) -> Caller:
    return Caller(asking(build_service(Settings(database=f"sqlite:///{path}"))).test_client(), "general")


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold the lock of the database, as a backup or a stray program would."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        yield


def test_no_answer_without_a_record(
    clinician: Caller, path: Path, promptly: Callable[[Callable[[], Any]], Any]
) -> None:
    known = clinician.keep()["id"]
    calls: list[Callable[[], Any]] = [
        lambda: clinician.post(json=PATIENT, **{"Idempotency-Key": "k"}),
        lambda: clinician.decide(known, 1, GRAVE),
        lambda: clinician.post(f"/{known}/sign-off", {"revision": 1}),
        lambda: clinician.get(f"/{known}"),
    ]
    with locked(path):
        for call in calls:
            answer = promptly(call)
            assert (answer.status_code, answer.headers["Retry-After"]) == (503, "1")
            assert "id" not in answer.get_json()
        assert clinician.client.get("/health/live").status_code == 200
        assert promptly(lambda: clinician.client.get("/health/ready")).status_code == 503
    assert clinician.client.get("/health/ready").status_code == 200
    assert "Idempotency-Replayed" not in clinician.post(json=PATIENT, **{"Idempotency-Key": "k"}).headers


def test_an_evaluation_that_nobody_keeps_needs_no_store(clinician: Caller, path: Path) -> None:
    with locked(path):
        headers = {"Authorization": "Bearer mf_clinician_general"}
        assert clinician.client.post("/v1/evaluate", json=PATIENT, headers=headers).status_code == 200
