"""Derives and flags patients on DuckDB in chunks, several at a time, each by one thread.

A chunk is small enough for the limit of memory, and always the same patients, so that the files written do not depend
on how many threads there are.
"""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import ExitStack, contextmanager
from datetime import date
from pathlib import Path
from queue import SimpleQueue
from threading import Lock

from schemas.fhir_terms import Terms
from service.facts.in_sql.tables import RECORDED
from service.facts.in_sql.words import literal
from service.population.deriving import Queries, patients_query
from service.population.duck import Duck, NoMemory
from service.population.fhir.rows_sql import recorded
from service.population.state import Aside
from service.population.unknowns import note_unknowns

PATIENTS = 16_384
# About what DuckDB holds for a chunk in work, in bytes.
FOR_ONE = 270_000_000
# DuckDB works on 2,048 rows at a time. So few of them are patients, whose facts and texts are wide; the rest is empty.
AT_ONCE, ROWS_AT_ONCE = 512, 2048
COMPRESSED = "(FORMAT parquet, COMPRESSION zstd)"


class Chunks:
    """The chunks of a screening; `queries` are those of the pack."""

    def __init__(self, duck: Duck, aside: Aside, queries: Queries, terms: Terms, as_of: date) -> None:
        self._duck, self._aside, self._queries = duck, aside, queries
        self._patients = duck.count("SELECT count(*) FROM person")
        self._recorded = recorded(terms, as_of) if duck.has("resource") else None

    def run(self, on_done: Callable[[int], None]) -> None:
        """Write what is not yet written; `on_done` is told how many patients a finished chunk has."""
        with self._duck.sessions(FOR_ONE) as sessions, ThreadPoolExecutor(len(sessions)) as pool:
            shared = _Shared(sessions)
            chunks = [pool.submit(self._run, shared, *each) for each in enumerate(self._ranges())]
            try:
                for chunk in as_completed(chunks):
                    on_done(chunk.result())
            finally:
                pool.shutdown(cancel_futures=True)

    def _run(self, sessions: "_Shared", number: int, here: tuple[int, int]) -> int:
        """Write one chunk, if it is not there, and return how many patients it has."""
        if not self._is_written(number):
            try:
                with sessions.one() as session:
                    self._chunk(session, number, here)
            except NoMemory:
                # What is too much beside others may be little enough alone.
                with sessions.alone() as session:
                    self._chunk(session, number, here)
        return here[1] - here[0]

    def _chunk(self, session: Duck, number: int, here: tuple[int, int]) -> None:
        self._derive(session, *here)
        note_unknowns(self._aside, number, session.rows(self._queries.unknowns))
        self._write(session, number)

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
        for table, columns in RECORDED.items():
            session.keep(table, self._recorded_of(table, ", ".join(columns), here))
        *steps, (gathered, query) = self._queries.steps.items()
        for name, step in steps:
            session.keep(name, step)
        session.keep("spread", _spread(query))
        session.view(gathered, "SELECT * FROM spread WHERE pid IS NOT NULL")

    def _recorded_of(self, name: str, columns: str, here: str) -> str:
        odd = f"SELECT {columns} FROM screening.main.odd_{name} WHERE {here}"
        if self._recorded is None:
            return odd
        # What is said of an odd patient was read with the rest of the chart.
        others = " WHERE pid NOT IN (SELECT pid FROM screening.main.odd)" if name == "said" else ""
        return f"SELECT {columns} FROM ({self._recorded[name]}) AS found{others} UNION ALL {odd}"

    def _write(self, session: Duck, number: int) -> None:
        flags = self._part("flags", number)
        _copy(session, self._queries.flags, flags)
        _copy(session, patients_query(f"read_parquet({literal(str(flags))})"), self._part("patients", number))


class _Shared:
    """Sessions that threads take in turn: one, or all where nothing else is to go on."""

    def __init__(self, sessions: Sequence[Duck]) -> None:
        self._free: SimpleQueue[Duck] = SimpleQueue()
        self._count, self._only = len(sessions), Lock()
        for session in sessions:
            self._free.put(session)

    @contextmanager
    def one(self) -> Iterator[Duck]:
        session = self._free.get()
        try:
            yield session
        finally:
            self._free.put(session)

    @contextmanager
    def alone(self) -> Iterator[Duck]:
        with self._only, ExitStack() as taken:
            sessions = [taken.enter_context(self.one()) for _ in range(self._count)]
            yield sessions[0]


def _spread(gathered: str) -> str:
    """Return the rows of a query in the order of patients, with empty ones between (see AT_ONCE)."""
    empty = ROWS_AT_ONCE // AT_ONCE - 1
    return f"""
        SELECT * EXCLUDE (part) FROM (
          SELECT *, pid // {AT_ONCE} AS part FROM ({gathered}) AS gathered
          UNION ALL BY NAME SELECT NULL AS pid, pid // {AT_ONCE} AS part FROM person, range({empty})) AS spread
        ORDER BY part, pid NULLS LAST"""


def _copy(session: Duck, query: str, file: Path) -> None:
    """Write the result of a query to a file, whole or not at all."""
    part = file.with_name(f"{file.name}.part")
    session.run(f"COPY ({query}) TO {literal(str(part))} {COMPRESSED}")
    part.replace(file)
