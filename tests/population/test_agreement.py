"""A screening and `magflag evaluate` agree: patient by patient, rule by rule, with every awkward thing in charts."""

import json
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


def test_a_long_chart_keeps_its_order(tmp_path: Path) -> None:
    subject = {"subject": {"reference": "Patient/a"}}
    lines: list[dict[str, Any]] = [{"resourceType": "Patient", "id": "a", "birthDate": "1950-01-01", "gender": "male"}]
    for number in range(1100):
        name = "magnesium" if number % 400 == 0 else f"nobody knows {number % 7}"
        given = {"status": "active", "medicationCodeableConcept": {"text": name}}
        lines.append({"resourceType": "MedicationRequest", "id": f"r{number:04}", **given, **subject})
    for name in ("calcium carbonate", "nobody knows it", "magnesium"):
        given = {"status": "active", "medicationCodeableConcept": {"text": name}}
        lines.append({"resourceType": "MedicationStatement", "id": f"s-{name[:3]}", **given, **subject})
    export = tmp_path / "export"
    export.mkdir()
    (export / "all.ndjson").write_text("".join(json.dumps(line) + "\n" for line in lines))
    run(export, tmp_path / "out")
    chart = [json.dumps(line) for line in sorted(lines, key=lambda line: (line["resourceType"], line["id"]))]
    wanted = assessed(chart, PACK, Assessor(PACK, "reference"), AS_OF)
    assert screened(tmp_path / "out")["a"] == wanted


def test_every_patient_is_told_the_same(export: Path, out: Path) -> None:
    assessor, found = Assessor(PACK, "reference"), screened(out)
    everybody = charts(export)
    assert set(patients(out)) == set(everybody)
    for patient, lines in everybody.items():
        wanted = assessed(lines, PACK, assessor, AS_OF)
        if wanted is not None:
            assert found.get(patient, {}) == wanted, patient
