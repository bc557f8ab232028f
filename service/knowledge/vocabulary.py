"""What words and codes mean: exact lookup of names and codes, and the classes that a concept belongs to."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from difflib import get_close_matches
from functools import cached_property

from service.knowledge.normalise import Normaliser, Reading, key_of, tokens_of

SYSTEMS = {
    "http://www.nlm.nih.gov/research/umls/rxnorm": "rxnorm",
    "http://www.whocc.no/atc": "atc",
    "http://hl7.org/fhir/sid/icd-10-cm": "icd10cm",
    "http://hl7.org/fhir/sid/icd-10": "icd10",
    "http://snomed.info/sct": "snomed",
    "http://loinc.org": "loinc",
    "http://fdasis.nlm.nih.gov": "unii",
}
WORLDS = {
    "condition": "conditions",
    "sign": "conditions",
    "medicine": "medicines",
    "product": "medicines",
    "food": "foods",
}
ICD_CATEGORY = 3
MOST_REMEMBERED = 4096
# Names that differ more in length than this are not compared, because comparing is slow.
NEAR_IN_LENGTH = 3
HIERARCHICAL = {"atc": 3, "icd10cm": ICD_CATEGORY, "icd10": ICD_CATEGORY}


@dataclass(frozen=True, slots=True)
class Concept:
    """Something a profile can name; `classes` holds its own id and those of all broader concepts."""

    id: str
    kind: str
    name: str
    classes: frozenset[str]
    nutrients: frozenset[str] = frozenset()
    form: str | None = None
    route: str | None = None
    may_hold: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Test:
    """A laboratory test: the unit facts are held in, and what conversion between mass and substance needs."""

    id: str
    name: str
    unit: str
    molar_mass: Decimal | None = None
    valence: int | None = None
    plausible_up_to: Decimal | None = None
    plausible_from: Decimal = Decimal(0)


@dataclass(frozen=True, slots=True)
class Understood:
    """A text that was understood: the concept, and the route that its dose form implies."""

    concept: Concept
    route: str | None = None


@dataclass(frozen=True)
class Vocabulary:
    """All concepts, by name and by code."""

    concepts: Mapping[str, Concept] = field(default_factory=dict)
    names: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    spoken: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    codes: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    tests: Mapping[str, Test] = field(default_factory=dict)
    unit_spellings: Mapping[str, str] = field(default_factory=dict)
    normaliser: Normaliser = field(default_factory=Normaliser)
    _understood: dict[tuple[str, str], Understood] = field(default_factory=dict, init=False, repr=False, compare=False)

    def understand(self, world: str, text: str) -> Understood | None:
        """Return what `text` means in a world (conditions, medicines, foods), or None: unrecognised.

        What was understood is remembered, for a record names its medicines many times. Such a text is a name of ours
        in somebody's spelling; one that is not understood may be anything, a person's name too, and is forgotten.
        """
        known = self._understood.get((world, text))
        if known is None:
            known = self._meant(world, text)
            if known is not None and len(self._understood) < MOST_REMEMBERED:
                self._understood[world, text] = known
        return known

    def _meant(self, world: str, text: str) -> Understood | None:
        names = self.names.get(world, {})
        literal = iter([Reading(name_key(text))])
        for reading in self.normaliser.readings(text) if world == "medicines" else literal:
            if reading.key in names:
                return Understood(self.concepts[names[reading.key]], reading.route)
        return None

    def decode(self, system: str | None, code: str | None) -> Concept | None:
        """Return the concept of a code; in ICD-10 and ATC also that of its nearest listed ancestor."""
        short = SYSTEMS.get(system or "")
        if not short or not code:
            return None
        tables = ["icd10", "icd10cm"] if short == "icd10" else [short]
        for table in tables:
            for candidate in _ancestors(_dotted(code.strip().upper(), table), HIERARCHICAL.get(table)):
                found = self.codes.get(table, {}).get(candidate)
                if found:
                    return self.concepts[found]
        return None

    def did_you_mean(self, world: str, text: str) -> tuple[str, ...]:
        """Return up to three known names near an unrecognised text; suggestions are shown, never used."""
        word = " ".join(tokens_of(text))[:48]
        lengths = range(len(word) - NEAR_IN_LENGTH, len(word) + NEAR_IN_LENGTH + 1)
        near = [name for length in lengths for name in self._by_start.get((world, word[:1], length), ())]
        return tuple(get_close_matches(word, near, n=3, cutoff=0.8))

    @cached_property
    def _by_start(self) -> Mapping[tuple[str, str, int], list[str]]:
        """Known names by world, first letter and length: only those can be near, and comparing is slow."""
        found: dict[tuple[str, str, int], list[str]] = {}
        for world, names in self.spoken.items():
            for name in names:
                found.setdefault((world, name[:1], len(name)), []).append(name)
        return found


def _dotted(code: str, table: str) -> str:
    """Write an ICD-10 code with its dot, which records often leave out."""
    bare = table.startswith("icd10") and "." not in code and len(code) > ICD_CATEGORY
    return f"{code[:ICD_CATEGORY]}.{code[ICD_CATEGORY:]}" if bare else code


def _ancestors(code: str, shortest: int | None) -> Iterable[str]:
    yield code
    if shortest is None:
        return
    while len(code) > shortest:
        code = code[:-1].rstrip(".")
        yield code


def name_key(name: str) -> str:
    """Return the form in which a name of the vocabulary is stored."""
    return key_of(tokens_of(name))
