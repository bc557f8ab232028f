"""What a screening left in its folder, read by SQL: only what a query sums up comes into this process's memory."""

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb

FLAGS, PATIENTS = "flags", "patients"
MEMORY = "1GB"
AT_ONCE = 10_000
Row = tuple[Any, ...]


class Screened:
    """The Parquet of one screening, for as long as `reading` lasts."""

    def __init__(self, folder: Path, connection: duckdb.DuckDBPyConnection) -> None:
        self._folder, self._connection = folder, connection

    def rows(self, sql: str, kind: str, given: Mapping[str, Any] | None = None) -> Iterator[Row]:
        """Yield the rows of a query over `read_parquet($files)`, the files of a kind; none where there is no file."""
        files = sorted(str(file) for file in (self._folder / kind).glob("*.parquet"))
        if not files:
            return
        found = self._connection.execute(sql, {"files": files, **(given or {})})
        while some := found.fetchmany(AT_ONCE):
            yield from some


@contextmanager
def reading(folder: Path, memory_limit: str = MEMORY) -> Iterator[Screened]:
    """Open what a screening left; what does not fit into the memory is put aside in the same folder, and removed."""
    with tempfile.TemporaryDirectory(prefix=".reading-", dir=folder) as aside:
        wanted: dict[str, str | bool | int | float | list[str]] = {
            "memory_limit": memory_limit,
            "temp_directory": aside,
            "preserve_insertion_order": "false",
        }
        with duckdb.connect(config=wanted) as connection:
            # DuckDB would draw a bar of its own on a terminal.
            connection.execute("SET enable_progress_bar = false")
            yield Screened(folder, connection)
