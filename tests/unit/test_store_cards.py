"""Issued cards: taken at once, written in batches, never in the way of an answer."""

import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Semaphore
from typing import Any

import pytest
from sqlalchemy import Engine, event, select

from schemas.client import Client
from schemas.hook import FeedbackItem
from service.store import cards as cards_module
from service.store.cards import IssuedCard, IssuedCards
from service.store.database import open_database
from service.store.feedback import FeedbackStore
from service.store.keeping import KEEP, purge
from service.store.tables import FEEDBACK, ISSUED_CARDS
from service.store.transactions import reading

SECONDS_UNTIL_HUNG = 20
NOW = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)
CARD = IssuedCard(
    uuid="00000000-0000-4000-8000-000000000001", rules=("kidney/x",), kind="flag", client="ward", tenant="general",
    service="magnesium-order-sign", hook="order-sign", pack_sha256="a" * 64, pack_version="1", issued_at=NOW,
)  # fmt: skip
CLIENT = Client(name="ward", tenant="general", issuer="", audience=())
NOTE_AND_END = """
import multiprocessing, sys
from datetime import UTC, datetime
from service.store import cards
from service.store.database import open_database

def work():
    cards.SECONDS_BETWEEN_WRITES = 3600
    now = datetime(2026, 11, 21, tzinfo=UTC)
    issued = cards.IssuedCards(open_database(sys.argv[1]), lambda: now)
    issued.note([cards.IssuedCard("u", ("r",), "flag", "c", "t", "s", "order-sign", "a", "1", now)])

child = multiprocessing.get_context("fork").Process(target=work)
child.start()
child.join()
"""


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    engine = open_database(f"sqlite:///{tmp_path}/magflag.db")
    yield engine
    engine.dispose()


@pytest.fixture
def issued(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> Iterator[IssuedCards]:
    # The thread is left to wait, so that each test decides when something is written.
    monkeypatch.setattr(cards_module, "SECONDS_BETWEEN_WRITES", 3600)
    issued = IssuedCards(engine, lambda: NOW)
    yield issued
    issued.close()


def kept(engine: Engine) -> list[dict[str, Any]]:
    with reading(engine) as connection:
        return [dict(row) for row in connection.execute(select(ISSUED_CARDS)).mappings()]


def many(count: int) -> list[IssuedCard]:
    return [replace(CARD, uuid=f"00000000-0000-4000-8000-{each:012}") for each in range(count)]


def test_a_card_is_written_as_it_was_issued(issued: IssuedCards, engine: Engine) -> None:
    issued.note([CARD])
    assert issued.flush()
    (row,) = kept(engine)
    assert row == {
        "tenant": "general", "client": "ward", "card": CARD.uuid, "kind": "flag", "rules": "kidney/x",
        "subject": "kidney/x", "joined": False, "suggestion": None, "service": "magnesium-order-sign",
        "hook": "order-sign", "pack_version": "1", "pack_sha256": "a" * 64, "issued_at": NOW,
    }  # fmt: skip


def test_nothing_of_a_card_is_of_the_patient() -> None:
    # Whoever adds a field here has asked whether it tells anything of a patient.
    assert {field.name for field in fields(IssuedCard)} == {
        "uuid", "rules", "kind", "client", "tenant", "service", "hook", "pack_sha256", "pack_version", "issued_at",
        "suggestion",
    }  # fmt: skip


def test_the_same_card_is_written_once(issued: IssuedCards, engine: Engine) -> None:
    issued.note([CARD, CARD])
    issued.flush()
    issued.note([CARD])
    issued.flush()
    assert len(kept(engine)) == 1


def test_many_cards_are_written_without_being_asked(issued: IssuedCards, engine: Engine) -> None:
    begun = Semaphore(0)
    event.listen(engine, "commit", lambda _: begun.release())
    issued.note(many(1200))
    # Three batches, and the purge, which begins when they have ended.
    assert all(begun.acquire(timeout=SECONDS_UNTIL_HUNG) for _ in range(4))
    assert len(kept(engine)) == 1200


def test_what_there_is_no_room_for_is_counted(
    issued: IssuedCards, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cards_module, "MOST_WAITING", 3)
    issued.note(many(5))
    issued.note([CARD])
    assert issued.dropped == 3
    issued.flush()
    assert len(kept(engine)) == 3


def test_dropped_cards_are_told(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cards_module, "MOST_WAITING", 0)
    told: list[int] = []
    issued = IssuedCards(engine, lambda: NOW, told.append)
    issued.note(many(2))
    issued.close()
    assert told == [2]


def test_cards_wait_while_the_database_is_locked(issued: IssuedCards, engine: Engine, tmp_path: Path) -> None:
    other = sqlite3.connect(tmp_path / "magflag.db", isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    issued.note(many(2))
    assert not issued.flush()
    other.execute("ROLLBACK")
    other.close()
    assert issued.flush()
    assert (len(kept(engine)), issued.dropped) == (2, 0)


def test_a_card_that_cannot_be_written_does_not_stop_the_others(issued: IssuedCards, engine: Engine) -> None:
    issued.note([replace(CARD, issued_at=NOW.replace(tzinfo=None))])
    assert issued.flush()
    issued.note([CARD])
    assert issued.flush()
    assert (len(kept(engine)), issued.dropped) == (1, 1)


def test_after_the_end_nothing_is_taken(issued: IssuedCards, engine: Engine) -> None:
    issued.note([CARD])
    issued.close()
    issued.note(many(2))
    assert (len(kept(engine)), issued.dropped) == (1, 2)


def test_what_waits_when_a_worker_ends_is_written(engine: Engine) -> None:
    subprocess.run([sys.executable, "-c", NOTE_AND_END, str(engine.url)], check=True)
    assert len(kept(engine)) == 1


def test_what_is_too_old_is_forgotten_with_all_that_was_said_of_it(issued: IssuedCards, engine: Engine) -> None:
    old, recent = replace(CARD, issued_at=NOW - KEEP - timedelta(days=1)), many(3)[2]
    issued.note([old, recent])
    issued.flush()
    reports = [FeedbackItem(card.uuid, "accepted", "2026-11-20T00:00:00Z") for card in (old, recent)]
    FeedbackStore(engine).record(reports, "s", CLIENT, NOW)
    FeedbackStore(engine).record([FeedbackItem("unknown", "accepted", "2020")], "s", CLIENT, NOW - KEEP * 2)
    purge(engine, NOW - KEEP)
    with reading(engine) as connection:
        assert connection.execute(select(FEEDBACK.c.card)).scalars().all() == [recent.uuid]
    assert [row["card"] for row in kept(engine)] == [recent.uuid]
