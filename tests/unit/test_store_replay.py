"""A client's token is seen once, by whichever worker, until it expires."""

import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, func, select

from service.store.database import StoreUnavailable, open_database
from service.store.replay import CLOCKS_DIFFER, ReplayStore
from service.store.tables import USED_TOKENS
from service.store.transactions import reading
from tests.racing import race

NOW = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)
LATER = NOW + timedelta(minutes=5)
RACED = 200
RACE = f"""
from datetime import UTC, datetime, timedelta
from service.store.database import open_database
from service.store.replay import ReplayStore
engine = open_database(sys.argv[1])
store = ReplayStore(engine)
now = datetime(2026, 11, 21, tzinfo=UTC)
wait()
seen = [store.seen("https://ehr.example", str(jti), now + timedelta(minutes=5), now) for jti in range({RACED})]
print("".join("-1"[not was] for was in seen))
engine.dispose()
"""


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/magflag.db"


@pytest.fixture
def engine(url: str) -> Iterator[Engine]:
    engine = open_database(url)
    yield engine
    engine.dispose()


@pytest.fixture
def store(engine: Engine) -> ReplayStore:
    return ReplayStore(engine)


def count(engine: Engine) -> int:
    with reading(engine) as connection:
        return connection.execute(select(func.count()).select_from(USED_TOKENS)).scalar_one()


def test_a_token_is_new_once(store: ReplayStore) -> None:
    assert [store.seen("https://a.example", "1", LATER, NOW) for _ in range(3)] == [False, True, True]


def test_tokens_of_two_issuers_are_two(store: ReplayStore) -> None:
    pairs = [("https://a.example", "1"), ("https://b.example", "1"), ("https://a.example1", ""), ("\ud800", "\0'")]
    assert [store.seen(*pair, LATER, NOW) for pair in pairs] == [False] * len(pairs)


def test_another_store_on_the_same_file_knows_it(store: ReplayStore, url: str) -> None:
    store.seen("https://a.example", "1", LATER, NOW)
    other = open_database(url)
    assert ReplayStore(other).seen("https://a.example", "1", LATER, NOW)
    other.dispose()


def test_what_has_expired_is_not_remembered(store: ReplayStore) -> None:
    store.seen("https://a.example", "1", NOW + timedelta(seconds=30), NOW)
    half_a_minute_later = NOW + timedelta(seconds=30)
    assert not store.seen("https://a.example", "1", LATER, half_a_minute_later)
    assert store.seen("https://a.example", "1", LATER, half_a_minute_later)


def test_what_has_expired_is_forgotten(store: ReplayStore, engine: Engine) -> None:
    for jti in range(5):
        store.seen("https://a.example", str(jti), LATER, NOW)
    long_after = LATER + CLOCKS_DIFFER
    store.seen("https://a.example", "another", long_after + timedelta(hours=1), long_after)
    assert count(engine) == 1


def test_a_clock_that_is_ahead_makes_no_token_new_for_one_that_is_not(store: ReplayStore, url: str) -> None:
    store.seen("https://a.example", "1", LATER, NOW)
    other = open_database(url)
    ReplayStore(other).seen("https://a.example", "another", LATER + timedelta(hours=1), LATER + timedelta(minutes=1))
    other.dispose()
    assert store.seen("https://a.example", "1", LATER, NOW)


def test_nothing_of_a_token_is_in_the_file(store: ReplayStore, engine: Engine, tmp_path: Path) -> None:
    store.seen("https://zebedee.example", "zebedee", LATER, NOW)
    engine.dispose()
    assert not [file for file in tmp_path.iterdir() if b"zebedee" in file.read_bytes()]


def test_of_two_processes_with_the_same_token_exactly_one_is_first(url: str) -> None:
    one, other = race(RACE, url, 2)
    assert len(one) == len(other) == RACED
    assert {frozenset(pair) for pair in zip(one, other, strict=True)} == {frozenset("-1")}


def test_a_locked_database_is_said_and_serves_again_afterwards(store: ReplayStore, tmp_path: Path) -> None:
    other = sqlite3.connect(tmp_path / "magflag.db", isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    with pytest.raises(StoreUnavailable, match="another program has locked it") as caught:
        store.seen("https://a.example", "1", LATER, NOW)
    assert caught.value.retry_after == 1
    other.execute("ROLLBACK")
    other.close()
    assert not store.seen("https://a.example", "1", LATER, NOW)
