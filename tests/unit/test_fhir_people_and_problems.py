"""Patient, pregnancy, Condition and Procedure, with what is told of each."""

from typing import Any

import pytest

from service.intake.fhir.problems import DIALYSIS
from service.knowledge.load import load_pack
from tests.unit.fhir_records import (
    SNOMED,
    concept,
    condition,
    left_open,
    patient,
    procedure,
    read,
    reasons,
    result,
)

US_CORE = "http://hl7.org/fhir/us/core/StructureDefinition/"


def status(code: str) -> dict[str, Any]:
    return {"coding": [{"code": code}]}


def only(*resources: Any) -> Any:
    (entry,) = read(*resources).profile.conditions or ()
    return entry


def test_a_full_date_of_birth_is_read() -> None:
    assert str(read(patient()).profile.patient.birth_date) == "1952-04-01"


@pytest.mark.parametrize(
    ("given", "reason"),
    [("1952", "not_supplied"), ("1952-13-01", "not_supplied"), (19520401, "not_supplied"), ("2027-01-01", "future"),
     ("1800-01-01", "implausible")],
)  # fmt: skip
def test_a_date_of_birth_that_gives_no_age_is_left_open(given: Any, reason: str) -> None:
    reading = read(patient(birthDate=given))
    assert reading.profile.patient.birth_date is None
    assert left_open(reading) == {"patient.birth_date": [reason]}


@pytest.mark.parametrize(
    "extension",
    [
        {"url": US_CORE + "us-core-birthsex", "valueCode": "M"},
        {"url": US_CORE + "us-core-sex", "valueCode": "248153007"},
        {"url": US_CORE + "us-core-individual-sex", "valueCoding": {"system": SNOMED, "code": "248153007"}},
    ],
)
def test_the_sex_is_used_before_the_gender_and_that_they_differ_is_said(extension: Any) -> None:
    reading = read(patient(extension=[extension]))
    assert reading.profile.patient.sex == "male"
    assert reasons(reading) == ["conflict"]


@pytest.mark.parametrize("extension", [{"url": US_CORE + "us-core-birthsex", "valueCode": "UNK"}, 7, {}])
def test_without_a_known_sex_the_gender_counts(extension: Any) -> None:
    assert read(patient(extension=[extension])).profile.patient.sex == "female"
    assert read(patient(gender="robot")).profile.patient.sex is None


def test_a_death_is_told() -> None:
    assert reasons(read(patient(deceasedBoolean=True))) == ["deceased"]
    assert reasons(read(patient(deceasedBoolean=False))) == []


def pregnancy(snomed: str, day: str | None, **more: Any) -> dict[str, Any]:
    said = {"valueCodeableConcept": concept(SNOMED, snomed), "valueQuantity": None, "effectiveDateTime": day}
    return {**result(f"p{snomed}", "82810-3"), **said, **more}


def test_the_newest_pregnancy_status_counts() -> None:
    older, newer = pregnancy("77386006", "2026-05-01"), pregnancy("60001007", "2026-11-01")
    assert read(older, newer).profile.patient.pregnant is False
    assert read(older).profile.patient.pregnant is True


@pytest.mark.parametrize(("day", "reason"), [("2024-05-01", "stale"), ("2027-01-01", "future"), (None, "undated")])
def test_a_pregnancy_status_of_another_time_says_nothing_of_today(day: str | None, reason: str) -> None:
    reading = read(pregnancy("77386006", day))
    assert reading.profile.patient.pregnant is None
    assert left_open(reading) == {"patient.pregnant": [reason]}


def test_a_pregnancy_status_in_error_or_of_another_code_is_not_used() -> None:
    assert read(pregnancy("77386006", "2026-11-01", status="entered-in-error")).profile.patient.pregnant is None
    assert read(pregnancy("261665006", "2026-11-01")).profile.patient.pregnant is None


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        ({}, "active"),
        *(({"clinicalStatus": status(code)}, "active") for code in ("active", "recurrence", "relapse", "unheard-of")),
        *(({"clinicalStatus": status(code)}, "resolved") for code in ("inactive", "remission", "resolved")),
        ({"clinicalStatus": "resolved"}, "resolved"),
        ({"abatementDateTime": "2020"}, "resolved"),
        ({"abatementBoolean": False}, "active"),
        ({"abatementString": "last year", "clinicalStatus": status("active")}, "active"),
        ({"verificationStatus": status("refuted")}, "refuted"),
        ({"verificationStatus": status("confirmed")}, "active"),
    ],
)
def test_the_status_of_a_condition(given: Any, meant: str) -> None:
    assert only(condition(**given)).status == meant


