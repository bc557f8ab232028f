"""Opening the database: for this user alone, by several workers at once, and with a sentence where it cannot be."""

import sqlite3
import stat
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, make_url, text
from sqlalchemy.dialects import postgresql
from sqlalchemy.schema import CreateIndex, CreateTable

from service.store.database import StoreUnavailable, database_url, open_database, place_of
from service.store.tables import METADATA
from service.store.transactions import is_reachable, reading, writing
from tests.racing import race

OPEN = """
from service.store.database import open_database
wait()
open_database(sys.argv[1]).dispose()
print("opened")
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "data" / "magflag.db"


@pytest.fixture
def engine(path: Path) -> Iterator[Engine]:
    engine = open_database(f"sqlite:///{path}")
    yield engine
    engine.dispose()


def test_the_file_and_its_folder_are_for_this_user_alone(engine: Engine, path: Path) -> None:
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert {stat.S_IMODE(file.stat().st_mode) for file in path.parent.iterdir()} == {0o600}


@pytest.mark.parametrize(
    ("pragma", "value"), [("journal_mode", "wal"), ("synchronous", 1), ("foreign_keys", 1), ("busy_timeout", 500)]
)
def test_each_connection_is_set_up(engine: Engine, pragma: str, value: str | int) -> None:
    with writing(engine) as connection:
        assert connection.execute(text(f"PRAGMA {pragma}")).scalar_one() == value


def test_a_reader_sees_one_state_throughout(engine: Engine, path: Path) -> None:
    other = sqlite3.connect(path, isolation_level=None)
    count = text("SELECT count(*) FROM used_tokens")
    with reading(engine) as connection:
        before = connection.execute(count).scalar_one()
        other.execute("INSERT INTO used_tokens VALUES ('x', '2026-01-01 00:00:00.000000')")
        assert connection.execute(count).scalar_one() == before
    other.close()


def test_workers_may_open_it_at_the_same_time(path: Path) -> None:
    assert race(OPEN, f"sqlite:///{path}", 3) == ["opened"] * 3


@pytest.mark.parametrize(
    ("environ", "meant"),
    [
        ({"MAGFLAG_DATABASE_URL": "sqlite:///here.db", "HOME": "/home/ann"}, "sqlite:///here.db"),
        ({"XDG_DATA_HOME": "/data"}, "sqlite:////data/magflag/magflag.db"),
        ({"MAGFLAG_DATABASE_URL": "", "XDG_DATA_HOME": "/data"}, "sqlite:////data/magflag/magflag.db"),
    ],
)
def test_the_address_is_the_setting_or_a_file_of_the_user(environ: dict[str, str], meant: str) -> None:
    assert database_url(environ) == meant


def test_a_password_is_read_from_its_file(tmp_path: Path) -> None:
    (tmp_path / "password").write_text("p@ss/w%rd\n")
    environ = {"MAGFLAG_DATABASE_PASSWORD_FILE": str(tmp_path / "password")}
    url = database_url(environ | {"MAGFLAG_DATABASE_URL": "postgresql://magflag@db/magflag"})
    assert make_url(url).password == (tmp_path / "password").read_text().strip()
    for written, why in (
        ("", "does not name PostgreSQL"),
        (f"sqlite:///{tmp_path}/x.db", "does not name PostgreSQL"),
        ("postgresql://ann:SECRET@db/x", "both MAGFLAG_DATABASE_URL and MAGFLAG_DATABASE_PASSWORD_FILE"),
    ):
        with pytest.raises(StoreUnavailable, match=why) as refused:
            database_url(environ | {"MAGFLAG_DATABASE_URL": written})
        assert "SECRET" not in str(refused.value)


@pytest.mark.parametrize("content", [None, b"", b"\n", b"\xff\xfe", b"x" * 1025])
def test_a_file_without_a_password_is_refused(tmp_path: Path, content: bytes | None) -> None:
    file = tmp_path / "password"
    if content is not None:
        file.write_bytes(content)
    environ = {"MAGFLAG_DATABASE_URL": "postgresql://db/x", "MAGFLAG_DATABASE_PASSWORD_FILE": str(file)}
    with pytest.raises(StoreUnavailable, match="the file that MAGFLAG_DATABASE_PASSWORD_FILE names"):
        database_url(environ)


def test_the_place_of_a_database_names_nobody() -> None:
    assert place_of("postgresql://ann:SECRET@db/kept?password=SECRET") == "the PostgreSQL database kept"
    assert place_of("sqlite:////data/x.db") == "/data/x.db"


def test_a_relative_data_folder_is_ignored() -> None:
    assert database_url({"XDG_DATA_HOME": "data"}) == database_url({})
    assert database_url({}).endswith("/.local/share/magflag/magflag.db")


def test_a_user_without_a_home_is_told_what_to_set(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_home() -> Path:
        raise RuntimeError

    monkeypatch.setattr(Path, "home", no_home)
    with pytest.raises(StoreUnavailable, match="Set MAGFLAG_DATABASE_URL"):
        database_url({})


@pytest.mark.parametrize(
    "url",
    [
        "postgresql+psycopg2://ann:SECRET@localhost/x",
        "mysql://ann:SECRET@localhost/x",
        "postgresql://ann:SECRET@localhost:port/x",
        "SECRET",
        "sqlite://",
        "sqlite:///:memory:",
        "sqlite:///file:SECRET?uri=true",
        "sqlite:///\0SECRET",
    ],
)
def test_an_address_that_cannot_be_is_refused_in_a_sentence_that_does_not_repeat_it(url: str) -> None:
    with pytest.raises(StoreUnavailable) as caught:
        open_database(url)
    assert "Write for example sqlite:///" in str(caught.value)
    assert "SECRET" not in str(caught.value)


def test_postgresql_needs_its_driver(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(StoreUnavailable, match="needs the package psycopg"):
        open_database("postgresql://ann@localhost/x")


def test_a_path_below_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreUnavailable, match="its file cannot be written"):
        open_database(f"sqlite:///{tmp_path}/file/magflag.db")


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    (tmp_path / "magflag.db").write_bytes(b"not a database " * 100)
    with pytest.raises(StoreUnavailable, match="its file is not a database") as caught:
        open_database(f"sqlite:///{tmp_path}/magflag.db")
    assert caught.value.retry_after == 1


def test_a_database_that_was_damaged_since_is_not_reachable(engine: Engine, path: Path) -> None:
    assert is_reachable(engine)
    engine.dispose()
    path.write_bytes(b"not a database " * 100)
    assert not is_reachable(engine)


def test_every_table_can_be_made_on_postgresql() -> None:
    dialect = postgresql.dialect()  # type: ignore[no-untyped-call]
    for table in METADATA.sorted_tables:
        made = [str(CreateTable(table).compile(dialect=dialect))]
        made += [str(CreateIndex(index).compile(dialect=dialect)) for index in table.indexes]
        assert "DATETIME" not in " ".join(made)
        assert f"CONSTRAINT pk_{table.name} PRIMARY KEY" in made[0]
