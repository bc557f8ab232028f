"""Screening of whole populations beside DuckDB's own fastest scan of the same files: `make bench-population`.

Sizes and engines are arguments, for example `python -m benchmarks.population 100000 1000000 --spark`.
"""

import json
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import duckdb

SIZES = (100_000, 1_000_000)
AS_OF, SEED, LIMIT = "2026-11-21", "7", "1GB"
MAGFLAG = str(Path(sys.executable).with_name("magflag"))


@dataclass(frozen=True, slots=True)
class Run:
    """One command: how long it took, in seconds, and the most memory it had, in MB."""

    seconds: float
    memory: float


def main(sizes: tuple[int, ...] = SIZES, with_spark: bool = False) -> None:
    """Print a table: a row for each size and engine."""
    print(f"{'patients':>9} {'what':<22} {'seconds':>8} {'patients/s':>10} ", end="")
    print(f"{'of scan':>8} {'memory MB':>9} {'flags':>11}")
    with tempfile.TemporaryDirectory(prefix="bench-population-") as folder:
        for size in sizes:
            for row in _rows(size, Path(folder) / str(size), with_spark):
                print(row, flush=True)
            shutil.rmtree(Path(folder) / str(size))


def _rows(size: int, folder: Path, with_spark: bool) -> Iterator[str]:
    export = folder / "export"
    folder.mkdir()
    made = _run("population", "generate", "--patients", str(size), "--seed", SEED, "--out", str(export))
    yield _row(size, "generate", made, None, 0)
    scan = _scan(export)
    yield _row(size, "DuckDB's own scan", scan, scan, 0)
    for engine in ("duckdb", *(["spark"] if with_spark else [])):
        out = folder / engine
        run = _run(
            "screen", str(export), "--out", str(out), "--engine", engine, "--memory-limit", LIMIT, "--as-of", AS_OF
        )
        counts = json.loads((out / "summary.json").read_text())["flags"]
        yield _row(size, f"magflag screen, {engine}", run, scan, sum(counts.values()))
        shutil.rmtree(out)


def _run(*arguments: str) -> Run:
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss, time.perf_counter()
    subprocess.run([MAGFLAG, *arguments], check=True, stderr=subprocess.DEVNULL)
    seconds = time.perf_counter() - start
    # The most memory of any child so far: a smaller run after a larger one would show the larger's.
    return Run(seconds, max(before, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss) / 1024)


def _scan(export: Path) -> Run:
    """Read one declared column of every line, the fastest way DuckDB has."""
    options = "columns = {id: 'VARCHAR'}, records = true, format = 'newline_delimited', ignore_errors = true"
    start = time.perf_counter()
    with duckdb.connect() as connection:
        connection.execute(f"SELECT count(id) FROM read_json('{export}/*.ndjson', {options})").fetchall()  # noqa: S608
    return Run(time.perf_counter() - start, 0)


def _row(size: int, what: str, run: Run, scan: Run | None, flags: int) -> str:
    share = "" if scan is None else f"{scan.seconds / run.seconds:.3f}"
    told = f"{size:>9} {what:<22} {run.seconds:>8.1f} {size / run.seconds:>10.0f} {share:>8} {run.memory:>9.0f}"
    return f"{told} {flags or '':>11}"


if __name__ == "__main__":
    main(tuple(int(each) for each in sys.argv[1:] if each.isdigit()) or SIZES, "--spark" in sys.argv)
