"""Screens on Spark: all patients at once, spread over its workers, into the same files as on DuckDB."""

from datetime import date
from pathlib import Path

from schemas.fhir_terms import Terms
from service.facts.in_sql.tables import RECORDED
from service.population.deriving import Queries, patients_query
from service.population.fhir.rows_sql import recorded
from service.population.spark import Spark
from service.population.state import Aside
from service.population.summary import FLAGS, PATIENTS
from service.population.unknowns import note_unknowns


def screen_on_spark(spark: Spark, aside: Aside, queries: Queries, terms: Terms, as_of: date, of_fhir: bool) -> None:
    """Derive and flag everybody in the tables that were read; write flags, patients and what is unknown."""
    found = recorded(terms, as_of) if of_fhir else None
    for name, columns in RECORDED.items():
        spark.keep(name, _recorded(name, ", ".join(columns), None if found is None else found[name]))
    *steps, (last, gathered) = queries.steps.items()
    for name, query in steps:
        spark.keep(name, query)
    # What is told of patients is written in the order in which they stand here.
    spark.keep_in_order(last, gathered, "pid")
    _written(spark, queries.flags, aside.path(FLAGS))
    spark.view("flagged", aside.path(FLAGS))
    _written(spark, patients_query("flagged"), aside.path(PATIENTS))
    note_unknowns(aside, 0, spark.rows(queries.unknowns))


def _recorded(name: str, columns: str, found: str | None) -> str:
    odd = f"SELECT {columns} FROM odd_{name}"
    if found is None:
        return odd
    # What is said of an odd patient was read with the rest of the chart.
    others = " WHERE pid NOT IN (SELECT pid FROM odd)" if name == "said" else ""
    return f"SELECT {columns} FROM ({found}) AS found{others} UNION ALL {odd}"


def _written(spark: Spark, query: str, folder: Path) -> None:
    """Write the rows of a query in order, into files whose names are in order, too."""
    raw = folder.with_name(f"{folder.name}.raw")
    spark.write(query, raw)
    folder.mkdir(exist_ok=True)
    for number, file in enumerate(sorted(raw.glob("part-*.parquet"))):
        file.replace(folder / f"part-{number:05d}.parquet")
