"""Reads lines of profiles, strictly as for one patient, into the rows that the query of facts reads."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

from schemas.problem import Problem, Refused
from schemas.profile import Profile
from schemas.profile_schema import refuse_impossible_age
from service.facts.in_sql.dictionary import Dictionary
from service.facts.in_sql.rows import rows_of
from service.facts.in_sql.tables import INT, RECORDED, TEXT
from service.intake.profile import receive
from service.population.engine import Engine
from service.population.inputs import Input, lines_of
from service.population.row_files import RowFiles

TWICE = "Another profile of this patient was read before."
MOST_TOLD = 5
COLUMNS = {"line": INT, "patient": TEXT}
Rejected = dict[str, Any]


class SeveralDays(Exception):
    """The profiles name different days of evaluation, and none was asked for."""


class ProfileLines:
    """Reads every line of an input; `rejected` holds those that were refused, `lines` how many there were."""

    def __init__(self, found: Input, dictionary: Dictionary, wanted: date | None, today: date) -> None:
        self._input, self._dictionary = found, dictionary
        self.wanted, self._today = wanted, today
        self.rejected: list[Rejected] = []
        self.lines = 0
        self._days: set[date] = set()
        self._seen: set[str] = set()

    @property
    def day(self) -> date:
        """The day of evaluation: as asked for, else the one that all profiles name, else today."""
        if self.wanted:
            return self.wanted
        if len(self._days) > 1:
            raise SeveralDays
        return next(iter(self._days), self._today)

    def read(self, engine: Engine, folder: Path) -> None:
        """Make the tables `person` and `odd_…`, as if every chart were odd."""
        tables = {**RECORDED, "profile": COLUMNS}
        with RowFiles(folder, "read_", tables) as files:
            for number, (patient, profile) in enumerate(self._profiles()):
                files.add(
                    {**rows_of(number, profile, self._dictionary), "profile": [{"line": number, "patient": patient}]}
                )
        files.load(engine)
        engine.keep(
            "person",
            "SELECT CAST(row_number() OVER (ORDER BY patient) - 1 AS INT) AS pid, patient, line FROM read_profile",
        )
        for name, columns in RECORDED.items():
            listed = ", ".join("p.pid" if column == "pid" else f"r.{column}" for column in columns)
            engine.keep(f"odd_{name}", f"SELECT {listed} FROM read_{name} r JOIN person p ON p.line = r.pid")

    def _profiles(self) -> Iterator[tuple[str, Profile]]:
        for file in self._input.files:
            for number, line in lines_of(file):
                self.lines += 1
                try:
                    profile = self._profile(line)
                    patient = profile.patient.id or f"{self._input.name_of(file)}:{number}"
                    self._once(patient)
                except Refused as refused:
                    self._reject(file, number, refused)
                    continue
                yield patient, profile

    def _profile(self, line: bytes) -> Profile:
        profile = receive(line, self.wanted or self._today).profile
        refuse_impossible_age(profile, self.wanted or profile.as_of or self._today)
        if profile.as_of:
            self._days.add(profile.as_of)
        return profile

    def _once(self, patient: str) -> None:
        if patient in self._seen:
            raise Refused(422, [Problem("/patient/id", TWICE)])
        self._seen.add(patient)

    def _reject(self, file: Path, number: int, refused: Refused) -> None:
        """Keep what is wrong with a line: the places and reasons, which quote nothing of it."""
        told = "; ".join(f"{each.at or '(the whole)'}: {each.message}" for each in refused.problems[:MOST_TOLD])
        self.rejected.append({"file": self._input.name_of(file), "line": number, "reason": told})
