"""The parts of a hook call become a profile; what was not given is left open, each kind of absence by its name."""

from collections.abc import Sequence
from typing import Any

import pytest

from schemas.hook import ABSENT, ERROR, FAILED, GIVEN, LATE, NULL, Part
from schemas.problem import Refused
from service.intake.fhir.read import Reading, read_parts
from service.intake.fhir.templates import REQUIRED, REQUIRED_ONE_OF, prefetch_templates
from tests.unit.fhir_records import (
    TERMS,
    TODAY,
    bundle,
    condition,
    left_open,
    next_page,
    patient,
    procedure,
    reasons,
    request,
    result,
)

EMPTY = {"resourceType": "Bundle", "type": "searchset"}
DRAFT = {"resourceType": "MedicationRequest", "id": "request-123", "status": "draft"}


def given(**pages: Any) -> list[Part]:
    everything = dict.fromkeys(prefetch_templates(TERMS), EMPTY)
    return [Part(key, GIVEN, (page,)) for key, page in {**everything, "patient": patient(), **pages}.items()]


def read(parts: Sequence[Part], drafts: Any = None, selections: Sequence[str] = ()) -> Reading:
    return read_parts(parts, "p1", drafts, selections, TERMS, TODAY)


def test_a_key_that_is_given_and_empty_means_none() -> None:
    reading = read(given())
    profile = reading.profile
    assert (profile.conditions, profile.medications, profile.supplements, profile.diet.foods) == ((),) * 4
    assert (reading.profile.open, reading.profile.notes) == ({}, ())


@pytest.mark.parametrize(
    ("state", "reason"),
    [(ABSENT, "key_absent"), (NULL, "key_null"), (ERROR, "key_error"), (FAILED, "fetch_failed"), (LATE, "fetch_late")],
)
def test_each_way_of_not_being_given_has_its_name_and_is_never_none(state: str, reason: str) -> None:
    parts = [part for part in given() if part.key not in ("conditions", "medstatements", "kidney")]
    reading = read([*parts, *(Part(key, state) for key in ("conditions", "medstatements", "kidney"))])
    members = ("conditions", "kidney.creatinine", "kidney.cystatin_c", "kidney.egfr", "medications", "supplements")
    assert left_open(reading) == {member: [reason] for member in members}
    assert reading.profile.conditions is None
    assert reading.profile.medications == ()


def test_without_any_prefetch_nothing_is_known_and_every_key_is_named() -> None:
    reading = read([])
    assert (reading.profile.medications, reading.profile.supplements) == (None, None)
    assert left_open(reading)["medications"] == ["key_absent", "key_absent"]
    assert [each.at for each in reading.profile.open["medications"]] == [
        "/prefetch/medrequests",
        "/prefetch/medstatements",
    ]


def test_allergies_leave_nothing_open_and_are_told_beside_it() -> None:
    parts = [part for part in given() if part.key not in ("allergies", "procedures")]
    unsent = read([*parts, Part("allergies", ABSENT), Part("procedures", NULL)])
    assert (reasons(unsent), left_open(unsent)) == (["key_absent"], {"procedures": ["key_null"]})
    late = read([*parts, Part("allergies", LATE), Part("procedures", ERROR)])
    assert (reasons(late), left_open(late)) == (["fetch_late"], {"procedures": ["key_error"]})


def test_an_error_inside_a_bundle_is_an_error_of_its_key() -> None:
    outcome = {"resourceType": "OperationOutcome", "issue": [{"severity": "error"}]}
    fed = {member: ["key_error"] for member in ("diet.foods", "supplements")}
    assert left_open(read(given(nutrition=bundle(outcome)))) == fed
    assert left_open(read(given(conditions=outcome))) == {"conditions": ["key_error"]}


def test_an_unread_page_leaves_open_what_its_key_feeds() -> None:
    newest = [result("1", "19123-9", "2026-10-30"), result("2", "19123-9", "2026-10-01")]
    reading = read(given(electrolytes=next_page(*newest), conditions=next_page(condition())))
    assert left_open(reading) == {
        member: ["unread_page"] for member in ("conditions", "dialysis", "labs.calcium", "labs.potassium")
    }


