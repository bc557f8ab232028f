"""DuckDB: a screening on one machine, within a limit of memory."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb

from service.facts.in_sql.tables import Columns
from service.facts.in_sql.words import FUNCTIONS, literal
from service.population.engine import Row
from service.population.fhir.members import MEMBERS, TOLD_BY
from service.population.inputs import LONGEST_LINE
from service.population.row_files import written

AT_ONCE = 10_000
DATABASE = "screening.duckdb"
# What DuckDB says, in whatever error, where a file cannot be written any further.
NO_ROOM = ("No space left on device", "File too large", "max_temp_directory_size")
# Of the limit, what DuckDB may fill with data; the threads of several sessions need more beside.
SHARE_OF_LIMIT, SHARE_OF_SESSIONS = 0.7, 0.55
UNITS = {"bytes": 1, "KiB": 2**10, "MiB": 2**20, "GiB": 2**30, "TiB": 2**40}
OPTIONS = f"format = 'newline_delimited', ignore_errors = true, maximum_object_size = {LONGEST_LINE}"
OWN_FUNCTIONS = {
    "shifted_text(moment, minutes)": "strftime(moment + to_minutes(minutes), '%Y-%m-%dT%H:%M:%S')",
}


class DuckFailed(Exception):
    """DuckDB could not go on: memory or disk are full; the message says which, and what to do."""


class NoMemory(DuckFailed):
    """The limit of memory is too small for what was asked."""


class LineTooLong(Exception):
    """A line is so long that DuckDB does not read on."""


@contextmanager
def telling() -> Iterator[None]:
    """Say in a sentence what people can mend; anything else is a mistake of ours and goes on as it is."""
    try:
        yield
    except duckdb.Error as error:
        if any(sign in str(error) for sign in NO_ROOM):
            raise DuckFailed("The disk is full, or files may not grow.") from None
        if "maximum_object_size" in str(error):
            raise LineTooLong from None
        if isinstance(error, duckdb.OutOfMemoryException):
            raise NoMemory("The limit of memory is too small (--memory-limit).") from None
        raise


class Duck:
    """One database in a file of its own, beside what it writes."""

    name = "duckdb"

    def __init__(self, folder: Path, memory_limit: str = "1GB", threads: int | None = None) -> None:
        self.folder, self._slot = folder, ""
        self._connection = duckdb.connect(str(folder / DATABASE))
        self._run(f"SET memory_limit = {literal(memory_limit)}")
        self._limit = self._bytes("memory_limit")
        self._fill(SHARE_OF_LIMIT)
        self._run(f"SET temp_directory = {literal(str(folder / 'spilled'))}")
        self._run("SET preserve_insertion_order = false")
        if threads:
            self._run(f"SET threads = {threads}")
        for head, body in {**FUNCTIONS, **OWN_FUNCTIONS}.items():
            self._run(f"CREATE OR REPLACE MACRO {head} AS {body}")

    def _fill(self, share: float) -> None:
        """Let DuckDB fill a part of the limit with data: vectors and the rest of a process need some, too."""
        self._run(f"SET memory_limit = '{int(self._limit * share)} bytes'")

    def _setting(self, name: str) -> str:
        row = self._connection.execute(f"SELECT current_setting({literal(name)})").fetchone()
        return str(row[0]) if row else ""

    def _bytes(self, name: str) -> int:
        number, unit = self._setting(name).split()
        return int(float(number) * UNITS[unit])

    @property
    def threads(self) -> int:
        """How many threads it may use."""
        return int(self._setting("threads"))

    @contextmanager
    def sessions(self, for_one: int) -> Iterator[list["Duck"]]:
        """Make sessions of the same database for as many threads as there may be, each with a place of its own.

        Each is to take about `for_one` bytes of memory; there are no more of them than the limit allows. A query of one
        runs in the thread that asks: what is small is faster so.
        """
        threads, room = self.threads, int(self._limit * SHARE_OF_SESSIONS)
        # What is of use to one session only is not written to the database's own file.
        self._run("ATTACH IF NOT EXISTS ':memory:' AS work (COMPRESS)")
        self._run("SET preserve_insertion_order = true")
        self._run("SET threads = 1")
        self._fill(SHARE_OF_SESSIONS)
        made = [self._session(f"slot{slot}") for slot in range(max(min(threads, room // for_one), 1))]
        try:
            yield made
        finally:
            for session in made:
                session.close()
            self._run(f"SET threads = {threads}")
            self._fill(SHARE_OF_LIMIT)

    def _session(self, slot: str) -> "Duck":
        made = object.__new__(Duck)
        made.folder, made._slot, made._connection = self.folder, slot, self._connection.cursor()
        made._run(f"CREATE SCHEMA IF NOT EXISTS work.{slot}")
        made._run(f"SET search_path = 'work.{slot},screening.main'")
        return made

    def has(self, table: str) -> bool:
        """Return whether there is a table of this name."""
        return bool(self.count(f"SELECT count(*) FROM information_schema.tables WHERE table_name = {literal(table)}"))

    def view(self, name: str, sql: str) -> None:
        """Give a query a name."""
        self._run(f"CREATE OR REPLACE VIEW {name} AS {sql}")

    def read_lines(self, files: Sequence[Path]) -> None:
        """See Engine."""
        columns = ", ".join(f"{literal(name)}: 'JSON'" for name in MEMBERS)
        texts = ", ".join(f"CAST({quoted(name)} AS VARCHAR) AS {quoted(name)}" for name in MEMBERS)
        self._run(
            f"CREATE OR REPLACE VIEW raw AS SELECT filename AS file, {texts} "
            f"FROM read_json({_listed(files)}, columns = {{{columns}}}, records = true, {OPTIONS}, filename = true)"
        )
        self._run(f"CREATE OR REPLACE VIEW line AS {lines_of_files(files)}")

    def keep(self, name: str, sql: str) -> None:
        """See Engine."""
        self._run(f"CREATE OR REPLACE TABLE {name} AS {sql}")

    @contextmanager
    def lines_first(self) -> Iterator[None]:
        """Within, queries keep the tables joined to lines, not the lines: how many there are is not known before."""
        self._run("SET GLOBAL disabled_optimizers = 'join_order,build_side_probe_side'")
        try:
            yield
        finally:
            self._run("SET GLOBAL disabled_optimizers = ''")

    def keep_read(self, name: str, sql: str) -> None:
        """See Engine."""
        with self.lines_first():
            self.keep(name, sql)

    def twice(self, name: str, sql: str) -> None:
        """See Engine: lines are read faster than kept."""
        self.view(name, sql)

    def load(self, name: str, columns: Columns, rows: Iterable[Mapping[str, Any]]) -> None:
        """See Engine: rows travel through a file, which takes no memory and no other library."""
        file = written(self.folder / f"{name}.rows.ndjson", rows)
        types = ", ".join(f"{literal(column)}: {literal(kind)}" for column, kind in columns.items())
        self.keep(
            name, f"SELECT * FROM read_json({literal(str(file))}, columns = {{{types}}}, format = 'newline_delimited')"
        )
        file.unlink()

    def rows(self, sql: str) -> Iterator[Row]:
        """See Engine."""
        # Another query of the same session would end a result that is not read to its end.
        connection = self._connection if self._slot else self._connection.cursor()
        with telling():
            found = connection.execute(sql)
        while rows := _fetched(found):
            yield from rows

    def count(self, sql: str) -> int:
        """See Engine."""
        found = self._connection.execute(sql).fetchone()
        return int(found[0]) if found and found[0] is not None else 0

    def run(self, sql: str) -> None:
        """Run what gives nothing back."""
        self._run(sql)

    def close(self) -> None:
        """See Engine."""
        self._connection.close()

    def _run(self, sql: str) -> None:
        with telling():
            self._connection.execute(sql)


def _fetched(found: duckdb.DuckDBPyConnection) -> list[Row]:
    with telling():
        return found.fetchmany(AT_ONCE)


def lines_of_files(files: Iterable[Path]) -> str:
    """Return the query of whole lines, NULL for what is not JSON; a line is parsed once for all of the members."""
    paths = ", ".join(f"'$.{name}'" for name in TOLD_BY)
    members = ", ".join(f"CAST(found[{place}] AS VARCHAR) AS {quoted(name)}" for place, name in enumerate(TOLD_BY, 1))
    return (
        f"SELECT file, line, {members} FROM (SELECT filename AS file, CAST(json AS VARCHAR) AS line, "
        f"json_extract(json, [{paths}]) AS found "
        f"FROM read_json_objects({_listed(files)}, {OPTIONS}, filename = true)) AS read"
    )


def _listed(files: Iterable[Path]) -> str:
    return "[" + ", ".join(literal(str(file)) for file in files) + "]"


def quoted(name: str) -> str:
    """Return the name of a column in quotes."""
    return f'"{name}"'
