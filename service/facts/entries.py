"""Reads the lists of a profile through the vocabulary: what each entry is, and what was not understood."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from schemas.profile import Entry, Medication, Open, Profile, Supplement
from service.facts.model import CONFLICT, NOT_SUPPLIED, UNRECOGNISED, Gap, Seen, Unrecognised
from service.knowledge.vocabulary import Concept, Understood, Vocabulary

IN_USE, CONSIDERED, GONE = "current", "considered", "gone"
STATUS = {"active": IN_USE, "current": IN_USE, "planned": CONSIDERED, "considered": CONSIDERED}
MOST_SUGGESTIONS = 20
WORLD = {"conditions": "conditions", "signs": "conditions", "foods": "foods"}


@dataclass(frozen=True, slots=True)
class Read:
    """One entry as understood; `status` is current, considered (or planned) or gone."""

    entry: Entry
    status: str
    concepts: tuple[Concept, ...]
    classes: frozenset[str]
    nutrients: frozenset[str] = frozenset()
    form: str | None = None
    route: str | None = None
    high_dose: bool | None = None
    may_hold: frozenset[str] = frozenset()

    @property
    def recognised(self) -> bool:
        """Whether anything in the entry was understood."""
        return bool(self.concepts)

    @property
    def name(self) -> str:
        """The name shown to people: the concept's, with the form where it is told apart; else the text as it came."""
        if not self.concepts:
            return shown(self.entry)
        name = self.concepts[0].name
        return f"{name} {self.form}" if self.form and self.form not in name and self.form != "other" else name


@dataclass(frozen=True)
class ReadList:
    """One list as understood. `entries` are those that count (not stopped, resolved or refuted); None: not supplied.

    `gaps` say why nothing can be said to be absent from it: what is `open` about the list as a whole, and each entry
    that was not understood. `absent` is what is seen where something is absent.
    """

    name: str
    at: str
    entries: tuple[Read, ...] | None
    present: frozenset[str] = frozenset()
    unknown: tuple[Read, ...] = ()
    gaps: tuple[Gap, ...] = ()
    open: tuple[Gap, ...] = ()
    absent: tuple[Seen, ...] = ()


@dataclass
class Entries:
    """All lists of a profile, with what was not understood and what contradicts itself."""

    lists: dict[str, ReadList] = field(default_factory=dict)
    unrecognised: list[Unrecognised] = field(default_factory=list)
    quality: list[Gap] = field(default_factory=list)


def read_entries(profile: Profile, vocabulary: Vocabulary) -> Entries:
    """Return every list of the profile as understood."""
    entries = Entries()
    given: dict[str, tuple[str, Sequence[Entry] | None]] = {
        "conditions": ("/conditions", profile.conditions),
        "medications": ("/medications", profile.medications),
        "supplements": ("/supplements", profile.supplements),
        "signs": ("/signs", profile.signs),
        "foods": ("/diet/foods", profile.diet.foods),
    }
    for name, (at, items) in given.items():
        left_open = gaps_of(profile.open.get(at[1:].replace("/", "."), ()))
        if items is None:
            gaps = left_open or (Gap(NOT_SUPPLIED, at, f"The list of {name} was not supplied."),)
            entries.lists[name] = ReadList(name, at, None, gaps=gaps, open=gaps)
        else:
            entries.lists[name] = _read_list(ReadList(name, at, (), open=left_open), items, vocabulary, entries)
    return entries


def gaps_of(left_open: Iterable[Open]) -> tuple[Gap, ...]:
    """Return what a record leaves open, as reasons why something is not known."""
    return tuple(Gap(each.reason, each.at, each.detail) for each in left_open)


def _read_list(found: ReadList, items: Sequence[Entry], vocabulary: Vocabulary, entries: Entries) -> ReadList:
    name = found.name
    read = [_read(item, WORLD.get(name, "medicines"), vocabulary, entries) for item in items]
    counting = tuple(item for item in read if item.status != GONE)
    present = frozenset().union(*(item.classes for item in counting))
    unknown = tuple(item for item in counting if not item.recognised)
    gaps = tuple(Gap(UNRECOGNISED, item.entry.at, "This entry was not recognised.") for item in unknown)
    return replace(
        found, entries=counting, present=present, unknown=unknown, gaps=(*found.open, *gaps),
        absent=(Seen(False, found.at),),
    )  # fmt: skip


