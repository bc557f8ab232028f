"""Opens the one database: an SQLite file unless MAGFLAG_DATABASE_URL says otherwise."""

import os
import sqlite3
import time
from collections.abc import Mapping
from pathlib import Path
from threading import Lock
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError

from service.store.migrating import check, upgrade
from service.store.transactions import DURABLE, ONE_WRITER, WRITES, StoreUnavailable

__all__ = ["StoreUnavailable", "database_url", "open_as_it_is", "open_database", "place_of", "upgrade_database"]

VARIABLE = "MAGFLAG_DATABASE_URL"
VARIABLE_OF_FILE = "MAGFLAG_DATABASE_PASSWORD_FILE"
LONGEST_PASSWORD = 1024
DRIVERS = ("postgresql", "postgresql+psycopg")
EXAMPLES = "Write for example sqlite:///magflag.db or postgresql://magflag@localhost/magflag."
# A caller is told within a second that the database is locked: half a second for it, less for a turn in this process.
MILLISECONDS_FOR_A_LOCK, MILLISECONDS_BETWEEN_TRIES = 500, 8
# In WAL mode readers and a writer work side by side; the file remembers it, so that all but the first find it done.
PRAGMAS = (f"busy_timeout={MILLISECONDS_FOR_A_LOCK}", "journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON")
SECONDS_FOR_A_CONNECTION = 1
CONNECTIONS = 8
# Under which name a connection to SQLite knows which file it has opened.
FILE, GONE = "magflag_file", "its file is not where it was"
TRIES_TO_OPEN, SECONDS_BETWEEN_TRIES = 20, 0.05
# Our statements are short: to compile them, or to start workers for them, takes longer than to run them.
POSTGRESQL_OPTIONS = {
    "lock_timeout": MILLISECONDS_FOR_A_LOCK,
    "statement_timeout": 5000,
    "jit": "off",
    "max_parallel_workers_per_gather": 0,
}
POSTGRESQL_CONNECTS = {
    "connect_timeout": 2,
    "options": " ".join(f"-c {name}={value}" for name, value in POSTGRESQL_OPTIONS.items()),
}


def database_url(environ: Mapping[str, str]) -> str:
    """Return MAGFLAG_DATABASE_URL, or an SQLite file in the user's data folder (XDG Base Directory Specification).

    The password in the file that MAGFLAG_DATABASE_PASSWORD_FILE names becomes part of it. Raise StoreUnavailable, with
    a sentence, if there is none to be read, or if the address cannot take it.
    """
    written, password_file = environ.get(VARIABLE), environ.get(VARIABLE_OF_FILE)
    if password_file:
        return _with_password(written or "", Path(password_file))
    if written:
        return written
    folder = Path(environ.get("XDG_DATA_HOME") or "")
    if not folder.is_absolute():
        try:
            folder = Path.home() / ".local" / "share"
        except RuntimeError:
            raise StoreUnavailable(f"this user has no home folder. Set {VARIABLE}. {EXAMPLES}") from None
    return URL.create("sqlite", database=str(folder / "magflag" / "magflag.db")).render_as_string()


def place_of(url: str) -> str:
    """Return where the database at `url` is, for people to read: never its user, nor its password."""
    address = _address(url)
    if address.get_backend_name() == "sqlite":
        return str(Path(address.database or "").absolute())
    return f"the PostgreSQL database {address.database or address.username or ''}".rstrip()


def open_database(url: str) -> Engine:
    """Return the database at `url`; raise StoreUnavailable, with a sentence, if it cannot be used.

    An SQLite file is made, or brought up to date. PostgreSQL must be up to date: others may be using it.
    To be called in the process that uses it: connections do not live through a fork. Several may call it at once.
    """
    engine = _engine(url)
    try:
        if engine.dialect.name == "postgresql":
            check(engine)
        else:
            _upgrade(engine)
    except StoreUnavailable:
        engine.dispose()
        raise
    return engine


def open_as_it_is(url: str) -> Engine:
    """Return the database at `url` without making or changing anything; raise StoreUnavailable as open_database does.

    For whoever examines what is there: one that is not there, or not up to date, is not quietly made.
    """
    address = _address(url)
    if address.get_backend_name() == "sqlite" and not Path(address.database or "").is_file():
        raise StoreUnavailable(f"there is no such file. {VARIABLE} names it. {EXAMPLES}")
    engine = _engine(url)
    try:
        check(engine)
    except StoreUnavailable:
        engine.dispose()
        raise
    return engine


def upgrade_database(url: str) -> tuple[str | None, str]:
    """Bring the database at `url` up to date; return its version before (None: it was empty) and after.

    All of it happens, or nothing does. Raise StoreUnavailable, with a sentence, if it cannot be done.
    """
    engine = _engine(url)
    try:
        return _upgrade(engine)
    finally:
        engine.dispose()


def _engine(url: str) -> Engine:
    address = _address(url)
    return _postgresql(address) if address.get_backend_name() == "postgresql" else _sqlite(address)


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


