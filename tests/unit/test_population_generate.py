"""Made-up populations: the same from the same seed, whole or not there, and with everything that goes wrong in them."""

import errno
from collections import Counter
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner
from fhir.resources.R4B import get_fhir_model_class

from schemas.profile import Coding
from service.cli.main import main
from service.cli.told import BAD_INPUT, BAD_SETTINGS
from service.intake.fhir.read import read_bundle
from service.knowledge.load import load_pack
from service.population.generate.awkward.all import happenings
from service.population.generate.files import Export
from service.population.generate.resources import SYSTEMS
from service.population.generate.run import generate
from service.population.generate.wishes import AS_OF, Wish, charts
from tests.unit.population_sights import ORDINARY, SIGHTS, Found, lines_of, resource_of

DATA = charts()
TYPES = {
    "Patient", "Condition", "Observation", "MedicationRequest", "MedicationStatement", "Medication", "Procedure",
    "NutritionOrder", "AllergyIntolerance",
}  # fmt: skip
WISH = Wish(300, seed=11)


def written(folder: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in sorted(folder.iterdir())}


def made(wish: Wish, folder: Path) -> dict[str, bytes]:
    generate(wish, folder)
    return written(folder)


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Found:
    return Found([*lines_of(made(replace(WISH, awkward=0.0), tmp_path_factory.mktemp("made") / "plain"))])


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Found:
    return Found([*lines_of(made(Wish(3000), tmp_path_factory.mktemp("made") / "many"))])


@pytest.mark.parametrize("wish", [WISH, replace(WISH, files=3), replace(WISH, gzip=True)])
def test_the_same_wish_gives_the_same_bytes(wish: Wish, tmp_path: Path) -> None:
    first = made(wish, tmp_path / "first")
    assert first == made(wish, tmp_path / "second")
    assert first != made(replace(wish, seed=12), tmp_path / "another")


def test_a_patient_is_the_same_however_many_there_are(tmp_path: Path) -> None:
    few, more = made(replace(WISH, patients=70), tmp_path / "few"), made(WISH, tmp_path / "more")
    assert all(more[name].startswith(content) for name, content in few.items())


def test_files_hold_the_same_lines_whatever_their_number_and_packing(tmp_path: Path) -> None:
    one = Counter(lines_of(made(WISH, tmp_path / "one")))
    three = made(replace(WISH, files=3), tmp_path / "three")
    assert {f"{kind}.00{part}.ndjson" for kind in TYPES for part in range(3)} <= three.keys()
    assert Counter(lines_of(three)) == one
    assert Counter(lines_of(made(replace(WISH, gzip=True), tmp_path / "zipped"))) == one


def test_without_awkward_things_every_line_is_a_resource(plain: Found) -> None:
    assert len(plain.resources) == len(plain.lines)
    assert {kind for kind, _ in plain.resources} == TYPES
    assert all(kind == resource["resourceType"] for kind, resource in plain.resources)
    assert all(len(found) == 1 for found in plain.copies.values())
    assert 12 <= len(plain.lines) / WISH.patients <= 18
    for kind, resource in plain.resources[:: len(plain.resources) // 400]:
        get_fhir_model_class(kind).model_validate(resource)


def test_the_readers_accept_every_chart(many: Found, plain: Found) -> None:
    terms = load_pack().terms
    for found in (plain, many):
        shared = [resource for _, resource in found.resources if str(resource.get("id")).startswith("med-")]
        for who in [f"p{number:08d}" for number in range(200)]:
            profile = read_bundle([*shared, *found.of[who]], terms, AS_OF).profile
            assert profile.patient.id in (who, None)
            assert found is many or profile.conditions


def test_what_the_readers_refuse_is_rare(many: Found) -> None:
    refused = sum(resource_of(line) is None for _, line in many.lines)
    assert 0 < refused < len(many.lines) / 200


def test_codes_that_should_be_known_are_known() -> None:
    understands = load_pack().terms.understands
    for world, lists in {"conditions": ("conditions", "procedures"), "medicines": ("medicines", "supplements")}.items():
        entries = [entry for each in lists for entry in DATA[each] if entry.get("known", True)]
        codes = [Coding(SYSTEMS[name], entry[name]) for entry in entries for name in SYSTEMS if name in entry]
        assert [code for code in codes if not understands(world, [code], None)] == []


def test_every_awkward_thing_has_a_share_and_a_sight() -> None:
    assert set(happenings()) == set(DATA["awkward"]) == set(SIGHTS)


@pytest.mark.parametrize("name", SIGHTS)
def test_every_awkward_thing_happens_in_3000_patients(name: str, many: Found) -> None:
    assert SIGHTS[name](many)


@pytest.mark.parametrize("name", sorted(SIGHTS.keys() - ORDINARY))
def test_no_awkward_thing_happens_where_none_is_wished_for(name: str, plain: Found) -> None:
    assert not SIGHTS[name](plain)


def call(folder: Path, *more: str) -> tuple[int, str]:
    result = CliRunner().invoke(main, ["population", "generate", "--patients", "30", "--out", str(folder), *more])
    return result.exit_code, result.output


def test_the_command_writes_the_files_and_nothing_else(tmp_path: Path) -> None:
    assert call(tmp_path / "new" / "out", "--seed", "11") == (0, "")
    assert [each.name for each in (tmp_path / "new").iterdir()] == ["out"]
    generate(replace(WISH, patients=30), tmp_path / "same")
    assert written(tmp_path / "new" / "out") == written(tmp_path / "same")


def test_a_folder_that_holds_something_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    code, told = call(tmp_path)
    assert (code, told) == (BAD_INPUT, f"{tmp_path} is not an empty folder; name one that is empty or not there yet.\n")
    assert [each.name for each in tmp_path.iterdir()] == ["mine.txt"]


def test_a_full_disk_is_one_sentence_and_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(export: Export, kind: str, lines: list[str]) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Export, "add", full)
    code, told = call(tmp_path / "out")
    assert code == BAD_SETTINGS
    assert told == f"{tmp_path / 'out'} was not written: the disk is full. Nothing half-written was left behind.\n"
    assert [*tmp_path.iterdir()] == []


def test_the_day_of_the_export_moves_everything(tmp_path: Path) -> None:
    early = Found([*lines_of(made(replace(WISH, as_of=date(2020, 2, 29), awkward=0.0), tmp_path / "early"))])
    days = [each["effectiveDateTime"][:10] for _, each in early.resources if each["resourceType"] == "Observation"]
    assert "2020-01-20" < max(days) < "2020-02-29"
    assert call(tmp_path / "out", "--as-of", "2026-13-01")[0] == call(tmp_path / "out", "--as-of", "0001-01-01")[0] == 2
