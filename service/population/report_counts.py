"""The numbers of a report that no summary holds, counted in SQL from the flags of a screening."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from service.population.screened import FLAGS, MEMORY, PATIENTS, Row, Screened, reading

# Where the groups of patients begin that a report tells apart: by flags raised, and by those that cannot be answered.
RAISED_FROM, CANNOT_SAY_FROM = (0, 1, 2, 3, 4, 5), (0, 1, 10, 50, 100, 150)
# The last day of each group of results by age; the group behind them is older.
AGES_TO = (30, 90, 180, 365)
PATIENTS_BY = {
    "flags": """
SELECT len(list_filter($starts, lambda start: start <= flags)) - 1, count(*)
FROM read_parquet($files) GROUP BY 1""",
    "cannot_say": """
SELECT len(list_filter($starts, lambda start: start <= cannot_say)) - 1, count(*)
FROM read_parquet($files) GROUP BY 1""",
}
BY_WORST = "SELECT worst, count(*) FROM read_parquet($files) GROUP BY 1"
# Grouped twice: few flags lack what no other flag lacks, so that most texts are taken apart once.
BY_REASON = """
SELECT reason, CAST(sum(flags) AS BIGINT) FROM (
  SELECT unnest(list_distinct(string_split(reasons, ','))) AS reason, flags FROM (
    SELECT array_to_string(json_extract_string(missing, '$[*].reason'), ',') AS reasons, count(*) AS flags
    FROM read_parquet($files) WHERE outcome = 'cannot_say' GROUP BY 1
  )
) GROUP BY 1"""
# Of several values that a flag rests on, the lowest is counted, and with it its age. A stage is no number.
FILTRATION = """
SELECT rule, CAST(floor(low.number) AS INTEGER),
  CASE WHEN low.age >= 0 THEN len(list_filter($ages, lambda age: age < low.age)) END, count(*)
FROM (
  SELECT rule, list_min([
    {
      'number': try_cast(seen.value AS DOUBLE),
      'age': coalesce(try_cast(seen.age_days AS INTEGER), $as_of - try_cast(seen.date AS DATE))
    }
    FOR seen IN from_json(because, '[{"fact":"VARCHAR","value":"VARCHAR","date":"VARCHAR","age_days":"VARCHAR"}]')
    IF seen.fact = 'kidney.egfr' AND try_cast(seen.value AS DOUBLE) IS NOT NULL
  ]) AS low
  FROM read_parquet($files) WHERE outcome = 'raised' AND contains(because, '"kidney.egfr"')
) GROUP BY 1, 2, 3 ORDER BY 1, 2, 3"""


@dataclass(frozen=True, slots=True)
class Filtration:
    """Flags of one rule that rest on one eGFR, without its decimals, and on one group of ages.

    None as value: they rest on no number, but on a stage, or on not knowing. None as age: it has no whole date.
    """

    rule: str
    value: int | None
    age: int | None
    flags: int


@dataclass(frozen=True, slots=True)
class Counts:
    """How many patients have how many flags (by group), and what the flags lack and rest on."""

    by_raised: tuple[int, ...]
    by_cannot_say: tuple[int, ...]
    by_worst: Mapping[str | None, int]
    by_reason: tuple[tuple[str, int], ...]
    filtration: tuple[Filtration, ...]


def count(folder: Path, as_of: date, memory_limit: str = MEMORY) -> Counts:
    """Count over all flags of a screening, in a memory that does not grow with them."""
    with reading(folder, memory_limit) as screened:
        return Counts(
            by_raised=_grouped(screened, "flags", RAISED_FROM),
            by_cannot_say=_grouped(screened, "cannot_say", CANNOT_SAY_FROM),
            by_worst=dict(_pairs(screened.rows(BY_WORST, PATIENTS))),
            by_reason=tuple(sorted(_pairs(screened.rows(BY_REASON, FLAGS)), key=_most_first)),
            filtration=tuple(_filtration(screened, {"ages": list(AGES_TO), "as_of": as_of})),
        )


def _grouped(screened: Screened, column: str, starts: Sequence[int]) -> tuple[int, ...]:
    found = dict(_pairs(screened.rows(PATIENTS_BY[column], PATIENTS, {"starts": list(starts)})))
    return tuple(found.get(place, 0) for place in range(len(starts)))


def _pairs(rows: Iterable[Row]) -> Iterator[tuple[Any, int]]:
    yield from ((key, number) for key, number in rows)


def _filtration(screened: Screened, given: Mapping[str, Any]) -> Iterator[Filtration]:
    yield from (Filtration(*row) for row in screened.rows(FILTRATION, FLAGS, given))


def _most_first(pair: tuple[str, int]) -> tuple[int, str]:
    return -pair[1], pair[0]
