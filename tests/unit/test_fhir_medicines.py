"""Medicines of a FHIR record: what, in use or not, by which route; never how much, and never a guess."""

import contextlib
from typing import Any

import pytest
from hypothesis import given

from schemas.profile import Coding, Medication, Supplement
from service.intake.fhir.located import Located, Skip
from service.intake.fhir.medicines import entry_of, notes_of
from tests.unit.fhir_terms_for_tests import (
    RXNORM,
    SNOMED,
    TERMS,
    any_resource,
    concept,
    contained,
    located,
    nowhere,
)

OMEPRAZOLE = {"medicationCodeableConcept": {"text": "omeprazole"}}


def request(**members: Any) -> dict[str, Any]:
    return {"resourceType": "MedicationRequest", "status": "active", "intent": "order", **members}


def statement(**members: Any) -> dict[str, Any]:
    return {"resourceType": "MedicationStatement", "status": "active", **members}


def entry(resource: dict[str, Any], part: str = "") -> Medication | Supplement:
    read = entry_of(located(resource, part), contained, TERMS)
    assert read
    return read


def skipped(resource: dict[str, Any], part: str = "") -> str:
    with pytest.raises(Skip) as caught:
        entry(resource, part)
    return caught.value.reason


def test_a_request_is_read_with_its_codes_route_and_day() -> None:
    by_mouth = {"route": concept(SNOMED, "26643006"), "doseAndRate": [{"doseQuantity": {"value": 20, "unit": "mg"}}]}
    medicine = {**concept(RXNORM, "7646", "omeprazole"), "extension": []}
    read = entry(
        request(medicationCodeableConcept=medicine, dosageInstruction=[by_mouth], authoredOn="2026-03-04T10:00:00Z")
    )
    assert read == Medication(
        "/entry/0/resource", "omeprazole", (Coding(RXNORM, "7646"),), "current", "MedicationRequest/1", "oral",
        "2026-03-04",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("members", "status"),
    [
        ({"status": "active"}, "current"),
        ({"status": "on-hold"}, "current"),
        ({"status": None}, "current"),
        ({"status": "unknown"}, "current"),
        ({"status": "something new"}, "current"),
        ({"status": "completed"}, "stopped"),
        ({"status": "cancelled"}, "stopped"),
        ({"status": "stopped"}, "stopped"),
        ({"status": "ended"}, "stopped"),
        ({"status": "draft"}, "planned"),
        ({"intent": "proposal"}, "planned"),
        ({"intent": "option"}, "planned"),
        ({"intent": "proposal", "status": "stopped"}, "stopped"),
        ({"intent": "plan"}, "current"),
        ({"intent": None}, "current"),
        ({"doNotPerform": True}, "stopped"),
        ({"doNotPerform": "true"}, "current"),
    ],
)
def test_the_status_of_a_request(members: dict[str, Any], status: str) -> None:
    assert entry(request(**OMEPRAZOLE, **{"status": "active"}) | members).status == status


@pytest.mark.parametrize(
    ("members", "status"),
    [
        ({"status": "active"}, "current"),
        ({"status": "on-hold"}, "current"),
        ({"status": "unknown"}, "current"),
        ({"status": "recorded"}, "current"),
        ({"status": "draft"}, "current"),
        ({"status": "intended"}, "planned"),
        ({"status": "completed"}, "stopped"),
        ({"status": "not-taken"}, "stopped"),
        ({"status": "recorded", "adherence": {"code": concept("x", "not-taking")}}, "stopped"),
        ({"status": "recorded", "adherence": {"code": concept("x", "stopped-as-directed")}}, "stopped"),
        ({"status": "recorded", "adherence": {"code": concept("x", "taking-not-as-directed")}}, "current"),
    ],
)
def test_the_status_of_a_statement(members: dict[str, Any], status: str) -> None:
    assert entry(statement(**OMEPRAZOLE) | members).status == status


def test_an_order_that_is_being_written_is_planned_unless_it_was_ended() -> None:
    assert entry(request(**OMEPRAZOLE), "draftOrders").status == "planned"
    assert entry(request(**OMEPRAZOLE) | {"status": "cancelled"}, "draftOrders").status == "stopped"


def test_what_is_entered_in_error_or_names_nothing_is_skipped() -> None:
    assert skipped(request(**OMEPRAZOLE) | {"status": "entered-in-error"}) == "entered_in_error"
    assert skipped(statement(**OMEPRAZOLE) | {"status": "entered-in-error"}) == "entered_in_error"
    assert skipped(request()) == "skipped"
    assert skipped({"resourceType": "MedicationRequest", "status": "draft"}) == "draft_unnamed"
    assert skipped(request(medicationCodeableConcept={"coding": [{}], "text": " "}), "draftOrders") == "draft_unnamed"


def test_a_product_that_holds_a_nutrient_is_a_supplement() -> None:
    planned = entry(request(medicationCodeableConcept=concept(RXNORM, "6582")), "draftOrders")
    assert planned == Supplement(
        "/entry/0/resource", None, (Coding(RXNORM, "6582"),), "considered", "MedicationRequest/1"
    )
    assert isinstance(entry(statement(medicationCodeableConcept={"text": "Cal-Mag"})), Supplement)


def holding(product: dict[str, Any], display: str | None = None) -> Medication | Supplement:
    reference = {"reference": "#m", **({"display": display} if display else {})}
    return entry(request(medicationReference=reference, contained=[{"id": "m", **product}, SUBSTANCE]))


SUBSTANCE = {"resourceType": "Substance", "id": "s", "code": {"text": "magnesium oxide"}}


