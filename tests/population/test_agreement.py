"""A screening and `magflag evaluate` agree: patient by patient, rule by rule, with every awkward thing in charts."""

import json
from pathlib import Path
from typing import Any

from service.assess import Assessor
from tests.population.one_by_one import assessed, charts
from tests.population.running import AS_OF, PACK, run
from tests.population.screened import patients, screened


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
    agree(lines, tmp_path)


def test_a_chart_that_leaves_very_much_open_tells_as_much_of_it(tmp_path: Path) -> None:
    subject = {"subject": {"reference": "Patient/a"}}
    lines: list[dict[str, Any]] = [{"resourceType": "Patient", "id": "a", "birthDate": "1950-01-01", "gender": "male"}]
    for number in range(130):
        given = {"status": "active", "medicationReference": {"reference": f"Medication/gone-{number}"}}
        lines.append({"resourceType": "MedicationRequest", "id": f"r{number:04}", **given, **subject})
    agree(lines, tmp_path)


def test_two_products_of_one_name_are_told_alike(tmp_path: Path) -> None:
    given = {
        "status": "active",
        "medicationReference": {"reference": "Medication/m"},
        "subject": {"reference": "Patient/a"},
    }
    agree([
        {"resourceType": "Patient", "id": "a", "birthDate": "1950-01-01", "gender": "male"},
        {"resourceType": "MedicationRequest", "id": "r", **given},
        {"resourceType": "Medication", "id": "m", "code": {"text": "magnesium oxide"}},
        {"resourceType": "Medication", "id": "m", "code": {"text": "omeprazole"}},
    ], tmp_path)  # fmt: skip


def agree(lines: list[dict[str, Any]], folder: Path) -> None:
    """Assert that a screening of one chart tells what is told of it alone."""
    export = folder / "export"
    export.mkdir()
    (export / "all.ndjson").write_text("".join(json.dumps(line) + "\n" for line in lines))
    run(export, folder / "out")
    chart = [json.dumps(line) for line in sorted(lines, key=lambda line: (line["resourceType"], line["id"]))]
    wanted = assessed(chart, PACK, Assessor(PACK, "reference"), AS_OF)
    assert screened(folder / "out")["a"] == wanted


def test_every_patient_is_told_the_same(export: Path, out: Path) -> None:
    assessor, found = Assessor(PACK, "reference"), screened(out)
    everybody = charts(export)
    assert set(patients(out)) == set(everybody)
    for patient, lines in everybody.items():
        wanted = assessed(lines, PACK, assessor, AS_OF)
        if wanted is not None:
            assert found.get(patient, {}) == wanted, patient
