"""Databases for tests: each on SQLite and on PostgreSQL. PostgreSQL is started once; each test has one of its own."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from service.store.advisories import AdvisoryStore
from service.store.database import open_database, upgrade_database
from tests.postgres import NotHere, Server, postgresql

BOTH = ("sqlite", "postgresql")


@pytest.fixture(scope="session")
def postgres() -> Iterator[Server]:
    try:
        # What these tests stop is a process of ours, never the machine: waiting for the disk would prove nothing.
        with postgresql(["fsync=off"]) as server:
            yield server
    except NotHere as reason:
        pytest.skip(str(reason))


@pytest.fixture(scope="session")
def postgres_template(postgres: Server) -> str:
    name = postgres.create()
    upgrade_database(postgres.url(name))
    return name


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("template") / "magflag.db"
    upgrade_database(f"sqlite:///{path}")
    return path


@pytest.fixture(params=BOTH)
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Return the address of a database without any tables."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path}/empty.db"
        return
    server: Server = request.getfixturevalue("postgres")
    name = server.create()
    yield server.url(name)
    server.drop(name)


@pytest.fixture(params=BOTH)
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Return the address of a database that is up to date and empty."""
    if request.param == "sqlite":
        shutil.copy(request.getfixturevalue("sqlite_template"), tmp_path / "magflag.db")
        yield f"sqlite:///{tmp_path}/magflag.db"
        return
    server: Server = request.getfixturevalue("postgres")
    name = server.create(request.getfixturevalue("postgres_template"))
    yield server.url(name)
    server.drop(name)


@pytest.fixture
def engine(url: str) -> Iterator[Engine]:
    engine = open_database(url)
    yield engine
    engine.dispose()


@pytest.fixture
def store(engine: Engine) -> AdvisoryStore:
    return AdvisoryStore(engine)