def _with_password(url: str, file: Path) -> str:
    """Return an address of PostgreSQL with the password that stands in a file; the line break at its end is no part."""
    if not url or _address(url).get_backend_name() != "postgresql":
        raise StoreUnavailable(f"{VARIABLE_OF_FILE} is set, and {VARIABLE} does not name PostgreSQL. {EXAMPLES}")
    if _address(url).password is not None:
        raise StoreUnavailable(f"both {VARIABLE} and {VARIABLE_OF_FILE} give a password. Leave it out of the address.")
    try:
        with file.open("rb") as opened:
            password = opened.read(LONGEST_PASSWORD + 1).decode().rstrip("\r\n")
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or "it is not text in UTF-8"
        raise StoreUnavailable(f"the file that {VARIABLE_OF_FILE} names cannot be read ({why}).") from None
    if not password.strip() or len(password) > LONGEST_PASSWORD:
        raise StoreUnavailable(f"the file that {VARIABLE_OF_FILE} names must hold the password and nothing else.")
    return make_url(url).set(password=password).render_as_string(hide_password=False)


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
    file = _File(Path(address.database or ""))
    event.listen(engine, "do_connect", file.must_be_there)
    event.listen(engine, "connect", _set_up)
    event.listen(engine, "connect", file.remember)
    event.listen(engine, "begin", file.must_be_the_same)
    event.listen(engine, "begin", _begin)
    return engine


class _File:
    """The file at its path. SQLite goes on with one that was moved or removed, and what it is given then is lost."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def _now(self) -> tuple[int, int] | None:
        try:
            found = self._path.stat()
        except OSError:
            return None
        return found.st_dev, found.st_ino

    def must_be_there(self, *_given: Any) -> None:
        """Refuse to connect where there is none: SQLite would make an empty one."""
        if self._now() is None:
            raise sqlite3.OperationalError(GONE)

    def remember(self, _connection: sqlite3.Connection, record: Any) -> None:
        """Note which file a new connection has opened."""
        record.info[FILE] = self._now()

    def must_be_the_same(self, connection: Connection) -> None:
        """Refuse to write into another file than the one at the path; where there is a new one, open that next time."""
        now = self._now()
        if not connection.get_execution_options().get(WRITES) or connection.info.get(FILE) == now:
            return
        if now is not None:
            connection.invalidate()
        raise StoreUnavailable(GONE)


def _make_file(path: Path) -> None:
    """Make the file for this user alone; SQLite gives its companions (-wal, -shm) the same mode."""
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or "this cannot be a path"
        raise StoreUnavailable(f"its file cannot be written ({why}). {VARIABLE} names another. {EXAMPLES}") from None


def _set_up(connection: sqlite3.Connection, _record: Any) -> None:
    """Set up a new connection to SQLite."""
    connection.isolation_level = None  # Python would begin transactions late, and only before some statements.
    for pragma in PRAGMAS:
        connection.execute(f"PRAGMA {pragma}")


def _begin(connection: Connection) -> None:
    """Take the lock at once where something will be written: a reader that turns writer may be refused without wait.

    synchronous=FULL waits for the disk, so that even a power failure loses nothing. With NORMAL it may lose the last
    moments, and damages nothing (a crash of ours loses nothing either way): enough for cards that are counted and for
    tokens that live for minutes, and it saves every request a wait for the disk. It is set each time, because a
    connection keeps it, and it cannot be changed once the transaction has begun.
    """
    options = connection.get_execution_options()
    if not options.get(WRITES):
        connection.exec_driver_sql("BEGIN")
        return
    connection.exec_driver_sql(f"PRAGMA synchronous={'FULL' if options.get(DURABLE) else 'NORMAL'}")
    _take_turn(connection)


def _take_turn(connection: Connection) -> None:
    """Begin to write, and ask for the lock every few milliseconds until it is free.

    SQLite by itself waits longer from try to try: a process that writes without rest would be there first each time.
    """
    driver: Any = connection.connection.driver_connection
    until = time.monotonic() + MILLISECONDS_FOR_A_LOCK / 1000
    driver.execute(f"PRAGMA busy_timeout={MILLISECONDS_BETWEEN_TRIES}")
    try:
        while time.monotonic() < until:
            try:
                driver.execute("BEGIN IMMEDIATE")
                return
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode != sqlite3.SQLITE_BUSY:
                    break  # Waiting does not help; below it fails again, where it is told in our words.
        connection.exec_driver_sql("BEGIN IMMEDIATE")
    finally:
        driver.execute(f"PRAGMA busy_timeout={MILLISECONDS_FOR_A_LOCK}")


def _postgresql(address: URL) -> Engine:
    try:
        return create_engine(
            address,
            hide_parameters=True,
            connect_args=POSTGRESQL_CONNECTS,
            # Whoever waited for a lock must see what its holder wrote, whatever the server's own default is.
            isolation_level="READ COMMITTED",
            pool_pre_ping=True,
            pool_size=CONNECTIONS,
            max_overflow=0,
            pool_timeout=SECONDS_FOR_A_CONNECTION,
        )
    except ImportError:
        raise StoreUnavailable(
            "PostgreSQL needs the package psycopg, which is not installed. Install it beside magflag, or use SQLite."
        ) from None


def _upgrade(engine: Engine) -> tuple[str | None, str]:
    """Make what is missing. Where workers start together, one does it, and the others wait and then find it made."""
    for _ in range(TRIES_TO_OPEN - 1):
        try:
            return upgrade(engine)
        except StoreUnavailable as error:
            if not error.is_locked:
                raise
            # Changing to WAL is refused at once, without waiting for the lock, while another worker does the same.
            time.sleep(SECONDS_BETWEEN_TRIES)
    return upgrade(engine)
