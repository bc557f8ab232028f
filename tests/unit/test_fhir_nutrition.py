"""Orders and records of nutrition: supplements and foods by name, diets said and not used."""

import contextlib
from typing import Any

import pytest
from hypothesis import given

from schemas.profile import Entry, Supplement
from service.intake.fhir.located import Located, Skip
from service.intake.fhir.nutrition import Nutrition, entries_of
from tests.unit.fhir_terms_for_tests import RXNORM, SNOMED, TERMS, any_resource, concept, contained, located


def read(resource: dict[str, Any], part: str = "") -> Nutrition:
    return entries_of(located(resource, part), contained, TERMS)


def order(*supplements: dict[str, Any], **members: Any) -> dict[str, Any]:
    return {"resourceType": "NutritionOrder", "status": "active", "supplement": list(supplements), **members}


def intake(*items: dict[str, Any], **members: Any) -> dict[str, Any]:
    return {"resourceType": "NutritionIntake", "status": "completed", "consumedItem": list(items), **members}


def names(nutrition: Nutrition) -> list[str | None]:
    return [each.text for each in nutrition.supplements]


SHAKE = {"type": {"text": "high protein supplement"}, "productName": "Acme Shake"}


def test_a_supplement_of_an_order_is_listed_even_if_nobody_knows_it() -> None:
    assert read(order(SHAKE)).supplements == (
        Supplement("/entry/0/resource/supplement/0", "Acme Shake", (), "current", "NutritionOrder/1", route="oral"),
    )


@pytest.mark.parametrize(
    ("kind", "product", "texts"),
    [
        ({"text": "magnesium oxide"}, "Acme Mag", ["magnesium oxide"]),
        (concept(RXNORM, "6582"), "Acme Mag", ["Acme Mag"]),
        ({"text": "mineral"}, "Cal-Mag", ["Cal-Mag"]),
        ({"text": "magnesium oxide"}, "Cal-Mag", ["Cal-Mag"]),
        ({"text": "magnesium oxide"}, "calcium carbonate", ["calcium carbonate", "magnesium oxide"]),
        ({"text": "mineral"}, None, ["mineral"]),
        ({"concept": {"text": "mineral"}}, None, ["mineral"]),
        (None, "Cal-Mag", ["Cal-Mag"]),
    ],
)
def test_type_and_product_name_are_both_understood(kind: Any, product: Any, texts: list[str]) -> None:
    assert names(read(order({"type": kind, "productName": product}))) == texts


@pytest.mark.parametrize(
    ("members", "status"),
    [
        ({"status": "on-hold"}, "current"),
        ({"status": "unknown"}, "current"),
        ({"status": None}, "current"),
        ({"status": "draft"}, "considered"),
        ({"intent": "proposal"}, "considered"),
        ({"intent": "plan"}, "current"),
        ({"status": "completed"}, "stopped"),
        ({"status": "revoked"}, "stopped"),
    ],
)
def test_the_status_of_an_order(members: dict[str, Any], status: str) -> None:
    assert read(order(SHAKE) | members).supplements[0].status == status


def test_an_order_that_is_being_written_is_considered() -> None:
    assert read(order(SHAKE), "draftOrders").supplements[0].status == "considered"


def test_a_formula_and_what_is_added_to_it_are_listed_with_their_route() -> None:
    formula = {
        "baseFormulaProductName": "Acme Formula",
        "routeofAdministration": concept(SNOMED, "26643006"),
        "additiveType": {"text": "magnesium oxide"},
        "additive": [{"productName": "Acme Fibre"}],
    }
    found = read(order(enteralFormula=formula)).supplements
    assert [(each.text, each.at[17:], each.route) for each in found] == [
        ("Acme Formula", "/enteralFormula", "oral"),
        ("magnesium oxide", "/enteralFormula/additiveType", "oral"),
        ("Acme Fibre", "/enteralFormula/additive/0", "oral"),
    ]


def test_a_diet_is_said_and_not_used() -> None:
    found = read(order(oralDiet={"type": [{"text": "low salt"}]}))
    assert (found.supplements, found.foods) == ((), ())
    assert [(note.reason, note.at) for note in found.notes] == [("not_used", "/entry/0/resource/oralDiet")]


def test_what_has_no_name_is_listed_because_it_may_be_anything() -> None:
    assert names(read(order({}))) == [None]
    assert [food.text for food in read(intake({"type": {"text": "food"}})).foods] == [None]


def test_a_draft_that_names_nothing_yet_is_said_and_so_is_a_hold() -> None:
    draft = read(order({}), "draftOrders")
    assert (draft.supplements, [note.reason for note in draft.notes]) == ((), ["draft_unnamed"])
    assert [note.reason for note in read(order(SHAKE) | {"status": "on-hold"}).notes] == ["on_hold"]


def test_foods_and_supplements_are_told_apart() -> None:
    spinach = {"type": {"text": "food"}, "nutritionProduct": {"concept": {"text": "spinach"}}}
    pill = {"type": {"text": "food"}, "nutritionProduct": {"reference": {"reference": "#p"}}}
    powder = {"type": concept("x", "nutritional-supplement"), "nutritionProduct": {"concept": {"text": "powder"}}}
    product = {"resourceType": "NutritionProduct", "id": "p", "code": {"text": "magnesium oxide"}}
    found = read(intake(spinach, pill, powder, contained=[product]))
    assert found.foods == (
        Entry("/entry/0/resource/consumedItem/0", "spinach", (), "current", "NutritionIntake/1"),
    )  # fmt: skip
    assert [(each.text, each.status) for each in found.supplements] == [
        ("magnesium oxide", "current"), ("powder", "current"),
    ]  # fmt: skip


def test_what_was_not_eaten_is_no_food() -> None:
    item = {"nutritionProduct": {"concept": {"text": "spinach"}}}
    assert read(intake(item | {"notConsumed": True})) == Nutrition()
    assert read(intake(item, status="preparation")).foods[0].status == "considered"


@pytest.mark.parametrize(
    ("resource", "reason"),
    [
        (order(SHAKE) | {"status": "entered-in-error"}, "entered_in_error"),
        (intake() | {"status": "entered-in-error"}, "entered_in_error"),
        (intake() | {"status": "not-done"}, "skipped"),
    ],
)
def test_what_did_not_happen_is_skipped(resource: dict[str, Any], reason: str) -> None:
    with pytest.raises(Skip) as caught:
        read(resource)
    assert caught.value.reason == reason


ITEM = ["type", "productName", "nutritionProduct", "notConsumed", "baseFormulaType", "additive", "additiveType"]
MEMBERS = ["status", "intent", "supplement", "enteralFormula", "oralDiet", "consumedItem"]


@given(
    any_resource(MEMBERS, ["NutritionOrder", "NutritionIntake"]),
    any_resource([*ITEM, "code", "ingredient", "routeOfAdministration"], ["NutritionProduct"]),
)
def test_whatever_an_order_holds_only_skip_is_raised(resource: dict[str, Any], item: dict[str, Any]) -> None:
    def found_here(reference: str, within: Located) -> Located:
        return Located(item, "/contained/0")

    whole = {**resource, "supplement": [item], "consumedItem": [item, 1], "enteralFormula": item}
    for each in (resource, whole):
        with contextlib.suppress(Skip):
            entries_of(located(each), found_here, TERMS)