def test_a_page_that_was_followed_leaves_nothing_open() -> None:
    parts = [part for part in given() if part.key != "conditions"]
    pages = (next_page(condition("c1")), bundle(condition("c2")))
    assert left_open(read([*parts, Part("conditions", GIVEN, pages)])) == {}
    unread = read([*parts, Part("conditions", GIVEN, pages, unread=True, fetched=True)])
    assert left_open(unread) == {"conditions": ["unread_page"]}
    assert [each.at for each in unread.profile.open["conditions"]] == ["/fetched/conditions/1"]


def test_a_resource_is_read_under_whatever_key_it_comes_and_counts_once() -> None:
    reading = read(
        given(medrequests=bundle(request(), condition()), medstatements=bundle(request()), extra=procedure())
    )
    assert [each.source for each in reading.profile.medications or ()] == ["MedicationRequest/m1"]
    assert [each.at for each in reading.profile.conditions or ()] == [
        "/prefetch/medrequests/entry/1/resource",
        "/prefetch/extra",
    ]


@pytest.mark.parametrize("stranger", [patient(id="p2"), condition(subject={"reference": "Patient/p2"})])
def test_another_patient_than_that_of_the_context_is_refused_by_key(stranger: Any) -> None:
    with pytest.raises(Refused) as caught:
        read(given(nutrition=bundle(stranger)))
    assert caught.value.status == 400
    assert [(problem.at, "p2" in problem.message) for problem in caught.value.problems] == [
        ("/prefetch/nutrition/entry/0/resource", False)
    ]
    assert "nutrition" in caught.value.problems[0].message


def test_a_draft_that_names_no_medicine_yet_adds_nothing_and_is_named() -> None:
    reading = read(
        given(), {"resourceType": "Bundle", "entry": [{"resource": DRAFT}]}, ["MedicationRequest/request-123"]
    )
    assert reading.profile.medications == ()
    assert [note.detail for note in reading.profile.notes] == [
        "The order MedicationRequest/request-123 names no medicine yet."
    ]
    assert [(order.reference, order.selected, order.name) for order in reading.orders] == [
        ("MedicationRequest/request-123", True, None)
    ]


def test_a_draft_of_what_is_in_use_stands_for_it_and_it_stays_in_use() -> None:
    changed = {**request("m1"), "status": "draft"}
    reading = read(
        given(medrequests=bundle(request("m1"))), bundle(changed, {"resourceType": "ServiceRequest", "id": "s"})
    )
    assert [(each.status, each.at) for each in reading.profile.medications or ()] == [
        ("current", "/context/draftOrders/entry/0/resource")
    ]
    assert [(order.type, order.name, order.selected) for order in reading.orders] == [
        ("MedicationRequest", "omeprazole", False),
        ("ServiceRequest", None, False),
    ]


def test_an_order_may_be_selected_by_its_bare_id() -> None:
    assert [order.selected for order in read([], bundle(request("m1")), ["m1"]).orders] == [True]


def test_orders_alone_give_both_lists_and_say_what_was_not_sent() -> None:
    reading = read([], bundle(request("m1")))
    assert len(reading.profile.medications or ()) == 1
    assert reading.profile.supplements == ()
    assert left_open(reading)["supplements"] == ["key_absent", "key_absent", "key_absent"]


def test_the_templates_ask_by_code_and_use_no_token_but_the_patient() -> None:
    templates = prefetch_templates(TERMS)
    assert {*REQUIRED, *REQUIRED_ONE_OF} <= set(templates)
    assert {text.replace("{{context.patientId}}", "").count("{{") for text in templates.values()} == {0}
    assert "http://loinc.org|98979-8" in templates["kidney"]
    assert "http://loinc.org|19123-9" in templates["electrolytes"]
    assert "http://snomed.info/sct|302497006" in templates["procedures"]
    assert "2597-3" not in "".join(templates.values())
