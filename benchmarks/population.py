"""Screening of whole populations beside DuckDB's own fastest scan of the same files: `make bench-population`.

Sizes are arguments, for example `python -m benchmarks.population 20000 100000`. Spark screens the first of them, and
what it takes to start is a row of its own.
"""

import json
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import duckdb

SIZES = (100_000, 1_000_000)
AS_OF, SEED, LIMIT = "2026-11-21", "7", "1GB"
START = (
    "import sys; from pathlib import Path; from service.population.spark import Spark; Spark(Path(sys.argv[1])).close()"
)
MAGFLAG = str(Path(sys.executable).with_name("magflag"))


@dataclass(frozen=True, slots=True)
class Run:
    """One command: how long it took, in seconds, and the most memory it had, in MB; none where that is not known."""

    seconds: float
    memory: float | None = None


def main(sizes: tuple[int, ...] = SIZES) -> None:
    """Print a table: a row for each size and engine."""
    print(f"{'patients':>9} {'what':<22} {'seconds':>8} {'patients/s':>10} ", end="")
    print(f"{'of scan':>8} {'memory MB':>9} {'flags':>11}")
    with tempfile.TemporaryDirectory(prefix="bench-population-") as folder:
        for size in sizes:
            for row in _rows(size, Path(folder) / str(size), with_spark=size == sizes[0]):
                print(row, flush=True)
            shutil.rmtree(Path(folder) / str(size))


def _rows(size: int, folder: Path, with_spark: bool) -> Iterator[str]:
    export = folder / "export"
    folder.mkdir()
    made = _magflag("population", "generate", "--patients", str(size), "--seed", SEED, "--out", str(export))
    yield _row(size, "generate", made, None, 0)
    scan = _scan(export)
    yield _row(size, "DuckDB's own scan", scan, scan, 0)
    for engine in ("duckdb", *(["spark"] if with_spark else [])):
        out = folder / engine
        run = _magflag(
            "screen", str(export), "--out", str(out), "--engine", engine, "--memory-limit", LIMIT, "--as-of", AS_OF
        )
        counts = json.loads((out / "summary.json").read_text())["flags"]
        if engine == "spark":
            # Java is a process of its own, and its memory a setting.
            run = Run(run.seconds)
        yield _row(size, f"magflag screen, {engine}", run, scan, sum(counts.values()))
        shutil.rmtree(out)
    if with_spark:
        start = Run(_run(sys.executable, "-c", START, str(folder)).seconds)
        yield _row(size, "Spark's start alone", start, None, 0)


def _magflag(*arguments: str) -> Run:
    return _run(MAGFLAG, *arguments)


def _run(*command: str) -> Run:
    """Run a command to its end; memory is that of the largest of its processes."""
    start = time.perf_counter()
    pid = os.posix_spawn(command[0], command, os.environ, file_actions=[(os.POSIX_SPAWN_OPEN, 2, os.devnull, 1, 0)])
    _, status, used = os.wait4(pid, 0)
    if status:
        raise SystemExit(f"This ended with {os.waitstatus_to_exitcode(status)}: {' '.join(command)}")
    return Run(time.perf_counter() - start, used.ru_maxrss * 1024 / 1e6)


def _scan(export: Path) -> Run:
    """Read one declared column of every line, the fastest way DuckDB has."""
    options = "columns = {id: 'VARCHAR'}, records = true, format = 'newline_delimited', ignore_errors = true"
    start = time.perf_counter()
    with duckdb.connect() as connection:
        connection.execute(f"SELECT count(id) FROM read_json('{export}/*.ndjson', {options})").fetchall()  # noqa: S608
    return Run(time.perf_counter() - start)


def _row(size: int, what: str, run: Run, scan: Run | None, flags: int) -> str:
    share = "" if scan is None else f"{scan.seconds / run.seconds:.3f}"
    memory = "" if run.memory is None else f"{run.memory:.0f}"
    told = f"{size:>9} {what:<22} {run.seconds:>8.1f} {size / run.seconds:>10.0f} {share:>8} {memory:>9}"
    return f"{told} {flags or '':>11}"


if __name__ == "__main__":
    main(tuple(map(int, sys.argv[1:])) or SIZES)
