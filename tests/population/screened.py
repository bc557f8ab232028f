"""What a screening left in its folder, in the shape of `one_by_one`."""

import json
from collections import defaultdict
from pathlib import Path

import duckdb

from tests.population.one_by_one import Told, plain


def screened(folder: Path) -> dict[str, Told]:
    """Return what was told of each patient."""
    query = "SELECT patient, rule, outcome, because, missing FROM read_parquet(?) ORDER BY patient, rule"
    found: dict[str, dict[str, tuple[str, str, str]]] = defaultdict(dict)
    for patient, rule, outcome, because, missing in duckdb.execute(query, [f"{folder}/flags/*.parquet"]).fetchall():
        seen = [
            [each[name] for name in ("fact", "value", "unit", "date", "at", "source")] for each in json.loads(because)
        ]
        gaps = [[each[name] for name in ("fact", "reason", "at", "detail")] for each in json.loads(missing)]
        found[patient][rule] = (outcome, plain(seen), plain(gaps))
    return dict(found)


def patients(folder: Path) -> dict[str, tuple[int, int, str | None]]:
    """Return, by patient, how many flags were raised, how many cannot say, and the worst that was raised."""
    query = "SELECT patient, flags, cannot_say, worst FROM read_parquet(?)"
    return {row[0]: row[1:] for row in duckdb.execute(query, [f"{folder}/patients/*.parquet"]).fetchall()}
