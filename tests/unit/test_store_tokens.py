"""Tokens of ours: shown once, found by their hash, ended by time or by hand."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine

from service.store import tokens as tokens_module
from service.store.database import open_database
from service.store.tokens import LONGEST_DAYS, ROLES, Tokens, is_plain_name

NOW = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    engine = open_database(f"sqlite:///{tmp_path}/magflag.db")
    yield engine
    engine.dispose()


@pytest.fixture
def tokens(engine: Engine) -> Tokens:
    return Tokens(engine)


@pytest.mark.parametrize("role", ROLES)
def test_a_token_is_found_as_it_was_made(tokens: Tokens, role: str) -> None:
    token, info = tokens.create(role, "general", 30, NOW)
    assert (info.role, info.tenant, info.expires) == (role, "general", NOW + timedelta(days=30))
    assert token.startswith(f"mf_{info.id}")
    assert tokens.find(token, NOW) == info


def test_a_token_ends_with_its_last_day(tokens: Tokens) -> None:
    token, info = tokens.create("admin", "general", 1, NOW)
    assert tokens.find(token, info.expires - timedelta(microseconds=1))
    assert tokens.find(token, info.expires) is None


def test_a_revoked_token_is_not_found(tokens: Tokens) -> None:
    token, info = tokens.create("admin", "general", 1, NOW)
    kept, _ = tokens.create("admin", "general", 1, NOW)
    assert [tokens.revoke(info.id, NOW), tokens.revoke(info.id, NOW), tokens.revoke("none", NOW)] == [
        True,
        False,
        False,
    ]
    assert tokens.find(token, NOW) is None
    assert tokens.find(kept, NOW)


@pytest.mark.parametrize("change", ["", "mf_", "\ud800" * 46, "mf_" + "é" * 43, "mf_" + "a" * 43, "mf_" + "%" * 43])
def test_another_text_finds_nothing(tokens: Tokens, change: str) -> None:
    tokens.create("admin", "general", 1, NOW)
    assert tokens.find(change, NOW) is None


def test_the_token_itself_is_nowhere(tokens: Tokens, engine: Engine, tmp_path: Path) -> None:
    token, info = tokens.create("admin", "general", 1, NOW)
    engine.dispose()
    kept = b"".join(file.read_bytes() for file in tmp_path.iterdir())
    assert info.id.encode() in kept
    assert token[len("mf_") + len(info.id) :].encode() not in kept
    assert token not in repr(info)


def test_tokens_are_listed_by_tenant_the_oldest_first(tokens: Tokens) -> None:
    made = [tokens.create("admin", tenant, 1, NOW + timedelta(hours=n))[1] for n, tenant in enumerate("bab")]
    tokens.revoke(made[0].id, NOW)
    assert [info.id for info in tokens.list()] == [info.id for info in made]
    assert [(info.id, info.revoked) for info in tokens.list("b")] == [(made[0].id, NOW), (made[2].id, None)]
    assert tokens.list("c") == ()


def test_an_id_that_is_taken_is_not_taken_again(tokens: Tokens, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = iter(["mf_" + "a" * 43, "mf_" + "a" * 42 + "b", "mf_" + "c" * 43])
    monkeypatch.setattr(tokens_module, "_random_token", lambda: next(drawn))
    assert [tokens.create("admin", "general", 1, NOW)[1].id for _ in range(2)] == ["aaaaaaaa", "cccccccc"]


@pytest.mark.parametrize(
    ("role", "tenant", "days"),
    [("root", "general", 1), ("admin", "General Hospital", 1), ("admin", "a", 0), ("admin", "a", LONGEST_DAYS + 1)],
)
def test_what_cannot_be_a_token_is_not_made(tokens: Tokens, role: str, tenant: str, days: int) -> None:
    with pytest.raises(ValueError, match="There is no such role"):
        tokens.create(role, tenant, days, NOW)
    assert tokens.list() == ()


@pytest.mark.parametrize("name", ["", "A", "a b", "a/b", "-a", "a\n", "é", "a" * 64, "a'b", "٣"])
def test_a_name_that_is_not_plain_is_none(name: str) -> None:
    assert not is_plain_name(name)
