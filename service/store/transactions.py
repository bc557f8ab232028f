"""Transactions that either hold or raise StoreUnavailable, on both databases."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, Engine, Table, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError
from sqlalchemy.exc import TimeoutError as NoConnectionFree

__all__ = [
    "DURABLE", "ONE_WRITER", "WRITES", "StoreUnavailable", "insert_new", "is_reachable", "reading", "snapshot",
    "writing",
]  # fmt: skip

# The execution option by which a transaction says that it will write; see service.store.database.
WRITES = "magflag_writes"
# The one by which it says that it must be on the disk, and not only on its way there, when it ends.
DURABLE = "magflag_durable"
# The option under which an engine holds the lock that its writers take in turn, where the database has one writer.
ONE_WRITER = "magflag_one_writer"
SECONDS_FOR_A_TURN = 0.4
LOCKED = "another program has locked it"
DAMAGED = "its file is damaged"
REASONS = {
    "SQLITE_BUSY": LOCKED,
    "SQLITE_LOCKED": LOCKED,
    "SQLITE_READONLY": "it may only be read",
    "SQLITE_FULL": "the disk is full",
    "SQLITE_NOTADB": "its file is not a database",
    "SQLITE_CANTOPEN": "its file cannot be opened",
    "SQLITE_CORRUPT": DAMAGED,
    # PostgreSQL's names are numbers (its manual, appendix A).
    "55P03": LOCKED,
    "53100": "the disk is full",
    "25006": "it may only be read",
    "XX001": DAMAGED,
    "XX002": DAMAGED,
}


class StoreUnavailable(Exception):
    """The database cannot be used now, and may be in `retry_after` seconds; the message says why, without any data."""

    retry_after = 1

    def __init__(self, reason: str) -> None:
        super().__init__(f"The database cannot be used: {reason}")
        self.is_locked = reason == LOCKED
        self.is_damaged = reason == DAMAGED


def reason_of(error: DBAPIError) -> str:
    """Return why a database failed, in our words: its own may quote what was written."""
    name = getattr(error.orig, "sqlite_errorname", None) or getattr(error.orig, "sqlstate", None) or ""
    return next((reason for known, reason in REASONS.items() if name.startswith(known)), "it does not answer")


@contextmanager
def _told() -> Iterator[None]:
    """Turn every failure of the database into StoreUnavailable; a mistake of ours stays what it is."""
    try:
        yield
    except (DataError, IntegrityError):
        raise
    except DBAPIError as error:
        raise StoreUnavailable(reason_of(error)) from None
    except NoConnectionFree:
        raise StoreUnavailable("all its connections are busy") from None


@contextmanager
def writing(engine: Engine, durable: bool = False) -> Iterator[Connection]:
    """Open a transaction that writes; everything in it is kept, or nothing is.

    `durable`: not even a power failure undoes it. Without that, one may undo the last moments (see database._begin).
    """
    options = {WRITES: True, DURABLE: durable}
    with _told(), _turn(engine), engine.connect().execution_options(**options) as connection, connection.begin():
        yield connection


@contextmanager
def _turn(engine: Engine) -> Iterator[None]:
    """Wait in this process for the turn to write: SQLite itself waits by sleeping, and serves nobody in turn."""
    lock = engine.get_execution_options().get(ONE_WRITER)
    if lock is None:
        yield
        return
    if not lock.acquire(timeout=SECONDS_FOR_A_TURN):
        raise StoreUnavailable(LOCKED)
    try:
        yield
    finally:
        lock.release()


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """Open a transaction that only reads."""
    with _told(), engine.connect() as connection, connection.begin():
        yield connection


@contextmanager
def snapshot(engine: Engine) -> Iterator[Connection]:
    """Open a transaction that reads one state throughout, however long it takes; others write meanwhile."""
    is_postgresql = engine.dialect.name == "postgresql"
    options = {"isolation_level": "REPEATABLE READ"} if is_postgresql else {}
    with _told(), engine.connect().execution_options(**options) as connection, connection.begin():
        if is_postgresql:
            connection.execute(text("SET LOCAL statement_timeout = 0"))
        yield connection


def insert_new(engine: Engine, table: Table) -> sqlite.Insert | postgresql.Insert:
    """Return an insert that can say what to do on a conflict, which plain SQL cannot."""
    insert = postgresql.insert(table) if engine.dialect.name == "postgresql" else sqlite.insert(table)
    # Without this the number of inserted rows is forgotten on PostgreSQL.
    return insert.execution_options(preserve_rowcount=True)


def is_reachable(engine: Engine) -> bool:
    """Say whether the database answers now, and lets us write: advice that cannot be kept is not given."""
    try:
        with writing(engine) as connection:
            connection.execute(text("SELECT 1"))
    except StoreUnavailable:
        return False
    return True
