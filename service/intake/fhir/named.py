"""What a medicine or product is called, wherever FHIR puts the name: a concept, a reference, or either of the two.

Sources: FHIR R4 (4.0.1), medication[x] and Medication (code, ingredient); R5 (5.0.0), CodeableReference, Substance,
NutritionProduct.
"""

from dataclasses import dataclass
from typing import Any

from schemas.fhir_terms import Terms
from schemas.profile import Coding
from service.intake.fhir.codes import MOST_CODINGS, codings_of, cut_text, objects, target_of, text_of
from service.intake.fhir.located import Located, Resolve


@dataclass(frozen=True, slots=True)
class Name:
    """Codes and a text; false where there is neither."""

    coding: tuple[Coding, ...] = ()
    text: str | None = None

    def __bool__(self) -> bool:
        return bool(self.coding or self.text)

    def with_text(self, text: str | None) -> "Name":
        """Return the name, with this text if it has none."""
        return Name(self.coding, text) if text and not self.text else self


NAMELESS = Name()


def name_of(given: Any, found: Located, resolve: Resolve, terms: Terms) -> Name:
    """Return the name that a CodeableConcept, a Reference or an R5 CodeableReference gives; NAMELESS where none does.

    A reference is followed once; where that leads nowhere, its display counts.
    """
    if not isinstance(given, dict):
        return NAMELESS
    concept = given if "coding" in given or "text" in given else given.get("concept")
    name = _of_concept(concept, terms)
    if name:
        return name
    reference = given.get("reference")
    return _referenced(reference if isinstance(reference, dict) else given, found, resolve, terms)


def ingredients_of(given: Any, found: Located, resolve: Resolve, terms: Terms) -> list[Name]:
    """Return the name of each active ingredient of the product that is referred to, if it is here."""
    if not isinstance(given, dict):
        return []
    reference = given.get("reference")
    product = _followed(reference if isinstance(reference, dict) else given, found, resolve)
    listed = product.resource.get("ingredient") if product else None
    return _active(listed, product, found, resolve, terms) if product and isinstance(listed, list) else []


def _of_concept(concept: Any, terms: Terms) -> Name:
    return Name(codings_of(concept, terms), text_of(concept)) if isinstance(concept, dict) else NAMELESS


def _referenced(reference: dict[str, Any], found: Located, resolve: Resolve, terms: Terms) -> Name:
    product = _followed(reference, found, resolve)
    name = _of_product(product, found, resolve, terms) if product else NAMELESS
    return name.with_text(cut_text(reference.get("display")))


def _followed(reference: dict[str, Any], found: Located, resolve: Resolve) -> Located | None:
    target = target_of(reference)
    return resolve(target, found) if target else None


def _of_product(product: Located, holder: Located, resolve: Resolve, terms: Terms) -> Name:
    """Return a product's own name, with its ingredients where that is a code or a text that nobody here understands."""
    name = _of_concept(product.resource.get("code"), terms)
    ingredients = product.resource.get("ingredient")
    if not isinstance(ingredients, list) or (name and terms.understands("medicines", name.coding, name.text)):
        return name
    inside = _inside(ingredients, product, holder, resolve, terms)
    coding = (*name.coding, *inside.coding)[:MOST_CODINGS]
    if inside and terms.understands("medicines", inside.coding, inside.text):
        return Name(coding, inside.text or name.text)
    return Name(coding, name.text or inside.text)


def _inside(ingredients: list[Any], product: Located, holder: Located, resolve: Resolve, terms: Terms) -> Name:
    """Return all active ingredients as one name."""
    names = _active(ingredients, product, holder, resolve, terms)
    texts = [name.text for name in names if name.text]
    return Name(tuple(code for name in names for code in name.coding), cut_text(" / ".join(texts)))


def _active(ingredients: list[Any], product: Located, holder: Located, resolve: Resolve, terms: Terms) -> list[Name]:
    """Return the names of the active ingredients; what only carries them (magnesium stearate) is left out."""
    active = [each for each in objects(ingredients[:MOST_CODINGS]) if each.get("isActive") is not False]
    return [_ingredient(each, product, holder, resolve, terms) for each in active]


def _ingredient(given: dict[str, Any], product: Located, holder: Located, resolve: Resolve, terms: Terms) -> Name:
    """Return the name of one ingredient: R4 itemCodeableConcept or itemReference, R5 item. No chain is followed."""
    item = given.get("item")
    concept = item.get("concept") if isinstance(item, dict) else given.get("itemCodeableConcept")
    name = _of_concept(concept, terms)
    reference = item.get("reference") if isinstance(item, dict) else given.get("itemReference")
    if name or not isinstance(reference, dict):
        return name
    # What a contained product refers to is contained beside it, in the resource that holds both.
    substance = _followed(reference, product, resolve) or _followed(reference, holder, resolve)
    name = _of_concept(substance.resource.get("code"), terms) if substance else NAMELESS
    return name.with_text(cut_text(reference.get("display")))
