"""Spark gives the rows that DuckDB gives, on a population with all the awkward things in it."""

import json
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import duckdb
import pytest

from service.population.java import NoSpark, java_home
from service.population.request import DUCKDB, SPARK
from tests.population.running import run

ROWS = {
    "flags": "patient, rule, version, outcome, category, severity, claims, because, missing, pack_version, pack_sha256",
    "patients": "patient, flags, cannot_say, worst",
}


def _missing() -> str | None:
    if find_spec("pyspark") is None:
        return "pyspark is not installed: pip install 'magflag[spark]'"
    try:
        java_home()
    except NoSpark as why:
        return str(why)
    return None


pytestmark = pytest.mark.skipif(_missing() is not None, reason=str(_missing()))


@pytest.fixture(scope="module")
def outs(export: Path, out: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    on_spark = tmp_path_factory.mktemp("spark") / "out"
    run(export, on_spark, engine=SPARK)
    return {DUCKDB: out, SPARK: on_spark}


def rows(out: Path, table: str) -> list[tuple[Any, ...]]:
    """Return the rows of a table, in the order in which they stand."""
    query = f"SELECT {ROWS[table]} FROM read_parquet('{out}/{table}/*.parquet')"
    return duckdb.execute(query).fetchall()


@pytest.mark.parametrize("table", ROWS)
def test_rows_are_the_same_and_in_the_same_order(outs: dict[str, Path], table: str) -> None:
    found = {engine: rows(out, table) for engine, out in outs.items()}
    assert found[DUCKDB]
    assert found[SPARK] == found[DUCKDB]


def test_so_are_the_lines_that_were_not_used_and_what_is_unknown(outs: dict[str, Path]) -> None:
    found = {engine: (out / "rejected.ndjson").read_text(encoding="utf-8") for engine, out in outs.items()}
    assert found[SPARK] == found[DUCKDB]
    told = {engine: json.loads((out / "summary.json").read_text(encoding="utf-8")) for engine, out in outs.items()}
    # Of lines that are refused, some can be taken apart by one engine and not by the other, and count under their type.
    for each in told.values():
        del each["engine"], each["resources"], each["not_read"]
    assert told[SPARK] == told[DUCKDB]


def test_without_java_it_is_said_in_one_sentence(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr("service.population.java.USUAL_PLACES", str(tmp_path))
    with pytest.raises(NoSpark, match=r"^Spark needs Java 17"):
        java_home()
