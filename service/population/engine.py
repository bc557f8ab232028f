"""What a screening asks of a database engine: DuckDB on one machine, Spark on many."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

from service.facts.in_sql.tables import Columns

Row = tuple[Any, ...]


class Engine(Protocol):
    """Runs SQL in DuckDB's dialect, and keeps tables under names."""

    name: str

    def read_lines(self, files: Sequence[Path]) -> None:
        """Make the views `raw` (one column per member of `service.population.fhir.members`, as JSON text, and `file`)
        and `line` (`file`, the whole line as `line`, NULL where it is not JSON, and the members by which it is known
        whose a line is, as JSON text).
        """
        ...

    def keep(self, name: str, sql: str) -> None:
        """Keep the result of a query as a table."""
        ...

    def keep_read(self, name: str, sql: str) -> None:
        """Keep the result of a query that reads lines first, and joins other tables to them."""
        ...

    def twice(self, name: str, sql: str) -> None:
        """Give a query of lines a name that two others read: read again, or kept, whichever takes this engine less."""
        ...

    def load(self, name: str, columns: Columns, rows: Iterable[Mapping[str, Any]]) -> None:
        """Keep rows as a table."""
        ...

    def rows(self, sql: str) -> Iterator[Row]:
        """Yield the rows of a query."""
        ...

    def count(self, sql: str) -> int:
        """Return the single number that a query gives."""
        ...

    def close(self) -> None:
        """Let go of everything."""
        ...
