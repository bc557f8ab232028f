"""Facts from the lists of a profile: conditions, medicines, supplements, signs, foods."""

from collections.abc import Callable, Sequence
from decimal import Decimal

from schemas.profile import Condition, Medication, Supplement
from service.facts.deriving import Derive, Deriving, pointer
from service.facts.entries import Read, ReadList
from service.facts.model import CONFLICT, NOT_SPECIFIC, NOT_SUPPLIED, UNRECOGNISED, Fact, Gap, Interval, Seen
from service.knowledge.model import FactDeclaration

PRODUCT_LISTS = ("supplements", "medications")
MOST_GAPS = 10


def seen_entry(read: Read) -> Seen:
    """Return what an entry shows in `because`: its name, where it stands, and whether it is in use."""
    status = read.entry.status if isinstance(read.entry, (Condition, Medication, Supplement)) else None
    return Seen(read.name, read.entry.at, origin=status, source=read.entry.source)


def with_any(found: ReadList, wanted: list[str]) -> list[Read]:
    """Return the entries that belong to any of the wanted concepts."""
    if found.present.isdisjoint(wanted):
        return []
    return [read for read in found.entries or () if not read.classes.isdisjoint(wanted)]


def _searched(declaration: FactDeclaration, on: Deriving) -> tuple[ReadList, list[Read]]:
    """Return the list that decides absence, and the hits in it and in the list that `also` may hold them."""
    wanted = declaration.given["concept"]
    first = on.entries.lists[declaration.given["list"]]
    also = on.entries.lists.get(declaration.given.get("also", ""))
    return first, [read for found in (first, also) if found for read in with_any(found, wanted)]


def _entry(declaration: FactDeclaration, on: Deriving) -> Fact:
    first, found = _searched(declaration, on)
    fitting = [(read, *attributes_fit(read, declaration)) for read in found]
    hits = [read for read, fits, _ in fitting if fits]
    if hits:
        return Fact(declaration.id, True, tuple(map(seen_entry, hits)))
    gaps = [gap for *_, gap in fitting if gap] or first.gaps or _procedures_open(declaration, on)
    gaps = gaps or _also_open(declaration, on)
    if gaps:
        return Fact(declaration.id, None, gaps=_named(gaps))
    return Fact(declaration.id, False, first.absent)


def _procedures_open(declaration: FactDeclaration, on: Deriving) -> Sequence[Gap]:
    """Return what leaves open what procedures or results may say too: dialysis, a transplanted kidney."""
    if "conditions" not in (declaration.given["list"], declaration.given.get("also")):
        return ()
    return [gap for asked, gap in on.open_elsewhere if not asked.isdisjoint(declaration.given["concept"])]


def _also_open(declaration: FactDeclaration, on: Deriving) -> Sequence[Gap]:
    """Return what leaves a question open that the first list alone would answer with no."""
    also = on.entries.lists.get(declaration.given.get("also", ""))
    if also and also.gaps and declaration.given.get("also_decides"):
        return also.gaps
    return _unspecific(declaration, on)


def _unspecific(declaration: FactDeclaration, on: Deriving) -> list[Gap]:
    if not declaration.given.get("unclear_if"):
        return []
    return [
        gap
        for name in (declaration.given["list"], declaration.given.get("also"))
        for read in (on.entries.lists[name].entries if name else None) or ()
        for gap in unspecific(read, declaration)
    ]


def unspecific(read: Read, declaration: FactDeclaration) -> list[Gap]:
    """Return why an entry leaves a fact open because it is broader than what the fact asks for."""
    broad = declaration.given.get("unclear_if", ())
    return [
        Gap(NOT_SPECIFIC, read.entry.at, f"{concept.name.capitalize()} leaves this open.")
        for concept in read.concepts
        if concept.id in broad
    ]


def _any_entry(declaration: FactDeclaration, on: Deriving) -> Fact:
    return _picked(declaration, on, lambda _: True)


def _other_entry(declaration: FactDeclaration, on: Deriving) -> Fact:
    return _picked(declaration, on, lambda read: is_other(read, declaration))


def is_other(read: Read, declaration: FactDeclaration) -> bool:
    """Return whether an entry is outside the concepts that a fact names, and no nutrient product."""
    return not read.nutrients and read.classes.isdisjoint(declaration.given["outside"])


def _picked(declaration: FactDeclaration, on: Deriving, fits: Callable[[Read], bool]) -> Fact:
    found = on.entries.lists[declaration.given["list"]]
    hits = tuple(seen_entry(read) for read in found.entries or () if fits(read))
    elsewhere = tuple(gap for _, gap in on.open_elsewhere) if found.name == "conditions" else ()
    left_open = found.open or elsewhere
    if left_open and not hits:
        return Fact(declaration.id, None, gaps=left_open)
    return Fact(declaration.id, bool(hits), hits or found.absent)


