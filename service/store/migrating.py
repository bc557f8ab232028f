"""Brings a database up to date, step by step, and says what is wrong with one that is not.

Alembic is imported only where there is something to do: it takes longer to load than most commands take to answer.
"""

from pathlib import Path

from sqlalchemy import Connection, Engine, inspect, text

from service.store.transactions import StoreUnavailable, reading, writing

__all__ = ["FOLDER", "NEWEST", "check", "upgrade"]

FOLDER = Path(__file__).parent / "migrations"
NEWEST = "0003"
# One number for all who upgrade: one does it while the others wait ("magflag" in ASCII). A step may take its time.
POSTGRESQL_LOCK = int.from_bytes(b"magflag", "big")
POSTGRESQL_PATIENCE = text("SELECT set_config('statement_timeout', '0', true), set_config('lock_timeout', '10s', true)")
POSTGRESQL_TURN = text("SELECT pg_advisory_xact_lock(:lock)")
EMPTY = "there is nothing in it yet. Run `magflag db upgrade`"
OLDER = "its tables are of an older magflag. Stop the service, make a backup, run `magflag db upgrade`, start it again"
NEWER = "its tables are of a newer magflag than this one. Install that one"


def check(engine: Engine) -> None:
    """Raise StoreUnavailable, saying what to do, unless the database is up to date."""
    with reading(engine) as connection:
        version = _version(connection)
    if version == NEWEST:
        return
    if version is None:
        raise StoreUnavailable(EMPTY)
    raise StoreUnavailable(OLDER if version in _known() else NEWER)


def upgrade(engine: Engine) -> tuple[str | None, str]:
    """Take every step that was not taken, in one transaction; return the version before and after.

    The version before is None for a database without tables of ours, and empty for one from before there were steps.
    """
    with reading(engine) as connection:
        before = _version(connection)
    if before == NEWEST:
        return before, NEWEST
    with writing(engine, durable=True) as connection:
        if engine.dialect.name == "postgresql":
            connection.execute(POSTGRESQL_PATIENCE)
            connection.execute(POSTGRESQL_TURN, {"lock": POSTGRESQL_LOCK})
        before = _version(connection)
        if before and before not in _known():
            raise StoreUnavailable(NEWER)
        _take_steps(connection)
    return before, NEWEST


def _version(connection: Connection) -> str | None:
    """Return the last step that was taken; empty where there are tables of ours, made before there were steps."""
    tables = inspect(connection)
    if tables.has_table("alembic_version"):
        return connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one_or_none() or ""
    return "" if tables.has_table("used_tokens") else None


def _known() -> set[str]:
    """Return the steps that this magflag knows, and the beginning."""
    return {file.name[:4] for file in (FOLDER / "versions").glob("[0-9]*.py")} | {""}


def _take_steps(connection: Connection) -> None:
    from alembic import command  # noqa: PLC0415 (see above)
    from alembic.config import Config  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(FOLDER).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
