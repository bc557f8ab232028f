"""The steps lead to the tables that the code uses, from nothing and from every database there ever was."""

import importlib
import pkgutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from click.testing import CliRunner
from sqlalchemy import Engine, create_engine, inspect, make_url, text

import service.store
from service.cli.main import main
from service.store.advisories import AdvisoryStore
from service.store.audit import Audit
from service.store.database import StoreUnavailable, open_as_it_is, open_database, upgrade_database
from service.store.migrating import FOLDER, NEWEST
from service.store.tables import FEEDBACK, ISSUED_CARDS, METADATA, TOKENS, USED_TOKENS
from service.store.tokens import Tokens
from tests.racing import race
from tests.store.made import keep

NOW = datetime(2026, 11, 21, tzinfo=UTC)
BEFORE_STEPS = (USED_TOKENS, ISSUED_CARDS, FEEDBACK, TOKENS)
UPGRADE = """
from service.store.database import upgrade_database
wait()
print(upgrade_database(sys.argv[1])[1])
"""
# Ends itself, as kill -9 would, before the statement of that number.
KILLED = """
import os, signal, sys
from sqlalchemy import Engine, event
from service.store.database import upgrade_database
left = int(sys.argv[2])
@event.listens_for(Engine, "before_cursor_execute")
def count(*_):
    global left
    left -= 1
    if left == 0:
        os.kill(os.getpid(), signal.SIGKILL)
upgrade_database(sys.argv[1])
"""


@pytest.fixture
def plain(empty_url: str) -> Iterator[Engine]:
    """An engine that makes nothing by itself."""
    engine = create_engine(make_url(empty_url.replace("postgresql:", "postgresql+psycopg:")))
    yield engine
    engine.dispose()


def differences(engine: Engine) -> list[object]:
    """Compare the tables in the database with those in the code, in every module that names some."""
    for module in pkgutil.iter_modules(service.store.__path__):
        importlib.import_module(f"service.store.{module.name}")
    with engine.connect() as connection:
        return list(compare_metadata(MigrationContext.configure(connection), METADATA))


def test_the_steps_lead_to_the_tables_of_the_code(empty_url: str, plain: Engine) -> None:
    assert upgrade_database(empty_url) == (None, NEWEST)
    assert differences(plain) == []
    assert upgrade_database(empty_url) == (NEWEST, NEWEST)


def test_the_newest_step_is_the_one_that_is_named() -> None:
    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    config.set_main_option("path_separator", "os")
    assert ScriptDirectory.from_config(config).get_heads() == [NEWEST]


@pytest.mark.parametrize("tables", [BEFORE_STEPS, BEFORE_STEPS[:1]], ids=["all", "some"])
def test_a_database_from_before_there_were_steps_is_adopted(
    empty_url: str, plain: Engine, tables: tuple[object, ...]
) -> None:
    METADATA.create_all(plain, tables=list(tables))  # type: ignore[arg-type]
    if TOKENS in tables:
        token, _ = Tokens(plain).create("clinician", "general", 1, NOW)
    assert upgrade_database(empty_url) == ("", NEWEST)
    assert differences(plain) == []
    if TOKENS in tables:
        assert Tokens(plain).find(token, NOW) is not None


def test_opening_sqlite_brings_it_up_to_date(tmp_path: Path) -> None:
    open_database(f"sqlite:///{tmp_path}/x.db").dispose()
    assert upgrade_database(f"sqlite:///{tmp_path}/x.db") == (NEWEST, NEWEST)


@pytest.mark.parametrize("empty_url", ["postgresql"], indirect=True)
def test_postgresql_is_not_used_before_it_is_up_to_date(empty_url: str, plain: Engine) -> None:
    with pytest.raises(StoreUnavailable, match="magflag db upgrade"):
        open_database(empty_url)
    assert inspect(plain).get_table_names() == []
    upgrade_database(empty_url)
    with plain.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '0001'"))
    with pytest.raises(StoreUnavailable, match=r"older magflag.*magflag db upgrade"):
        open_database(empty_url)


def test_a_database_of_a_newer_magflag_is_refused(empty_url: str, plain: Engine) -> None:
    upgrade_database(empty_url)
    with plain.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    for use in (open_database, upgrade_database, open_as_it_is):
        with pytest.raises(StoreUnavailable, match="newer magflag"):
            use(empty_url)


def test_several_may_upgrade_at_once(empty_url: str, plain: Engine) -> None:
    assert race(UPGRADE, empty_url, 2) == [NEWEST] * 2
    assert differences(plain) == []


@pytest.mark.parametrize("statement", [3, 25, 40])
def test_an_upgrade_that_is_killed_leaves_a_database_that_can_be_upgraded(
    empty_url: str, plain: Engine, statement: int
) -> None:
    METADATA.create_all(plain, tables=list(BEFORE_STEPS))
    Tokens(plain).create("clinician", "general", 1, NOW)
    killed = subprocess.run([sys.executable, "-c", KILLED, empty_url, str(statement)], check=False)
    assert killed.returncode == -9
    assert len(Tokens(plain).list()) == 1
    assert not inspect(plain).has_table("advisories")
    upgrade_database(empty_url)
    engine = open_database(empty_url)
    keep(AdvisoryStore(engine))
    assert list(Audit(engine).faults({})) == []
    engine.dispose()


def test_the_command_says_what_it_did(empty_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MAGFLAG_DATABASE_URL", empty_url)
    said = [CliRunner().invoke(main, ["db", "upgrade"]) for _ in range(2)]
    assert [result.exit_code for result in said] == [0, 0]
    assert said[0].output == f"The database was brought from nothing to step {NEWEST}.\n"
    assert said[1].output == f"The database is up to date: step {NEWEST}.\n"


def test_the_command_says_why_it_cannot(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "x.db").write_bytes(b"no database" * 100)
    monkeypatch.setenv("MAGFLAG_DATABASE_URL", f"sqlite:///{tmp_path}/x.db")
    result = CliRunner().invoke(main, ["db", "upgrade"])
    assert (result.exit_code, result.output) == (12, "The database cannot be used: its file is not a database\n")


def test_examining_a_database_makes_and_changes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "x.db"
    with pytest.raises(StoreUnavailable, match="no such file"):
        open_as_it_is(f"sqlite:///{path}")
    sqlite3.connect(path).close()
    with pytest.raises(StoreUnavailable, match="nothing in it"):
        open_as_it_is(f"sqlite:///{path}")
    assert inspect(create_engine(f"sqlite:///{path}")).get_table_names() == []