def _products(declaration: FactDeclaration, on: Deriving) -> tuple[list[Read], list[Gap]]:
    """Return the products that fit, and the reasons why others might."""
    hits: list[Read] = []
    gaps: list[Gap] = []
    for name in PRODUCT_LISTS:
        found = on.entries.lists[name]
        gaps += found.open
        for read in found.entries or ():
            fits, gap = product_fit(read, declaration)
            hits += [read] if fits else []
            gaps += [gap] if gap else []
    return hits, gaps


def _named(gaps: Sequence[Gap]) -> tuple[Gap, ...]:
    """Return the gaps one by one, or the first of very many and how many more there are; all are in `unrecognised`."""
    rest = len(gaps) - MOST_GAPS
    if rest <= 0:
        return tuple(gaps)
    more = Gap(gaps[MOST_GAPS].reason, gaps[MOST_GAPS].at, f"This and {rest - 1} more entries leave this open.")
    return (*gaps[:MOST_GAPS], more)


def product_fit(read: Read, declaration: FactDeclaration) -> tuple[bool, Gap | None]:
    """Return whether an entry is a product that a fact asks for, and why it may be one."""
    given = declaration.given
    if read.status not in given["status"]:
        return False, None
    if not read.recognised:
        return False, Gap(UNRECOGNISED, read.entry.at, "This entry was not recognised.")
    if given["nutrient"] in read.may_hold:
        return False, Gap(NOT_SPECIFIC, read.entry.at, f"{read.name} may or may not hold {given['nutrient']}.")
    if given["nutrient"] not in read.nutrients:
        return False, None
    return attributes_fit(read, declaration)


def attributes_fit(read: Read, declaration: FactDeclaration) -> tuple[bool, Gap | None]:
    """Return whether form, route and amount are as a fact wants them, and why that is not known."""
    gap = None
    for name, value in (("form", read.form), ("route", read.route), ("high_dose", read.high_dose)):
        if name not in declaration.given:
            continue
        wanted = declaration.given[name] if isinstance(declaration.given[name], list) else [declaration.given[name]]
        if value is None and "missing" not in wanted:
            detail = f"The {WORDS[name]} of {read.name} is not known."
            gap = Gap(NOT_SUPPLIED, f"{read.entry.at}/{name}", detail)
        elif value is not None and value not in wanted:
            return False, None
    return gap is None, gap


WORDS = {"form": "form", "route": "route", "high_dose": "amount (large or not)"}


def _product(declaration: FactDeclaration, on: Deriving) -> Fact:
    hits, gaps = _products(declaration, on)
    if hits:
        return Fact(declaration.id, True, tuple(map(seen_entry, hits)))
    if gaps:
        return Fact(declaration.id, None, gaps=_named(gaps))
    return Fact(declaration.id, False, (Seen(False, "/supplements"),))


def _count_products(declaration: FactDeclaration, on: Deriving) -> Fact:
    hits, gaps = _products(declaration, on)
    unbounded = any(on.entries.lists[name].open for name in PRODUCT_LISTS)
    high = None if unbounded else Decimal(len(hits) + len(gaps))
    return Fact(declaration.id, Interval(Decimal(len(hits)), high), tuple(map(seen_entry, hits)), _named(gaps))


def _count_concepts(declaration: FactDeclaration, on: Deriving) -> Fact:
    first, found = _searched(declaration, on)
    wanted = declaration.given["concept"]
    hits = {concept.id: read for read in found for concept in read.concepts if not concept.classes.isdisjoint(wanted)}
    high = None if first.open else Decimal(len(hits) + len(first.unknown))
    seen = tuple(map(seen_entry, hits.values()))
    return Fact(declaration.id, Interval(Decimal(len(hits)), high), seen, _named(first.gaps))


def _stated(declaration: FactDeclaration, on: Deriving) -> Fact:
    at = pointer(declaration.given["of"])
    said: bool | None = on.stated(declaration.given["of"])
    _, listed = _searched(declaration, on)
    if said is False and listed:
        detail = f"This says no, and {listed[0].entry.at} lists {listed[0].name}; the listed entry counts."
        on.facts.quality.append(Gap(CONFLICT, at, detail))
    if said or listed:
        stated = (Seen(True, at),) if said else ()
        return Fact(declaration.id, True, (*stated, *map(seen_entry, listed)))
    if said is False:
        return Fact(declaration.id, False, (Seen(False, at),))
    if declaration.given.get("never_if_sex", "") == on.profile.patient.sex:
        return Fact(declaration.id, False, (Seen(on.profile.patient.sex, "/patient/sex"),))
    return Fact(declaration.id, None, gaps=(Gap(NOT_SUPPLIED, at, "Not said; true or false would answer it."),))


KINDS: dict[str, Derive] = {
    "entry": _entry, "any_entry": _any_entry, "other_entry": _other_entry, "product": _product,
    "count_products": _count_products, "count_concepts": _count_concepts, "stated": _stated,
}  # fmt: skip
