"""Opens the one database: an SQLite file unless MAGFLAG_DATABASE_URL says otherwise."""

import os
import sqlite3
import time
from collections.abc import Mapping
from pathlib import Path
from threading import Lock
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url, text
from sqlalchemy.exc import ArgumentError

from service.store.tables import METADATA
from service.store.transactions import ONE_WRITER, WRITES, StoreUnavailable, writing

__all__ = ["StoreUnavailable", "database_url", "open_database"]

VARIABLE = "MAGFLAG_DATABASE_URL"
DRIVERS = ("postgresql", "postgresql+psycopg")
EXAMPLES = "Write for example sqlite:///magflag.db or postgresql://magflag@localhost/magflag."
# A caller is told within a second that the database is locked: half a second for it, less for a turn in this process.
MILLISECONDS_FOR_A_LOCK = 500
# In WAL mode readers and a writer work side by side; the file remembers it, so that all but the first find it done.
PRAGMAS = (f"busy_timeout={MILLISECONDS_FOR_A_LOCK}", "journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON")
SECONDS_FOR_A_CONNECTION = 1
CONNECTIONS = 8
TRIES_TO_OPEN, SECONDS_BETWEEN_TRIES = 20, 0.05
# One number for all workers, so that one of them makes the tables while the others wait ("magflag" in ASCII).
POSTGRESQL_LOCK = int.from_bytes(b"magflag", "big")
POSTGRESQL_CONNECTS = {
    "connect_timeout": 2,
    "options": f"-c lock_timeout={MILLISECONDS_FOR_A_LOCK} -c statement_timeout=5000",
}


def database_url(environ: Mapping[str, str]) -> str:
    """Return MAGFLAG_DATABASE_URL, or an SQLite file in the user's data folder (XDG Base Directory Specification)."""
    written = environ.get(VARIABLE)
    if written:
        return written
    folder = Path(environ.get("XDG_DATA_HOME") or "")
    if not folder.is_absolute():
        try:
            folder = Path.home() / ".local" / "share"
        except RuntimeError:
            raise StoreUnavailable(f"this user has no home folder. Set {VARIABLE}. {EXAMPLES}") from None
    return URL.create("sqlite", database=str(folder / "magflag" / "magflag.db")).render_as_string()


def open_database(url: str) -> Engine:
    """Return the database at `url`, with its tables; raise StoreUnavailable, with a sentence, if it cannot be used.

    To be called in the process that uses it: connections do not live through a fork. Several may call it at once.
    """
    address = _address(url)
    engine = _postgresql(address) if address.get_backend_name() == "postgresql" else _sqlite(address)
    try:
        _prepare(engine)
    except StoreUnavailable:
        engine.dispose()
        raise
    return engine


def _address(url: str) -> URL:
    """Read an address. It may hold a password, so it is never repeated in a message."""
    try:
        address = make_url(url)
    except (ArgumentError, ValueError):
        raise StoreUnavailable(f"{VARIABLE} is not an address. {EXAMPLES}") from None
    if address.drivername in DRIVERS:
        return address.set(drivername="postgresql+psycopg")
    if address.drivername != "sqlite":
        raise StoreUnavailable(f"{VARIABLE} names neither SQLite nor PostgreSQL. {EXAMPLES}")
    if not address.database or address.database.startswith((":", "file:")) or address.query:
        raise StoreUnavailable(f"{VARIABLE} is not the path of a file, which several workers share. {EXAMPLES}")
    return address


def _sqlite(address: URL) -> Engine:
    _make_file(Path(address.database or ""))
    engine = create_engine(
        address,
        hide_parameters=True,
        execution_options={ONE_WRITER: Lock()},
        pool_size=CONNECTIONS,
        max_overflow=0,
        pool_timeout=SECONDS_FOR_A_CONNECTION,
    )
    event.listen(engine, "connect", _set_up)
    event.listen(engine, "begin", _begin)
    return engine


def _make_file(path: Path) -> None:
    """Make the file for this user alone; SQLite gives its companions (-wal, -shm) the same mode."""
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or "this cannot be a path"
        raise StoreUnavailable(f"its file cannot be written ({why}). {VARIABLE} names another. {EXAMPLES}") from None


def _set_up(connection: sqlite3.Connection, _record: Any) -> None:
    """Set up a new connection to SQLite.

    synchronous=NORMAL: after a power failure the last moments may be missing, but nothing is damaged (a crash of ours
    loses nothing). That is enough for what is kept here, cards and feedback that are counted, tokens that live for
    minutes, and saves a wait for the disk on every request. The advisories' own engine will need FULL.
    """
    connection.isolation_level = None  # Python would begin transactions late, and only before some statements.
    for pragma in PRAGMAS:
        connection.execute(f"PRAGMA {pragma}")


def _begin(connection: Connection) -> None:
    """Take the lock at once where something will be written: a reader that turns writer may be refused without wait."""
    writes = connection.get_execution_options().get(WRITES)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _postgresql(address: URL) -> Engine:
    try:
        return create_engine(
            address,
            hide_parameters=True,
            connect_args=POSTGRESQL_CONNECTS,
            pool_pre_ping=True,
            pool_size=CONNECTIONS,
            max_overflow=0,
            pool_timeout=SECONDS_FOR_A_CONNECTION,
        )
    except ImportError:
        raise StoreUnavailable(
            "PostgreSQL needs the package psycopg, which is not installed. Install it beside magflag, or use SQLite."
        ) from None


def _prepare(engine: Engine) -> None:
    """Make what is missing. Where workers start together, one does it, and the others wait and then find it made."""
    for _ in range(TRIES_TO_OPEN - 1):
        try:
            return _make_tables(engine)
        except StoreUnavailable as error:
            if not error.is_locked:
                raise
            # Changing to WAL is refused at once, without waiting for the lock, while another worker does the same.
            time.sleep(SECONDS_BETWEEN_TRIES)
    return _make_tables(engine)


def _make_tables(engine: Engine) -> None:
    with writing(engine) as connection:
        if engine.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": POSTGRESQL_LOCK})
        METADATA.create_all(connection)