def test_a_contained_product_gives_its_code_and_the_reference_its_text() -> None:
    read = holding({"code": concept(RXNORM, "7646")}, "Losec")
    assert (read.text, read.coding) == ("Losec", (Coding(RXNORM, "7646"),))


def test_ingredients_name_a_product_that_has_no_code() -> None:
    ingredients = [{"itemCodeableConcept": concept(RXNORM, code, text)} for code, text in (("1", "a"), ("2", "b"))]
    read = holding({"ingredient": ingredients})
    assert (read.text, [code.code for code in read.coding]) == ("a / b", ["1", "2"])


def test_ingredients_count_where_nobody_understands_the_code() -> None:
    read = holding(
        {"code": concept("http://local.example", "77"), "ingredient": [{"itemReference": {"reference": "#s"}}]}
    )
    assert isinstance(read, Supplement)
    assert (read.text, [code.code for code in read.coding]) == ("magnesium oxide", ["77"])
    assert holding({"code": {"text": "unknown"}, "ingredient": [{"itemReference": "#s"}]}).text == "unknown"
    understood = holding({"code": {"text": "omeprazole"}, "ingredient": [{"itemCodeableConcept": {"text": "x"}}]})
    assert understood.text == "omeprazole"


def test_what_only_carries_a_medicine_is_no_ingredient() -> None:
    stearate = {"itemCodeableConcept": {"text": "magnesium oxide"}, "isActive": False}
    assert isinstance(holding({"code": {"text": "unknown"}, "ingredient": [stearate]}), Medication)


def test_a_reference_that_leads_nowhere_still_has_its_display() -> None:
    resource = request(medicationReference={"reference": "Medication/7", "display": "omeprazole"})
    read = entry_of(located(resource), nowhere, TERMS)
    assert read
    assert read.text == "omeprazole"


def test_the_codeable_reference_of_r5_is_read_both_ways() -> None:
    assert entry(statement(medication={"concept": {"text": "omeprazole"}})).text == "omeprazole"
    referred = statement(medication={"reference": {"reference": "#s"}}, contained=[SUBSTANCE])
    assert entry(referred).text == "magnesium oxide"


def test_a_resource_that_refers_to_itself_comes_to_an_end() -> None:
    def itself(reference: str, within: Located) -> Located:
        return within

    resource = request(medicationReference={"reference": "#"}, ingredient=[{"itemReference": {"reference": "#"}}])
    with pytest.raises(Skip):
        entry_of(located(resource), itself, TERMS)


@pytest.mark.parametrize(
    ("dosages", "route"),
    [
        ([{"route": {"text": "By  mouth"}}], "oral"),
        ([{"route": concept(SNOMED, "47625008")}, {"text": "as needed"}], "iv"),
        ([{"route": concept(SNOMED, "47625008")}, {"route": {"text": "by mouth"}}], None),
        ([{"route": {"text": "by mouth"}}, {"route": {"text": "into the muscle"}}], None),
        ([{"text": "by mouth"}], None),
        ("by mouth", None),
    ],
)
def test_the_route_is_what_all_instructions_agree_on(dosages: Any, route: str | None) -> None:
    assert entry(statement(**OMEPRAZOLE, dosage=dosages)).route == route
    assert entry(request(**OMEPRAZOLE, dosageInstruction=dosages)).route == route


@pytest.mark.parametrize(
    ("members", "since"),
    [
        ({"effectiveDateTime": "2024-01"}, "2024-01"),
        ({"effectivePeriod": {"start": "2023"}, "dateAsserted": "2026-01-01"}, "2023"),
        ({"dateAsserted": "2026-01-01T08:00:00Z"}, "2026-01-01"),
        ({"effectiveDateTime": "lately"}, None),
    ],
)
def test_since_when_is_kept_as_precise_as_it_was(members: dict[str, Any], since: str | None) -> None:
    read = entry(statement(**OMEPRAZOLE, **members))
    assert isinstance(read, Medication)
    assert read.since == since


def test_that_a_medicine_is_on_hold_is_said() -> None:
    assert [note.reason for note in notes_of(located(request() | {"status": "on-hold"}))] == ["on_hold"]
    assert notes_of(located(statement(adherence={"code": concept("x", "on-hold-as-directed")})))
    assert notes_of(located(request())) == ()


def test_codes_and_texts_are_kept_within_bounds() -> None:
    many = [{"system": RXNORM, "code": "9" * 65}, {"code": 5, "display": []}, *({"code": str(n)} for n in range(60))]
    read = entry(request(medicationCodeableConcept={"coding": many, "text": "x" * 600}))
    assert read.text == "x" * 512
    assert len(read.coding) == 38


def test_another_resource_is_no_medicine() -> None:
    assert entry_of(located({"resourceType": "Medication", "code": {"text": "omeprazole"}}), nowhere, TERMS) is None


MEMBERS = ["status", "intent", "doNotPerform", "medicationCodeableConcept", "medicationReference", "medication"]
MEMBERS += ["dosage", "dosageInstruction", "authoredOn", "effectivePeriod", "adherence", "code", "ingredient"]


@given(
    any_resource(MEMBERS, ["MedicationRequest", "MedicationStatement"]),
    any_resource(["code", "ingredient", "status"], ["Medication"]),
)
def test_whatever_a_medicine_holds_only_skip_is_raised(resource: dict[str, Any], product: dict[str, Any]) -> None:
    def found_here(reference: str, within: Located) -> Located:
        return Located(product, "/contained/0")

    for part in ("", "draftOrders"):
        with contextlib.suppress(Skip):
            entry_of(located(resource, part), found_here, TERMS)
        notes_of(located(resource, part))
