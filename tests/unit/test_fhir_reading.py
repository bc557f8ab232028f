"""A Bundle, a bare resource or a list becomes a profile, and what is not used is named."""

from typing import Any

import pytest

from schemas.problem import Refused
from service.intake.fhir import chart
from service.intake.fhir.read import read_bundle
from tests.unit.fhir_records import (
    SUBJECT,
    TERMS,
    TODAY,
    bundle,
    condition,
    left_open,
    next_page,
    patient,
    procedure,
    read,
    reasons,
    request,
    result,
)


def refused(data: Any) -> Refused:
    with pytest.raises(Refused) as caught:
        read_bundle(data, TERMS, TODAY)
    assert caught.value.status == 422
    return caught.value


def test_a_bundle_becomes_a_profile_that_names_its_resources() -> None:
    profile = read(patient(), condition(meta={"versionId": "3"}), request(), result()).profile
    assert profile.patient.id == "p1"
    assert profile.conditions is not None
    assert (profile.conditions[0].source, profile.conditions[0].at) == (
        "Condition/c1/_history/3",
        "/entry/1/resource",
    )
    assert profile.kidney.egfr is not None
    assert profile.kidney.egfr.method == "CKD-EPI 2021, creatinine"
    assert profile.medications is not None
    assert profile.medications[0].source == "MedicationRequest/m1"
    assert (profile.supplements, profile.diet.foods, profile.notes) == (None, None, ())


def parameters(*resources: Any) -> Any:
    given = [{"name": "resource", "resource": each} for each in resources]
    return {"resourceType": "Parameters", "parameter": [7, {"name": "other", "valueString": "x"}, *given]}


@pytest.mark.parametrize(
    "data",
    [
        condition(), [patient(), condition()], bundle(bundle(condition())),
        parameters(bundle(condition())), parameters(condition()),
    ],
)  # fmt: skip
def test_a_bare_resource_a_list_a_bundle_in_a_bundle_and_parameters_are_read(data: Any) -> None:
    assert len(read_bundle(data, TERMS, TODAY).profile.conditions or ()) == 1


def test_what_parameters_hold_is_named_by_its_place_and_is_about_one_patient() -> None:
    profile = read_bundle(parameters(bundle(condition())), TERMS, TODAY).profile
    assert [each.at for each in profile.conditions or ()] == ["/parameter/2/resource/entry/0/resource"]
    assert refused(parameters(patient(), patient(id="p2"))).problems[0].at == "/parameter/3/resource"


@pytest.mark.parametrize("code", [None, 7, [], "98979-8"])
def test_a_result_that_names_no_test_is_told(code: Any) -> None:
    read_of = read(patient(), result() | {"code": code})
    assert [(note.reason, note.at) for note in read_of.profile.notes] == [("skipped", "/entry/1/resource")]
    assert read_of.profile.kidney.egfr is None


@pytest.mark.parametrize("data", [None, 7, "Bundle", {}, {"conditions": []}])
def test_what_is_no_fhir_at_all_is_refused(data: Any) -> None:
    assert refused(data).problems[0].message == "This is no FHIR resource."


def test_nothing_is_known_of_a_list_whose_type_did_not_come() -> None:
    profile = read(patient()).profile
    assert (profile.conditions, profile.medications, profile.supplements, profile.diet.foods) == (None,) * 4


def test_what_holds_a_nutrient_is_a_supplement_and_the_list_of_medicines_is_given_empty() -> None:
    profile = read(request(medicationCodeableConcept={"text": "magnesium oxide"})).profile
    assert profile.medications == ()
    assert [each.text for each in profile.supplements or ()] == ["magnesium oxide"]


def test_bad_resources_are_named_and_the_rest_is_used() -> None:
    reading = read(7, {"id": "x"}, {"resourceType": "Jane Doe"}, condition(code="CKD"), condition("c2"))
    assert len(reading.profile.conditions or ()) == 1
    lacking = [each.at for each in reading.profile.open["conditions"]]
    assert sorted(lacking) == [f"/entry/{index}/resource" for index in range(4)]
    assert "Jane" not in repr(reading)


