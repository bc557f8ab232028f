"""What is lost, cut short, contradictory or somebody else's in a FHIR record is never read as a "no"."""

from decimal import Decimal
from typing import Any

import pytest

from schemas.hook import ABSENT, GIVEN, NULL, Part
from schemas.problem import Refused
from service.facts.derive import derive
from service.facts.model import Interval
from service.intake.fhir.read import Reading, read_bundle, read_parts
from service.intake.fhir.templates import prefetch_templates
from service.knowledge.load import load_pack
from tests.unit.fhir_records import (
    LOINC,
    SNOMED,
    SUBJECT,
    TERMS,
    TODAY,
    bundle,
    concept,
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

PACK = load_pack()
MAGNESIUM: dict[str, Any] = {"medicationCodeableConcept": {"text": "magnesium oxide"}}
EMPTY = {"resourceType": "Bundle", "type": "searchset", "total": 0}
EGFR = "mL/min/{1.73_m2}"


def called(drafts: Any = None, **pages: Any) -> Reading:
    keys: dict[str, Any] = {**dict.fromkeys(prefetch_templates(TERMS), EMPTY), "patient": patient(), **pages}
    parts = [Part(key, page) if isinstance(page, str) else Part(key, GIVEN, (page,)) for key, page in keys.items()]
    return read_parts(parts, "p1", drafts, (), TERMS, TODAY)


def fact(reading: Reading, name: str) -> Any:
    return derive(reading.profile, PACK, TODAY)[name].state


def egfr(known: str, value: float, day: str | None = "2026-10-30", unit: str = EGFR, **more: Any) -> dict[str, Any]:
    quantity = {"value": value, "unit": unit}
    return result(known, "98979-8", **{"effectiveDateTime": day, "valueQuantity": quantity, **more})


def lower_end(reading: Reading) -> Any:
    state = fact(reading, "kidney.egfr")
    return state.low if isinstance(state, Interval) else None


@pytest.mark.parametrize(
    "page",
    [
        {"resourceType": "Bundle", "type": "searchset", "total": 5},
        bundle(request("r"), type="searchset", total=2),
        bundle(request("r"), {"resourceType": "OperationOutcome", "issue": [
            {"severity": "warning", "code": "incomplete"}]}),
        {"resourceType": "Parameters"},
        bundle(condition()),
    ],
)  # fmt: skip
def test_a_list_that_is_less_than_the_server_has_does_not_say_no(page: Any) -> None:
    assert fact(called(), "magnesium.listed") is False
    assert fact(called(medrequests=page), "magnesium.listed") is None


def test_pages_together_hold_what_the_server_counts_and_what_was_included_does_not_count() -> None:
    pages = (bundle(request("a"), total=2), bundle(request("b"), total=2))
    parts = [Part("medrequests", GIVEN, pages), *(Part(key, GIVEN, (EMPTY,)) for key in ("medstatements", "nutrition"))]
    whole = read_parts(parts, "p1", None, (), TERMS, TODAY)
    assert not {"medications", "supplements"} & set(whole.profile.open)
    product = {"resource": {"resourceType": "Medication", "id": "x"}, "search": {"mode": "include"}}
    short = {"resourceType": "Bundle", "total": 2, "entry": [{"resource": request("a")}, product]}
    assert "medications" in left_open(called(medrequests=short))


def test_an_error_in_a_plain_bundle_leaves_open_what_the_bundle_feeds() -> None:
    failed = {"resourceType": "OperationOutcome", "issue": [{"severity": "error", "code": "exception"}]}
    assert left_open(read(request(), failed)) == {key: ["key_error"] for key in ("medications", "supplements")}


@pytest.mark.parametrize("state", [ABSENT, NULL])
def test_orders_of_nutrition_and_procedures_that_were_not_sent_are_open_questions(state: str) -> None:
    assert fact(called(nutrition=state), "magnesium.listed") is None
    assert fact(called(), "condition.kidney_transplant") is False
    assert fact(called(procedures=state), "condition.kidney_transplant") is None
    assert fact(called(procedures=state), "condition.myasthenia_gravis") is False
    assert fact(called(procedures=state), "condition.any") is None


def test_nothing_found_of_dialysis_is_no_proof_that_there_is_none() -> None:
    # The procedures are asked for by SNOMED code; a server that codes them otherwise answers with nothing.
    assert fact(called(), "kidney.dialysis") is None


def test_a_filtration_beside_unread_results_reassures_of_nothing() -> None:
    rising = [egfr("a", 95, "2026-01-30"), egfr("b", 95, "2026-03-30")]
    assert lower_end(called(kidney=bundle(*rising))) == 95
    assert lower_end(called(kidney=next_page(*rising))) is None
    assert lower_end(called(kidney=next_page(*rising[::-1]))) == 95
    assert lower_end(called(kidney=bundle(*rising, 7))) is None


def test_a_laboratory_result_beside_unread_results_is_not_known() -> None:
    amount: dict[str, Any] = {
        "valueQuantity": {"value": 0.9, "unit": "mmol/L"},
        "interpretation": [{"coding": [{"code": "N"}]}],
    }
    results = [result("a", "19123-9", "2026-10-30", **amount), result("b", "19123-9", "2026-11-10", **amount)]
    assert fact(called(electrolytes=bundle(*results)), "labs.magnesium_flag") == "normal"
    cut = called(electrolytes=next_page(*results))
    assert (fact(cut, "labs.magnesium_flag"), fact(cut, "labs.magnesium")) == (None, None)


@pytest.mark.parametrize(("unit", "low"), [(EGFR, 95), ("mL/min/1.73m2", 95), ("mL/min", None), ("mL/min/{x}", None)])
def test_a_rate_that_does_not_say_per_body_surface_may_raise_and_never_reassures(unit: str, low: int | None) -> None:
    state = fact(called(kidney=bundle(egfr("a", 95, unit=unit))), "kidney.egfr")
    assert (state.low, state.high) == (low, 95)


def test_undated_results_are_never_cut_off_and_never_outvoted() -> None:
    dated = [egfr(f"o{index}", 95, f"2026-{index % 9 + 1:02}-{index % 27 + 1:02}") for index in range(40)]
    assert lower_end(called(kidney=bundle(*dated, egfr("late", 12, None)))) is None
    mg_dl: list[dict[str, Any]] = [{"valueQuantity": {"value": value, "unit": "mg/dL"}} for value in (0.8, 6)]
    known, unknown = result("a", "2160-0", **mg_dl[0]), result("b", "2160-0", **mg_dl[1], effectiveDateTime=None)
    assert lower_end(called(kidney=bundle(known))) is not None
    assert lower_end(called(kidney=bundle(known, unknown))) is None


def test_of_two_copies_without_a_version_both_count_in_either_order() -> None:
    stopped, active = request(**MAGNESIUM, status="stopped"), request(**MAGNESIUM)
    for first, second in ((stopped, active), (active, stopped)):
        reading = called(medrequests=bundle(first), extra=bundle(second))
        assert (fact(reading, "magnesium.in_use"), reasons(reading)) == (True, ["conflict"])
    assert reasons(called(medrequests=bundle(active), extra=bundle({**active, "meta": {"tag": []}}))) == []


def test_what_two_copies_of_a_patient_differ_in_is_not_known() -> None:
    reading = read(patient(), patient(birthDate="1999-01-01", gender="male"), condition())
    assert (reading.profile.patient.birth_date, reading.profile.patient.sex) == (None, None)
    assert set(left_open(reading)) == {"patient.birth_date", "patient.sex"}


@pytest.mark.parametrize(
    "draft",
    [
        {"status": "cancelled"},
        {"status": "entered-in-error"},
        {"status": "draft", "medicationCodeableConcept": None},
        {"status": "draft", "doNotPerform": True},
        {"status": "draft", "medicationCodeableConcept": {"text": "gabapentin"}},
    ],
)
def test_a_draft_never_takes_away_what_is_in_use(draft: dict[str, Any]) -> None:
    active = request(**MAGNESIUM)
    reading = called(bundle({**active, **draft}), medrequests=bundle(active))
    assert (fact(reading, "magnesium.in_use"), len(reading.orders)) == (True, 1)


def test_a_draft_of_what_is_in_use_is_one_product() -> None:
    active = request(**MAGNESIUM)
    reading = called(bundle({**active, "status": "draft"}), medrequests=bundle(active))
    assert fact(reading, "magnesium.product_count") == Interval(Decimal(1), Decimal(1))


def test_one_id_on_two_servers_is_two_records_and_two_patients() -> None:
    def at(server: str, resource: dict[str, Any]) -> dict[str, Any]:
        return {"fullUrl": f"https://{server}/{resource['resourceType']}/{resource['id']}", "resource": resource}

    both = {"resourceType": "Bundle", "entry": [at("a.example", request()), at("b.example", request(**MAGNESIUM))]}
    assert fact(called(medrequests=both), "magnesium.in_use") is True
    with pytest.raises(Refused):
        read_bundle({**both, "entry": [at("a.example", patient()), at("b.example", patient())]}, TERMS, TODAY)
    theirs = condition(subject={"reference": "https://b.example/Patient/p1"})
    with pytest.raises(Refused):
        called(patient={**both, "entry": [at("a.example", patient())]}, conditions=bundle(theirs))


@pytest.mark.parametrize(
    "subject",
    [[{"reference": "Patient/p2"}], {"reference": "Patient?identifier=x|2"}, {"reference": "patient/p2"},
     {"identifier": {"system": "urn:mrn", "value": "other"}}],
)  # fmt: skip
def test_what_may_be_somebody_elses_is_not_used_and_leaves_the_list_open(subject: Any) -> None:
    own = patient(identifier=[{"system": "urn:mrn", "value": "own"}])
    reading = called(patient=own, medrequests=bundle(request(**MAGNESIUM, subject=subject)))
    assert fact(reading, "magnesium.listed") is None
    same = request(**MAGNESIUM, subject={"identifier": {"system": "urn:mrn", "value": "own"}})
    assert fact(called(patient=own, medrequests=bundle(same)), "magnesium.listed") is True


@pytest.mark.parametrize("focus", ["RelatedPerson/donor", "Patient/newborn"])
def test_a_result_of_a_donor_or_a_newborn_is_not_the_patients(focus: str) -> None:
    reading = called(kidney=bundle(egfr("a", 95, focus=[{"reference": focus}])))
    assert (fact(reading, "kidney.egfr"), reasons(reading)) == (None, ["not_used"])
    assert lower_end(called(kidney=bundle(egfr("a", 95, focus=[SUBJECT])))) == 95


def test_a_result_named_only_by_the_display_of_a_local_code_is_read() -> None:
    named = {"coding": [{"system": "urn:local", "code": "1", "display": "eGFR"}]}
    assert lower_end(called(kidney=bundle(egfr("a", 12, code=named)))) == 12
    urine = {"coding": [{"system": LOINC, "code": "1-8", "display": "eGFR"}]}
    assert lower_end(called(kidney=bundle(egfr("a", 12, code=urine)))) is None


@pytest.mark.parametrize(
    "given",
    [{"performedDateTime": "2025"}, {"performedDateTime": "2025-11"},
     {"performedDateTime": None, "performedPeriod": {"start": "2019-01-01"}}],
)  # fmt: skip
def test_dialysis_that_may_be_of_this_year_is_not_past(given: dict[str, Any]) -> None:
    assert fact(called(procedures=bundle(procedure(**given))), "kidney.dialysis") is True


@pytest.mark.parametrize(
    "given",
    [
        {"abatementDateTime": "2027-03-31"},
        {"verificationStatus": {"coding": [{"system": "urn:local", "code": "refuted"}, {
            "system": "http://terminology.hl7.org/CodeSystem/condition-ver-status", "code": "confirmed"}]}},
        {"clinicalStatus": {"coding": [{"system": "urn:local", "code": "resolved"}, {
            "system": "http://terminology.hl7.org/CodeSystem/condition-clinical", "code": "active"}]}},
    ],
)  # fmt: skip
def test_a_condition_that_still_holds_is_active(given: dict[str, Any]) -> None:
    assert fact(called(conditions=bundle(condition(**given))), "condition.kidney_disease") is True


def test_an_ingredient_counts_where_the_name_of_the_product_says_less() -> None:
    inside = [{"itemCodeableConcept": {"text": text}} for text in ("calcium carbonate", "magnesium carbonate")]
    product = {"resourceType": "Medication", "id": "m", "code": {"text": "calcium carbonate"}, "ingredient": inside}
    named = request(medicationCodeableConcept=None, medicationReference={"reference": "#m"}, contained=[product])
    reading = called(medrequests=bundle(named))
    assert fact(reading, "magnesium.in_use") is True
    assert fact(reading, "magnesium.product_count") == Interval(Decimal(1), Decimal(1))


def test_two_statements_of_one_day_that_differ_say_nothing_of_a_pregnancy() -> None:
    said = [
        result(code, "82810-3", valueQuantity=None, valueCodeableConcept=concept(SNOMED, code))
        for code in ("77386006", "60001007")
    ]
    for statements in (said, said[::-1]):
        reading = read(patient(), *statements)
        assert (reading.profile.patient.pregnant, left_open(reading)) == (None, {"patient.pregnant": ["conflict"]})


def test_a_record_that_another_has_replaced_is_said_to_be_so() -> None:
    replaced = patient(link=[{"other": {"reference": "Patient/p9"}, "type": "replaced-by"}])
    assert reasons(read(replaced)) == ["conflict"]


def test_a_product_among_orders_or_a_dialysis_among_procedures_makes_no_list_complete() -> None:
    calcium = request(medicationCodeableConcept={"text": "calcium carbonate"})
    assert fact(read(patient(), request()), "magnesium.listed") is None
    assert fact(read(patient(), calcium), "magnesium.listed") is None
    assert fact(read(patient(), procedure()), "condition.myasthenia_gravis") is None
    assert fact(read(patient(), procedure(), condition()), "condition.myasthenia_gravis") is False


def test_what_was_dispensed_or_given_is_not_read_and_that_is_said() -> None:
    given = [{"resourceType": "MedicationDispense", "id": str(number), "subject": SUBJECT} for number in range(2)]
    notes = read(patient(), *given).profile.notes
    assert [note.detail for note in notes] == ["2 of type MedicationDispense came, which is not read."]


def test_a_procedure_in_unknown_codes_may_be_dialysis() -> None:
    foreign: dict[str, Any] = {"code": concept("http://www.ama-assn.org/go/cpt", "90935", "a session in words unknown")}
    assert fact(called(procedures=bundle(procedure("80146002"))), "condition.kidney_transplant") is False
    assert fact(called(procedures=bundle(procedure(**foreign))), "condition.kidney_transplant") is None
    assert (
        fact(called(procedures=bundle(procedure(**foreign, status="not-done"))), "condition.kidney_transplant") is False
    )