def _read(item: Entry, world: str, vocabulary: Vocabulary, entries: Entries) -> Read:
    status = STATUS.get(item.status, GONE)
    decoded = [concept for code in item.coding if (concept := vocabulary.decode(code.system, code.code))]
    decoded = [concept for concept in decoded if _world_of(concept) == world]
    texts = [text for text in (item.text, getattr(item, "nutrient", None)) if text]
    understood = [found for text in texts if (found := vocabulary.understand(world, text))]
    concepts = _distinct([*decoded, *(found.concept for found in understood)])
    if not concepts and status != GONE:
        entries.unrecognised.append(_unrecognised(item, world, vocabulary, entries))
    classes = frozenset().union(*(concept.classes for concept in concepts))
    _contradiction(item, decoded, understood, entries)
    if not isinstance(item, (Medication, Supplement)):
        return Read(item, status, concepts, classes)
    return Read(item, status, concepts, classes, **_product(item, concepts, understood, entries))


def _world_of(concept: Concept) -> str:
    return {"condition": "conditions", "sign": "conditions", "food": "foods"}.get(concept.kind, "medicines")


def _distinct(concepts: Iterable[Concept]) -> tuple[Concept, ...]:
    """Return the concepts once each, without those that a narrower one among them includes."""
    unique = {concept.id: concept for concept in concepts}
    implied = {broader for concept in unique.values() for broader in concept.classes if broader != concept.id}
    return tuple(concept for known, concept in unique.items() if known not in implied)


def _contradiction(item: Entry, decoded: Sequence[Concept], understood: Sequence[Understood], entries: Entries) -> None:
    """Codes, or a code and a text, that mean unrelated things all count; that they differ is said."""
    for index, code in enumerate(decoded):
        for other in decoded[index + 1 :]:
            if not code.classes & other.classes:
                detail = f"One code says {code.name}, another {other.name}; both are taken into account."
                entries.quality.append(Gap(CONFLICT, item.at, detail))
    for found in understood:
        if decoded and not any(found.concept.classes & code.classes for code in decoded):
            detail = f"The code says {decoded[0].name}, the text {found.concept.name}; both are taken into account."
            entries.quality.append(Gap(CONFLICT, item.at, detail))


def _product(
    item: Medication | Supplement, concepts: Sequence[Concept], understood: Sequence[Understood], entries: Entries
) -> dict[str, Any]:
    nutrients = frozenset().union(*(concept.nutrients for concept in concepts))
    forms = {concept.form for concept in concepts if concept.form}
    implied = {route for found in understood for route in (found.route, found.concept.route) if route}
    implied |= {concept.route for concept in concepts if concept.route}
    stated = getattr(item, "form", None)
    form = _agreed("form", stated, forms, item, entries)
    route = _agreed("route", item.route, implied, item, entries)
    may_hold = frozenset().union(*(concept.may_hold for concept in concepts)) - nutrients
    high_dose = getattr(item, "high_dose", None)
    return {"nutrients": nutrients, "form": form, "route": route, "high_dose": high_dose, "may_hold": may_hold}


def _agreed(what: str, stated: str | None, implied: set[str], item: Entry, entries: Entries) -> str | None:
    """Return the one value that everything agrees on; where two differ it is not known, and that is said."""
    values = implied | ({stated} if stated else set())
    if len(values) > 1:
        detail = f"The {what} is given as {' and as '.join(sorted(values))}; it is treated as not known."
        entries.quality.append(Gap(CONFLICT, f"{item.at}/{what}", detail))
        return None
    return values.pop() if values else None


def _unrecognised(item: Entry, world: str, vocabulary: Vocabulary, entries: Entries) -> Unrecognised:
    """Looking for near names takes a millisecond, so only the first of very many get suggestions."""
    wanted = item.text and len(entries.unrecognised) < MOST_SUGGESTIONS
    return Unrecognised(item.at, shown(item), vocabulary.did_you_mean(world, item.text or "") if wanted else ())


def shown(item: Entry) -> str:
    """Return an entry's text as it came, or its codes where there is no text."""
    nutrient = getattr(item, "nutrient", None)
    codes = ", ".join(" ".join(filter(None, (code.display, code.code))) for code in item.coding)
    return item.text or nutrient or codes or "(no text)"