def test_an_unconfirmed_condition_counts_and_that_is_said() -> None:
    reading = read(condition(verificationStatus=status("provisional")))
    assert [each.status for each in reading.profile.conditions or ()] == ["active"]
    assert reasons(reading) == ["unconfirmed"]


def test_a_condition_entered_in_error_is_not_listed_and_leaves_nothing_open() -> None:
    reading = read(condition(verificationStatus=status("entered-in-error")))
    assert (reading.profile.conditions, reading.profile.open) == ((), {})
    assert [(note.reason, note.at) for note in reading.profile.notes] == [("entered_in_error", "/entry/0/resource")]


@pytest.mark.parametrize(
    ("given", "onset"),
    [({"onsetDateTime": "2021-03-01T10:00:00Z"}, "2021-03-01"), ({"onsetPeriod": {"start": "2021-03"}}, "2021-03"),
     ({"onsetAge": {"value": 60}}, None)],
)  # fmt: skip
def test_the_onset_is_as_precise_as_it_came(given: Any, onset: str | None) -> None:
    assert only(condition(**given)).onset == onset


def test_code_systems_are_understood_in_their_other_spellings() -> None:
    entry = only(condition(code=concept("urn:oid:2.16.840.1.113883.6.90", "N184")))
    assert "chronic-kidney-disease-stage-4" in load_pack().terms.understands("conditions", entry.coding, None)


def test_the_first_display_stands_in_for_a_text() -> None:
    assert (
        only(condition(code={"coding": [{"system": SNOMED, "code": "1", "display": "a display"}]})).text == "a display"
    )


def test_a_procedure_that_bears_on_nothing_is_no_condition() -> None:
    assert read(procedure(code=concept(SNOMED, "80146002", "Appendectomy"))).profile.conditions is None


def test_a_session_of_dialysis_counts_until_it_is_too_old() -> None:
    assert only(procedure()).status == "active"
    old = read(procedure(performedDateTime=None, performedPeriod={"start": "2024-01-01", "end": "2024-02-01"}))
    assert [each.status for each in old.profile.conditions or ()] == ["resolved"]
    assert reasons(old) == ["stale"]


def test_dialysis_that_goes_on_does_not_grow_old() -> None:
    going_on: dict[str, Any] = {
        "status": "in-progress",
        "performedDateTime": None,
        "performedPeriod": {"start": "2020-01-01"},
    }
    assert only(procedure(**going_on)).status == "active"


def test_a_transplanted_kidney_stays_one() -> None:
    assert only(procedure("70536003", performedDateTime="2010-01-01")).status == "active"


@pytest.mark.parametrize(
    ("said", "reason", "listed"),
    [("not-done", "not_done", 0), ("entered-in-error", "entered_in_error", 0), ("preparation", "not_used", 0),
     ("stopped", "unconfirmed", 1)],
)  # fmt: skip
def test_a_procedure_that_was_not_surely_done(said: str, reason: str, listed: int) -> None:
    reading = read(procedure(status=said))
    assert len(reading.profile.conditions or ()) == listed
    assert reasons(reading) == [reason]


def test_potassium_before_dialysis_shows_dialysis_and_is_no_potassium() -> None:
    profile = read(result(loinc="51618-7")).profile
    assert profile.labs.potassium is None
    assert [(each.text, each.status, each.source) for each in profile.conditions or ()] == [
        (DIALYSIS, "active", "Observation/o1")
    ]
    assert "dialysis" in load_pack().terms.understands("conditions", (), DIALYSIS)
    assert only(result(loinc="51618-7", day="2020-01-01")).status == "resolved"
