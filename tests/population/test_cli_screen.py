"""`magflag screen` as people run it: exit codes, what is said and where, and patients into the worklist."""

import json
import resource
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from service.cli.main import main

TODAY = datetime.now(UTC).date().isoformat()
PATIENT: dict[str, Any] = {"resourceType": "Patient", "id": "a", "birthDate": "1950-01-01", "gender": "female"}
SUBJECT = {"subject": {"reference": "Patient/a"}}
KIDNEY = {"resourceType": "Condition", "id": "c", "code": {"text": "chronic kidney disease stage 4"}, **SUBJECT}
OXIDE = {
    "resourceType": "MedicationStatement", "id": "m", "status": "active",
    "medicationReference": {"reference": "Medication/oxide"}, **SUBJECT,
}  # fmt: skip
PRODUCT = {"resourceType": "Medication", "id": "oxide", "code": {"text": "magnesium oxide"}}


@pytest.fixture
def export(tmp_path: Path) -> Path:
    lines = [PATIENT, KIDNEY, OXIDE, PRODUCT, {**PATIENT, "id": "b"}]
    return written(tmp_path / "export", *map(json.dumps, lines))


def written(folder: Path, *lines: str) -> Path:
    folder.mkdir()
    (folder / "all.ndjson").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return folder


def magflag(*arguments: object) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


def test_a_screening_says_what_it_found_and_writes_it(export: Path, tmp_path: Path) -> None:
    result = magflag("screen", export, "--out", tmp_path / "out")
    assert result.exit_code == 0, result.output
    assert result.stdout == ""
    assert "2 patients, 1 with a raised flag" in result.stderr
    assert "No clinician has reviewed these rules" in result.stderr
    names = ["flags", "patients", "rejected.ndjson", "report.html", "summary.json"]
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == names
    assert json.loads((tmp_path / "out" / "summary.json").read_text())["as_of"] == TODAY


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        (["{", "{", json.dumps(PATIENT)], "2 of 3 lines (66.7%) cannot be used"),
        (["nothing", "of", "JSON"], "holds no lines of JSON"),
    ],
)
def test_input_that_cannot_be_used_ends_with_11(tmp_path: Path, lines: list[str], told: str) -> None:
    result = magflag("screen", written(tmp_path / "export", *lines), "--out", tmp_path / "out")
    assert (result.exit_code, result.stdout) == (11, "")
    assert told in " ".join(result.stderr.split())
    assert not (tmp_path / "out").exists()


def test_rejected_lines_may_be_allowed(tmp_path: Path) -> None:
    export = written(tmp_path / "export", "{", json.dumps(PATIENT))
    assert magflag("screen", export, "--out", tmp_path / "out", "--max-rejected", "0.5").exit_code == 0


def test_critical_patients_come_into_the_worklist_once(
    export: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MAGFLAG_DATABASE_URL", f"sqlite:///{tmp_path}/worklist.db")
    first = magflag("screen", export, "--out", tmp_path / "one", "--to-worklist")
    assert first.exit_code == 0, first.output
    assert "1 put into the worklist, 0 there already, 0 refused." in first.stderr
    again = magflag("screen", export, "--out", tmp_path / "two", "--to-worklist")
    assert "0 put into the worklist, 1 there already, 0 refused." in again.stderr


def test_a_full_disk_is_said_and_leaves_nothing_half(export: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "service.cli.main", "screen", str(export), "--out", str(tmp_path / "out")]
    full = subprocess.run(command, capture_output=True, text=True, check=False, preexec_fn=small_files)
    assert full.returncode == 12, full.stderr
    assert "The disk is full" in full.stderr
    assert "run the same command again" in full.stderr
    assert not (tmp_path / "out").exists()
    again = subprocess.run(command, capture_output=True, text=True, check=False)
    assert again.returncode == 0, again.stderr
    assert (tmp_path / "out" / "summary.json").is_file()


def small_files() -> None:
    resource.setrlimit(resource.RLIMIT_FSIZE, (60_000, 60_000))
