"""What somebody asks of a screening, and what stops one."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path

DUCKDB, SPARK = "duckdb", "spark"


@dataclass(frozen=True, slots=True)
class Request:
    """Screen what is at `given` into the folder `out`.

    `as_of` is the day of evaluation where one is asked for, else what the profiles say or `today`. `most_rejected` is
    the share of lines that may be unusable. `master` and `settings` are of Spark alone,
    `memory_limit` and `threads` of DuckDB.
    """

    given: Path
    out: Path
    today: date
    as_of: date | None = None
    engine: str = DUCKDB
    memory_limit: str = "1GB"
    threads: int | None = None
    master: str = "local[2]"
    settings: tuple[tuple[str, str], ...] = ()
    most_rejected: float = 0.05


class Stopped(Exception):
    """The screening ended before its end; the message says why and what to do."""


class TooManyRejected(Stopped):
    """More lines than allowed could not be used."""
