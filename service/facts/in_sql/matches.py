"""How one entry bears on one fact: it is what the fact asks for, or may be, or is too broad to say."""

from collections.abc import Iterator
from dataclasses import dataclass

from service.facts.entries import Read
from service.facts.from_lists import PRODUCT_LISTS, attributes_fit, is_other, product_fit, unspecific
from service.facts.model import Gap
from service.knowledge.model import FactDeclaration

HIT, GAP, UNCLEAR = "hit", "gap", "unclear"
# One of the last two.
LEFT = "left"
LISTED = ("entry", "any_entry", "other_entry", "product", "count_products", "count_concepts", "stated")
PRODUCTS = ("product", "count_products")


@dataclass(frozen=True, slots=True)
class Match:
    """One way in which an entry bears on a fact; `place` is the place of its list among those the fact looks at."""

    what: str
    place: int
    gap: Gap | None = None
    concept: str | None = None


def lists_of(declaration: FactDeclaration) -> tuple[str, ...]:
    """Return the lists that a fact looks at, in order."""
    if declaration.kind in PRODUCTS:
        return PRODUCT_LISTS
    given = declaration.given
    return tuple(given[name] for name in ("list", "also") if name in given)


def matches(declaration: FactDeclaration, name: str, read: Read) -> Iterator[Match]:
    """Yield how an entry of the list `name` bears on a fact."""
    lists = lists_of(declaration)
    if name in lists:
        yield from KINDS[declaration.kind](declaration, read, lists.index(name))


def _fitting(place: int, fits: bool, gap: Gap | None) -> Iterator[Match]:
    if fits:
        yield Match(HIT, place)
    elif gap:
        yield Match(GAP, place, gap)


def _entry(declaration: FactDeclaration, read: Read, place: int) -> Iterator[Match]:
    if not read.classes.isdisjoint(declaration.given["concept"]):
        yield from _fitting(place, *attributes_fit(read, declaration))
    for gap in unspecific(read, declaration):
        yield Match(UNCLEAR, place, gap)


def _product(declaration: FactDeclaration, read: Read, place: int) -> Iterator[Match]:
    yield from _fitting(place, *product_fit(read, declaration))


def _any_entry(_declaration: FactDeclaration, _read: Read, place: int) -> Iterator[Match]:
    yield Match(HIT, place)


def _other_entry(declaration: FactDeclaration, read: Read, place: int) -> Iterator[Match]:
    if is_other(read, declaration):
        yield Match(HIT, place)


def _stated(declaration: FactDeclaration, read: Read, place: int) -> Iterator[Match]:
    if not read.classes.isdisjoint(declaration.given["concept"]):
        yield Match(HIT, place)


def _concepts(declaration: FactDeclaration, read: Read, place: int) -> Iterator[Match]:
    wanted = declaration.given["concept"]
    for concept in read.concepts:
        if not concept.classes.isdisjoint(wanted):
            yield Match(HIT, place, concept=concept.id)


KINDS = {
    "entry": _entry, "any_entry": _any_entry, "other_entry": _other_entry, "product": _product,
    "count_products": _product, "count_concepts": _concepts, "stated": _stated,
}  # fmt: skip
