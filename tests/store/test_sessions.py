"""Sessions: found as they were made, ended by time or by hand, and known by a hash alone."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine, text

from schemas.person import BY_LAUNCH, BY_OPENID, Login
from schemas.review import Actor
from service.store.sessions import BETWEEN_NOTES, IDLE, LONGEST, Sessions, is_session_id

NOW = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)
ADA = Login(Actor("Ada Byron (ada)", "clinician", "general"), BY_OPENID)
MOMENT = timedelta(microseconds=1)


@pytest.fixture
def sessions(engine: Engine) -> Sessions:
    return Sessions(engine)


def rows(engine: Engine) -> list[tuple[object, ...]]:
    with engine.connect() as connection:
        return [tuple(row) for row in connection.execute(text("SELECT * FROM sessions"))]


@pytest.mark.parametrize("login", [ADA, Login(ADA.actor, BY_LAUNCH, ("a-1", "a-2"), needs_banner=True)])
def test_a_session_is_found_as_it_was_made(sessions: Sessions, login: Login) -> None:
    found = sessions.find(sessions.open(login, NOW), NOW)
    assert found
    assert (found.login, found.actor, found.expires) == (login, login.actor, NOW + LONGEST)


def test_an_id_is_random_and_nowhere_in_the_database(sessions: Sessions, engine: Engine) -> None:
    known, other = (sessions.open(ADA, NOW) for _ in range(2))
    assert known != other
    assert is_session_id(known)
    assert len(rows(engine)) == 2
    assert known not in str(rows(engine))


def test_an_idle_session_ends_and_each_use_begins_the_time_anew(sessions: Sessions) -> None:
    known = sessions.open(ADA, NOW)
    assert sessions.find(known, NOW + IDLE - MOMENT)
    assert sessions.find(known, NOW + 2 * IDLE - 2 * MOMENT)
    assert sessions.find(known, NOW + 3 * IDLE - 2 * MOMENT) is None


def test_every_session_ends(sessions: Sessions) -> None:
    known = sessions.open(ADA, NOW)
    now = NOW
    while now + IDLE / 2 < NOW + LONGEST:
        now += IDLE / 2
        assert sessions.find(known, now)
    assert sessions.find(known, NOW + LONGEST) is None


def test_that_somebody_is_there_is_written_once_a_minute(sessions: Sessions, engine: Engine) -> None:
    known = sessions.open(ADA, NOW)
    before = rows(engine)
    assert sessions.find(known, NOW + BETWEEN_NOTES - MOMENT)
    assert rows(engine) == before
    assert sessions.find(known, NOW + BETWEEN_NOTES)
    assert rows(engine) != before


def test_a_clock_that_goes_back_shortens_no_session(sessions: Sessions) -> None:
    known = sessions.open(ADA, NOW)
    assert sessions.find(known, NOW + IDLE / 2)
    assert sessions.find(known, NOW - IDLE)
    assert sessions.find(known, NOW + IDLE)


def test_a_session_that_was_closed_is_gone(sessions: Sessions, engine: Engine) -> None:
    known, other = (sessions.open(ADA, NOW) for _ in range(2))
    sessions.close(known)
    assert sessions.find(known, NOW) is None
    assert sessions.find(other, NOW)
    assert len(rows(engine)) == 1


def test_a_new_session_ends_the_one_it_comes_instead_of(sessions: Sessions) -> None:
    before = sessions.open(ADA, NOW)
    after = sessions.open(ADA, NOW, instead_of=before)
    assert sessions.find(before, NOW) is None
    assert sessions.find(after, NOW)


def test_sessions_that_ended_are_forgotten(sessions: Sessions, engine: Engine) -> None:
    sessions.open(ADA, NOW)
    sessions.open(ADA, NOW + IDLE)
    assert len(rows(engine)) == 1


@pytest.mark.parametrize("known", ["", "x", "A" * 43, "A" * 42, "A" * 44, "Ä" * 43, "A" * 42 + "\n", "'; DROP TABLE--"])
def test_any_other_text_is_no_session(sessions: Sessions, known: str) -> None:
    sessions.open(ADA, NOW)
    assert sessions.find(known, NOW) is None
    sessions.close(known)
    assert sessions.open(ADA, NOW, instead_of=known)
