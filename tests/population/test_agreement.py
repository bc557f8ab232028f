"""A screening and `magflag evaluate` agree: patient by patient, rule by rule, with every awkward thing in charts."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from service.assess import Assessor
from service.knowledge.load import load_pack
from service.population.generate.run import generate
from service.population.generate.wishes import Wish
from service.population.request import Request
from service.population.screening import screen
from tests.population.one_by_one import assessed, charts
from tests.population.screened import patients, screened

AS_OF = date(2026, 11, 21)
PATIENTS = 2000
PACK = load_pack()


class Silent:
    def begin(self, what: str, total: int | None = None) -> None:
        pass

    def advance(self, patients: int) -> None:
        pass


def run(given: Path, out: Path, **more: Any) -> dict[str, Any]:
    request = Request(given, out, AS_OF, AS_OF, **{"most_rejected": 0.2, **more})
    return screen(request, PACK, Silent())


@pytest.fixture(scope="module")
def export(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("population") / "export"
    generate(Wish(PATIENTS, 11, AS_OF, files=2, gzip=True, awkward=3.0), folder, lambda _: None)
    return folder


@pytest.fixture(scope="module")
def out(export: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("screened") / "out"
    run(export, folder)
    return folder


def test_every_patient_is_told_the_same(export: Path, out: Path) -> None:
    assessor, found = Assessor(PACK, "reference"), screened(out)
    everybody = charts(export)
    assert set(patients(out)) == set(everybody)
    for patient, lines in everybody.items():
        wanted = assessed(lines, PACK, assessor, AS_OF)
        if wanted is not None:
            assert found.get(patient, {}) == wanted, patient
