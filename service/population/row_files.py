"""Rows of several tables on their way into a database: in files, so that memory stays constant."""

import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import IO, Any

from service.facts.in_sql.rows import Rows
from service.facts.in_sql.tables import Columns
from service.population.engine import Engine


class RowFiles:
    """One file per table; `with` closes them, and `load` makes tables of them whose names begin with `prefix`."""

    def __init__(self, folder: Path, prefix: str, tables: Mapping[str, Columns]) -> None:
        self._tables, self._prefix = tables, prefix
        self._paths = {name: folder / f"{prefix}{name}.ndjson" for name in tables}
        self._files: dict[str, IO[str]] = {}

    def __enter__(self) -> "RowFiles":
        """Open the files."""
        self._files = {name: path.open("w", encoding="utf-8") for name, path in self._paths.items()}
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the files."""
        for file in self._files.values():
            file.close()

    def add(self, rows: Rows) -> None:
        """Add the rows of one patient."""
        for name, found in rows.items():
            file = self._files[name]
            for row in found:
                file.write(json.dumps(row, ensure_ascii=False) + "\n")

    def load(self, engine: Engine) -> None:
        """Make tables of the files, and take the files away."""
        for name, columns in self._tables.items():
            engine.load(f"{self._prefix}{name}", columns, _rows(self._paths[name]))
            self._paths[name].unlink()


def written(file: Path, rows: Iterable[Mapping[str, Any]]) -> Path:
    """Write rows to a file, a line each, and return it."""
    with file.open("w", encoding="utf-8") as lines:
        for row in rows:
            lines.write(json.dumps(row, ensure_ascii=False) + "\n")
    return file


def _rows(path: Path) -> Iterator[dict[str, Any]]:
    with path.open(encoding="utf-8") as lines:
        yield from map(json.loads, lines)
