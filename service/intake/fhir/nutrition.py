"""NutritionOrder (R4, R5) and NutritionIntake (R5, as plain data): supplements, formulas and foods. Never how much.

Sources: FHIR R4 (4.0.1), NutritionOrder (supplement: "oral nutritional products"; enteralFormula) and request-status;
R5 (5.0.0), NutritionOrder, NutritionIntake (consumedItem, notConsumed) and event-status.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from schemas.fhir_terms import Terms
from schemas.profile import Entry, Open, Supplement
from service.intake.fhir.codes import cut_text, first_code, objects, route_of, text_of, word_of
from service.intake.fhir.located import Located, Resolve, Skip
from service.intake.fhir.medicines import (
    CONSIDERED,
    CURRENT,
    ONLY_SUGGESTED,
    PLANNED,
    STOPPED,
    notes_of,
    refuse_in_error,
    supplement,
)  # fmt: skip
from service.intake.fhir.named import NAMELESS, Name, name_of

ORDER_STATUS = {"draft": PLANNED, "completed": STOPPED, "revoked": STOPPED, "cancelled": STOPPED, "ended": STOPPED}
DIET_NOT_USED = "The order's diet type was read; no fact uses it."
DRAFT_UNNAMED = "The order is still a draft and names no product."


@dataclass(frozen=True, slots=True)
class Nutrition:
    """What one resource on nutrition holds."""

    supplements: tuple[Supplement, ...] = ()
    foods: tuple[Entry, ...] = ()
    notes: tuple[Open, ...] = ()


def entries_of(found: Located, resolve: Resolve, terms: Terms) -> Nutrition:
    """Return the supplements and foods of a NutritionOrder or NutritionIntake; nothing for another type.

    Raise Skip where it is marked as entered in error, or did not happen.
    """
    kind = found.resource.get("resourceType")
    if kind == "NutritionOrder":
        return _ordered(found, resolve, terms)
    return _eaten(found, resolve, terms) if kind == "NutritionIntake" else Nutrition()


def _ordered(found: Located, resolve: Resolve, terms: Terms) -> Nutrition:
    refuse_in_error(found)
    status = _order_status(found)
    supplements: list[Supplement] = []
    notes = list(notes_of(found))
    for at, kind, product, route in _products(found, terms):
        names = _names(name_of(kind, found, resolve, terms), cut_text(product), terms)
        if not names and status == PLANNED:
            notes.append(Open("draft_unnamed", at, DRAFT_UNNAMED))
            continue
        # What is taken without a name is listed all the same: as unrecognised, it keeps absence from being assumed.
        supplements += [supplement(found, at, name, status, route) for name in names or [NAMELESS]]
    if _has_diet(found.resource.get("oralDiet")):
        notes.append(Open("not_used", f"{found.at}/oralDiet", DIET_NOT_USED))
    return Nutrition(tuple(supplements), (), tuple(notes))


def _order_status(found: Located) -> str:
    status = ORDER_STATUS.get(word_of(found.resource.get("status")), CURRENT)
    if status != STOPPED and (found.is_draft or found.resource.get("intent") in ONLY_SUGGESTED):
        return PLANNED
    return status


def _products(found: Located, terms: Terms) -> Iterator[tuple[str, Any, Any, str | None]]:
    """Yield place, type, product name and route of what an order lists beside a diet."""
    given = found.resource.get("supplement")
    for index, each in enumerate(given if isinstance(given, list) else []):
        if isinstance(each, dict):
            yield f"{found.at}/supplement/{index}", each.get("type"), each.get("productName"), "oral"
    formula = found.resource.get("enteralFormula")
    if not isinstance(formula, dict):
        return
    # R4 writes the name of this member with a small "of", R5 with a capital one.
    route = route_of([formula.get("routeofAdministration") or formula.get("routeOfAdministration")], terms)
    at = f"{found.at}/enteralFormula"
    if "baseFormulaType" in formula or "baseFormulaProductName" in formula:
        yield at, formula.get("baseFormulaType"), formula.get("baseFormulaProductName"), route
    if "additiveType" in formula or "additiveProductName" in formula:
        yield f"{at}/additiveType", formula.get("additiveType"), formula.get("additiveProductName"), route
    for index, each in enumerate(objects(formula.get("additive"))):
        yield f"{at}/additive/{index}", each.get("type"), each.get("productName"), route


def _names(kind: Name, product: str | None, terms: Terms) -> list[Name]:
    """Return the names to list: the product's with the codes of its type; the type apart where it says more."""
    if not product or product == kind.text:
        return [kind] if kind else []
    sold = Name((), product)
    known, of_kind = terms.nutrients_of((), product), terms.nutrients_of(kind.coding, kind.text)
    if not of_kind:
        return [Name(kind.coding, product)]
    if not known:
        return [kind if kind.text else Name(kind.coding, product)]
    return [sold] if of_kind <= known else [sold, kind]


def _has_diet(diet: Any) -> bool:
    return isinstance(diet, dict) and ("type" in diet or "nutrient" in diet)


def _eaten(found: Located, resolve: Resolve, terms: Terms) -> Nutrition:
    refuse_in_error(found)
    said = word_of(found.resource.get("status"))
    if said == "not-done":
        raise Skip("skipped", "This intake is marked as not done.")
    status = CONSIDERED if found.is_draft or said == "preparation" else CURRENT
    supplements: list[Supplement] = []
    foods: list[Entry] = []
    given = found.resource.get("consumedItem")
    for index, item in enumerate(given if isinstance(given, list) else []):
        if not isinstance(item, dict) or item.get("notConsumed") is True:
            continue
        at = f"{found.at}/consumedItem/{index}"
        name = name_of(item.get("nutritionProduct"), found, resolve, terms)
        if _is_supplement(item.get("type"), name, terms):
            supplements.append(supplement(found, at, name, status, None))
        else:
            foods.append(Entry(at, name.text, name.coding, status, found.reference))
    return Nutrition(tuple(supplements), tuple(foods))


def _is_supplement(kind: Any, name: Name, terms: Terms) -> bool:
    said = f"{first_code(kind) or ''} {text_of(kind) or ''}".casefold()
    return "supplement" in said or bool(terms.nutrients_of(name.coding, name.text))
