"""Derives and flags patients on DuckDB in chunks: one thread derives the next while another writes that before it.

A chunk is small enough for the limit of memory, and always the same patients, so that the files written do not depend
on how many threads there are.
"""

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import date
from pathlib import Path

from schemas.fhir_terms import Terms
from service.facts.in_sql.tables import RECORDED
from service.facts.in_sql.words import literal
from service.population.deriving import Queries, patients_query
from service.population.duck import Duck
from service.population.fhir.rows_sql import recorded
from service.population.state import Aside
from service.population.unknowns import note_unknowns

PATIENTS = 16_384
# So many rules are told of a patient in one go.
RULES = 140
# While one chunk is derived, that before it is written.
SLOTS = 2
COMPRESSED = "(FORMAT parquet, COMPRESSION zstd)"


class Chunks:
    """The chunks of a screening; `queries` are those of the pack."""

    def __init__(self, duck: Duck, aside: Aside, queries: Queries, terms: Terms, as_of: date) -> None:
        self._duck, self._aside, self._queries = duck, aside, queries
        self._patients = duck.count("SELECT count(*) FROM person")
        self._recorded = recorded(terms, as_of) if duck.has("resource") else None
        duck.attach_work()

    def run(self, on_done: Callable[[int], None]) -> None:
        """Write what is not yet written; `on_done` is told how many patients a finished chunk has."""
        sessions = [self._duck.session(f"slot{slot}") for slot in range(SLOTS)]
        writing: list[Future[None] | None] = [None] * SLOTS
        with ThreadPoolExecutor(1) as writer:
            for number, (first, last) in enumerate(self._ranges()):
                if not self._is_written(number):
                    slot = number % SLOTS
                    _wait(writing[slot])
                    self._derive(sessions[slot], first, last)
                    note_unknowns(self._aside, number, sessions[slot].rows(self._queries.unknowns))
                    writing[slot] = writer.submit(self._write, sessions[slot], number, last - first, on_done)
                else:
                    on_done(last - first)
            for each in writing:
                _wait(each)
        for session in sessions:
            session.close()

    def _ranges(self) -> Iterator[tuple[int, int]]:
        for first in range(0, self._patients, PATIENTS):
            yield first, min(first + PATIENTS, self._patients)

    def _part(self, folder: str, number: int) -> Path:
        return self._aside.path(folder, f"part-{number:05d}.parquet")

    def _is_written(self, number: int) -> bool:
        # Patients are written last.
        return self._part("patients", number).is_file()

    def _derive(self, session: Duck, first: int, last: int) -> None:
        here = f"pid >= {first} AND pid < {last}"
        session.view("person", f"SELECT * FROM screening.main.person WHERE {here}")
        if self._recorded is not None:
            session.view("resource", f"SELECT * FROM screening.main.resource WHERE {here}")
        for name, columns in RECORDED.items():
            session.keep(name, self._recorded_of(name, ", ".join(columns), here))
        for name, query in self._queries.steps.items():
            session.keep(name, query)

    def _recorded_of(self, name: str, columns: str, here: str) -> str:
        odd = f"SELECT {columns} FROM screening.main.odd_{name} WHERE {here}"
        if self._recorded is None:
            return odd
        # What is said of an odd patient was read with the rest of the chart.
        others = " WHERE pid NOT IN (SELECT pid FROM screening.main.odd)" if name == "said" else ""
        return f"SELECT {columns} FROM ({self._recorded[name]}) AS found{others} UNION ALL {odd}"

    def _write(self, session: Duck, number: int, patients: int, on_done: Callable[[int], None]) -> None:
        flags = self._part("flags", number)
        _copy(session, self._queries.flags, flags)
        _copy(session, patients_query(f"read_parquet({literal(str(flags))})"), self._part("patients", number))
        on_done(patients)


def _wait(written: "Future[None] | None") -> None:
    if written is not None:
        written.result()


def _copy(session: Duck, query: str, file: Path) -> None:
    """Write the result of a query to a file, whole or not at all."""
    part = file.with_name(f"{file.name}.part")
    session.run(f"COPY ({query}) TO {literal(str(part))} {COMPRESSED}")
    part.replace(file)