def test_a_condition_that_could_not_be_read_leaves_the_list_open() -> None:
    assert left_open(read(condition(code="CKD"), condition("c2"))) == {"conditions": ["skipped"]}


def test_a_reader_that_stumbles_over_a_wrong_type_loses_that_resource_only(monkeypatch: pytest.MonkeyPatch) -> None:
    def stumble(*_: object) -> None:
        raise TypeError

    monkeypatch.setattr("service.intake.fhir.problems.procedure_of", stumble)
    reading = read(procedure(), condition())
    assert reasons(reading) == ["skipped"]
    assert len(reading.profile.conditions or ()) == 1


def test_types_that_are_not_read_are_counted() -> None:
    encounters = [{"resourceType": "Encounter", "id": str(number)} for number in range(3)]
    assert read(patient(), *encounters).not_read == {"Encounter": 3}


def test_entries_without_a_resource_and_entries_that_are_no_list_are_said() -> None:
    assert reasons(read_bundle({"resourceType": "Bundle", "entry": [{}, None]}, TERMS, TODAY)) == ["skipped"] * 2
    assert reasons(read_bundle({"resourceType": "Bundle", "entry": {}}, TERMS, TODAY)) == ["skipped"]


def test_an_error_among_the_entries_is_told_and_a_remark_is_no_error() -> None:
    def outcome(severity: str) -> dict[str, Any]:
        return {"resourceType": "OperationOutcome", "issue": [{"severity": severity, "code": "processing"}]}

    assert reasons(read(outcome("error"))) == ["key_error"]
    assert reasons(read(outcome("warning"))) == ["skipped"]


@pytest.mark.parametrize(
    ("older", "newer"),
    [
        ({"versionId": "9"}, {"versionId": "10"}),
        ({"lastUpdated": "2026-01-01T10:00:00+02:00"}, {"lastUpdated": "2026-01-01T09:00:00Z"}),
    ],
)
def test_of_two_copies_the_newer_counts_wherever_it_stands(older: dict[str, str], newer: dict[str, str]) -> None:
    resolved = condition(meta=older, clinicalStatus={"coding": [{"code": "resolved"}]})
    for resources in ([resolved, condition(meta=newer)], [condition(meta=newer), resolved]):
        conditions = read(*resources).profile.conditions
        assert [each.status for each in conditions or ()] == ["active"]


def test_a_further_page_leaves_open_what_this_one_feeds() -> None:
    reading = read_bundle(next_page(condition(), request()), TERMS, TODAY)
    assert left_open(reading) == {member: ["unread_page"] for member in ("conditions", "medications", "supplements")}


def test_of_results_from_newer_to_older_a_further_page_holds_only_older_ones() -> None:
    falling = [result("o1", day="2026-10-30"), result("o2", day="2026-09-30")]
    assert "kidney.egfr" not in left_open(read_bundle(next_page(*falling), TERMS, TODAY))
    assert "kidney.egfr" in left_open(read_bundle(next_page(*falling[::-1]), TERMS, TODAY))
    assert "labs.magnesium" in left_open(read_bundle(next_page(*falling), TERMS, TODAY))


def test_of_a_single_result_a_further_page_may_hold_a_newer_one_unless_the_server_sorted() -> None:
    assert "kidney.egfr" in left_open(read_bundle(next_page(result()), TERMS, TODAY))
    asked = {"relation": "self", "url": "https://ehr.example/fhir/Observation?_sort=-date"}
    assert "kidney.egfr" not in left_open(read_bundle(next_page(result(), **asked), TERMS, TODAY))


