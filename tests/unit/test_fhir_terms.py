"""What rules/fhir.yaml and the laboratory vocabulary give to the FHIR readers."""

import shutil
from pathlib import Path

import pytest

from schemas.profile import Coding
from service.knowledge.files import BrokenPack
from service.knowledge.load import default_folder, load_pack
from service.knowledge.vocabulary import SYSTEMS

TERMS = load_pack().terms


def broken(tmp_path: Path, name: str, old: str, new: str) -> list[str]:
    folder = tmp_path / "rules"
    shutil.copytree(default_folder(), folder)
    text = (folder / name).read_text()
    assert old in text
    (folder / name).write_text(text.replace(old, new, 1))
    with pytest.raises(BrokenPack) as caught:
        load_pack(folder, locked=False)
    return [problem.message for problem in caught.value.problems]


def test_equations_that_rank_first_are_preferred() -> None:
    ranks = [TERMS.results[loinc].rank for loinc in ("98980-6", "98979-8", "50210-4", "62238-1", "77147-7", "69405-9")]
    assert ranks == sorted(set(ranks))


def test_a_race_based_equation_is_never_taken_for_that_of_2021() -> None:
    assert TERMS.results["88293-6"].note == "This eGFR was computed with a race-based equation."
    assert "2021" not in f"{TERMS.results['88293-6'].method} {TERMS.results['77147-7'].method}"


def test_each_test_fills_its_member() -> None:
    assert {result.path for result in TERMS.results.values()} == {
        "kidney.egfr", "kidney.creatinine", "kidney.cystatin_c", "labs.magnesium", "labs.calcium", "labs.potassium",
    }  # fmt: skip


def test_a_text_stands_for_a_test_as_a_last_resort_and_ranks_after_every_code() -> None:
    assert TERMS.result_names["serum magnesium"].path == "labs.magnesium"
    assert TERMS.result_names["egfr"].rank > max(
        result.rank for result in TERMS.results.values() if result.path == "kidney.egfr"
    )


@pytest.mark.parametrize("loinc", ["2597-3", "2598-1", "2824-1", "1995-0", "35591-7"])
def test_red_cells_urine_ions_and_clearance_are_never_results(loinc: str) -> None:
    assert loinc in TERMS.not_used
    assert loinc not in TERMS.results


def test_every_alias_leads_to_a_system_of_the_vocabulary() -> None:
    assert set(TERMS.systems.values()) == set(SYSTEMS)
    assert not set(TERMS.systems) & set(SYSTEMS)


def test_a_text_counts_only_where_no_code_is_understood() -> None:
    known = Coding("http://hl7.org/fhir/sid/icd-10-cm", "N18.4")
    assert "dialysis" not in TERMS.understands("conditions", (known,), "dialysis")
    assert "dialysis" in TERMS.understands("conditions", (Coding("urn:x", "1"),), "dialysis")
    assert TERMS.understands("medicines", (known,), None) == frozenset()


def test_the_nutrients_of_an_ordinary_medicine_are_none() -> None:
    assert TERMS.nutrients_of((), "magnesium oxide") == {"magnesium"}
    assert TERMS.nutrients_of((), "omeprazole") == frozenset()


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ('means: "http://snomed.info/sct"', 'means: "http://snomed.example"', "is not a system of the vocabulary"),
        ("lasting: [kidney-transplant]", "lasting: [kidney-transplants]", "no concept `kidney-transplants`"),
        ("window: kidney_result_window", "window: kidney_window", "is not in rules/policy.yaml"),
        ('loinc: "2597-3"', 'loinc: "2601-3"', "is also used as a result"),
    ],
)
def test_a_mistake_in_fhir_yaml_is_told(tmp_path: Path, old: str, new: str, told: str) -> None:
    assert any(told in message for message in broken(tmp_path, "fhir.yaml", old, new))


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ('loinc: ["33863-2"]', 'loinc: ["2160-0"]', "would mean two tests"),
        ('- {loinc: "98980-6"', '- {loinc: "99999-9"', "is not among the codes of egfr"),
    ],
)
def test_a_mistake_in_the_laboratory_codes_is_told(tmp_path: Path, old: str, new: str, told: str) -> None:
    assert any(told in message for message in broken(tmp_path, "vocabulary/laboratory.yaml", old, new))
