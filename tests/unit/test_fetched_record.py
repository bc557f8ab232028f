"""A record that was fetched key by key, kept as one Bundle: read again it says what a hook with the same parts says."""

import json
from datetime import date
from typing import Any

import pytest

from schemas.hook import ABSENT, ERROR, FAILED, GIVEN, LATE, Part
from service.intake.fhir.fetched import parts_of_record, read_record, record_of
from service.intake.fhir.prefetch import KEYS
from service.intake.fhir.read import read_bundle, read_parts
from tests.unit.fhir_terms_for_tests import TERMS

DAY = date(2026, 11, 21)
PATIENT = {"resourceType": "Patient", "id": "p-1", "birthDate": "1952-04-01"}
EMPTY = {"resourceType": "Bundle", "type": "searchset"}
MEDICINE = {
    "resourceType": "MedicationRequest", "id": "m-1", "status": "active", "intent": "order",
    "medicationCodeableConcept": {"text": "omeprazole"}, "subject": {"reference": "Patient/p-1"},
}  # fmt: skip
PAGE = {"resourceType": "Bundle", "type": "searchset", "entry": [{"resource": MEDICINE}]}


def given(key: str, *pages: Any, **more: Any) -> Part:
    return Part(key, GIVEN, pages=pages, fetched=True, **more)


PARTS = (
    given("patient", PATIENT),
    given("conditions", EMPTY),
    Part("kidney", LATE, detail="The FHIR server did not answer in time for kidney.", fetched=True),
    Part("electrolytes", FAILED, detail="The FHIR server answered 403 for electrolytes.", fetched=True),
    given("medrequests", PAGE, EMPTY, unread=True, detail="There are more pages."),
    Part("medstatements", ERROR, fetched=True),
    given("allergies", EMPTY),
    given("procedures", EMPTY),
    Part("nutrition", ABSENT, fetched=True),
)


def test_it_is_read_as_a_hook_with_the_same_parts_is() -> None:
    record = json.loads(json.dumps(record_of(PARTS)))
    wanted = read_parts(PARTS, "p-1", None, (), TERMS, DAY)
    assert read_record(record, TERMS, DAY).profile == wanted.profile
    assert wanted.profile.conditions == ()
    assert "medications" in wanted.profile.open


def test_every_state_comes_back() -> None:
    found = parts_of_record(record_of(PARTS))
    assert found
    assert found == ("p-1", PARTS)
    assert [part.key for part in found[1]] == list(KEYS)


def test_it_is_an_ordinary_bundle_to_any_other_reader() -> None:
    record = record_of(PARTS)
    assert (record["resourceType"], record["type"]) == ("Bundle", "collection")
    assert all(entry["resource"]["resourceType"] for entry in record["entry"])
    assert read_bundle(record, TERMS, DAY).profile.patient.id == "p-1"


@pytest.mark.parametrize(
    "changed",
    [
        {"extension": []},
        {"extension": [{"url": "https://other.example"}]},
        {"extension": "x"},
        {"extension": [record_of(PARTS[:1])["entry"][0]["extension"][0]] * 2},
    ],
    ids=["none", "another", "text", "two"],
)
def test_a_bundle_of_which_one_entry_is_not_ours_is_read_as_it_stands(changed: dict[str, Any]) -> None:
    record = record_of(PARTS)
    record["entry"][3] |= changed
    assert parts_of_record(record) is None
    assert read_record(record, TERMS, DAY).profile == read_bundle(record, TERMS, DAY).profile


@pytest.mark.parametrize(
    "data", [None, [], {}, EMPTY, PATIENT, {"resourceType": "Bundle", "entry": ["x", None]}, record_of(PARTS[1:])]
)
def test_what_is_no_such_bundle_is_none(data: Any) -> None:
    assert parts_of_record(data) is None