def test_a_contained_and_a_referenced_medication_are_found() -> None:
    product = {"resourceType": "Medication", "id": "x", "code": {"text": "omeprazole"}}
    inside = request("m1", medicationCodeableConcept=None, medicationReference={"reference": "#x"}, contained=[product])
    references = ["Medication/x", "https://ehr.example/fhir/Medication/x", "Medication/x/_history/2", "urn:uuid:1-2"]
    outside = [
        request(f"r{index}", medicationCodeableConcept=None, medicationReference={"reference": reference})
        for index, reference in enumerate(references)
    ]
    data = bundle(inside, *outside)
    data["entry"].append({"fullUrl": "urn:uuid:1-2", "resource": product})
    medications = read_bundle(data, TERMS, TODAY).profile.medications
    assert [each.text for each in medications or ()] == ["omeprazole"] * 5


def test_more_resources_than_anybody_reads_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chart, "MOST_RESOURCES", 2)
    assert refused(bundle(condition("1"), condition("2"), condition("3"))).problems[0].at == "/entry/2/resource"


def test_only_the_first_hundred_notes_are_told_one_by_one() -> None:
    notes = read(*[7] * 130).profile.notes
    assert len(notes) == 101
    assert notes[-1].detail.startswith("30 more notes")


def test_two_patients_are_refused_by_place_and_never_by_name() -> None:
    problems = refused(bundle(patient(), patient(id="Zebedee"))).problems
    assert [problem.at for problem in problems] == ["/entry/1/resource"]
    assert "Zebedee" not in repr(problems)


@pytest.mark.parametrize(
    "reference", ["Patient/p2", "https://ehr.example/fhir/Patient/p2/_history/1", "urn:uuid:not-here"]
)
@pytest.mark.parametrize("kind", ["Condition", "Encounter"])
def test_a_resource_about_somebody_else_is_refused(reference: str, kind: str) -> None:
    stranger = {"resourceType": kind, "id": "s", "subject": {"reference": reference}}
    refused(bundle(patient(), stranger))
    refused(bundle(condition(), stranger))


@pytest.mark.parametrize(
    "subject",
    [
        {"reference": "Patient/p1/_history/4"},
        {"reference": "https://ehr.example/fhir/Patient/p1"},
        {"reference": "urn:uuid:p1"},
        {"identifier": {"value": "7"}},
        {"reference": "#p"},
        {"display": "somebody"},
        None,
    ],
)
def test_the_same_patient_may_be_named_in_many_ways_or_not_at_all(subject: Any) -> None:
    reading = read(patient(), condition("c1"), condition("c2", subject=subject))
    assert len(reading.profile.conditions or ()) == 2


def test_a_patient_is_known_by_the_fullurl_too() -> None:
    data = bundle(condition(subject={"reference": "urn:uuid:1-2"}))
    data["entry"].append({"fullUrl": "urn:uuid:1-2", "resource": patient()})
    assert read_bundle(data, TERMS, TODAY).profile.patient.id == "p1"


def test_the_patient_is_known_from_references_where_there_is_no_patient() -> None:
    assert read(condition()).profile.patient.id == "p1"


def test_two_patients_whom_nothing_names_are_two_patients() -> None:
    refused(bundle({"resourceType": "Patient"}, {"resourceType": "Patient"}))


def test_what_is_about_a_group_is_not_about_the_patient() -> None:
    reading = read(condition(), condition("c2", subject={"reference": "Group/g"}))
    assert len(reading.profile.conditions or ()) == 1
    assert reasons(reading) == ["skipped"]


def test_allergies_are_counted_once_and_not_used() -> None:
    allergy = {"resourceType": "AllergyIntolerance", "patient": SUBJECT}
    refuted = {"verificationStatus": {"coding": [{"code": "refuted"}]}}
    notes = read({**allergy, "id": "1"}, {**allergy, "id": "2"}, {**allergy, "id": "3", **refuted}).profile.notes
    assert [note.detail for note in notes] == ["2 allergies were read; no rule of this pack uses allergies."]
