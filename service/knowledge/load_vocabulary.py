"""Builds the vocabulary from rules/vocabulary/, refusing names or codes that would mean two things."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from schemas.vocabulary_files import ConceptsFile, LaboratoryFile, NormaliseFile, UnitsFile
from service.knowledge.files import Folder
from service.knowledge.normalise import Normaliser, tokens_of
from service.knowledge.vocabulary import WORLDS, Concept, Test, Vocabulary, name_key
from service.knowledge.yaml_strict import Document, type_path

NOT_CONCEPTS = {"vocabulary/laboratory.yaml", "vocabulary/units.yaml", "vocabulary/normalise.yaml"}


class _Gathering:
    """The vocabulary while its files are read."""

    def __init__(self) -> None:
        self.raw: dict[str, Mapping[str, Any]] = {}
        self.places: dict[str, tuple[Document, type_path]] = {}
        self.names: dict[str, dict[str, str]] = {world: {} for world in WORLDS.values()}
        self.spoken: dict[str, list[str]] = {world: [] for world in WORLDS.values()}
        self.codes: dict[str, dict[str, str]] = {}

    def take(self, document: Document, path: type_path, concept: Mapping[str, Any]) -> None:
        """Note one concept with its names and codes."""
        known = concept["id"]
        if known in self.raw:
            self._twice(document, (*path, "id"), f"The concept `{known}`", self.places[known][0].name)
            return
        self.raw[known] = concept
        self.places[known] = (document, path)
        world = WORLDS[concept["kind"]]
        for name in [concept["name"], *concept.get("names", ()), *concept.get("brands", ())]:
            other = self.names[world].setdefault(name_key(name), known)
            if other != known:
                self._twice(document, path, f"The name `{name}`", f"concept {other}")
            self.spoken[world].append(" ".join(tokens_of(name)))
        for system, codes in concept.get("codes", {}).items():
            for code in codes:
                other = self.codes.setdefault(system, {}).setdefault(code.upper(), known)
                if other != known:
                    self._twice(document, (*path, "codes"), f"The {system} code `{code}`", f"concept {other}")

    def _twice(self, document: Document, path: type_path, what: str, where: str) -> None:
        hint = f"It is already in {where}; keep one."
        document.problems.append(document.problem(path, f"{what} would mean two things.", hint))

    def classes(self, known: str, trail: tuple[str, ...] = ()) -> frozenset[str]:
        """Return a concept's own id and those of all broader concepts; a circle or a gap is noted."""
        found = {known}
        document, path = self.places[trail[-1] if trail and known not in self.places else known]
        if known in trail:
            document.problems.append(
                document.problem(path, f"`{known}` is, in the end, its own class.", "Break the circle.")
            )
            return frozenset(found)
        for index, broader in enumerate(self.raw[known].get("is_a", ())):
            if broader in self.raw:
                found |= self.classes(broader, (*trail, known))
            else:
                hint = "Name a concept of rules/vocabulary."
                document.problems.append(
                    document.problem((*path, "is_a", index), f"There is no concept `{broader}`.", hint)
                )
        return frozenset(found)

    def concept(self, known: str) -> Concept:
        """Return the finished concept."""
        raw = self.raw[known]
        return Concept(
            known, raw["kind"], raw["name"], self.classes(known),
            frozenset(raw.get("nutrient", ())), raw.get("form"), raw.get("route"), frozenset(raw.get("may_hold", ())),
        )  # fmt: skip


def load_vocabulary(folder: Folder) -> Vocabulary:
    """Return the vocabulary; mistakes gather in `folder`."""
    gathering = _Gathering()
    for name in folder.names("vocabulary/*.yaml"):
        if name in NOT_CONCEPTS:
            continue
        document, loaded = folder.load(name, ConceptsFile())
        for index, concept in enumerate(loaded["concepts"] if loaded else ()):
            gathering.take(document, ("concepts", index), concept)
    _, units = folder.load("vocabulary/units.yaml", UnitsFile())
    return Vocabulary(
        concepts={known: gathering.concept(known) for known in gathering.raw},
        names=gathering.names,
        spoken={world: tuple(sorted(set(names))) for world, names in gathering.spoken.items()},
        codes=gathering.codes,
        tests=_tests(folder),
        unit_spellings=units["spellings"] if units else {},
        normaliser=_normaliser(folder),
    )


def _tests(folder: Folder) -> dict[str, Test]:
    _, loaded = folder.load("vocabulary/laboratory.yaml", LaboratoryFile())
    return {
        row["id"]: Test(
            row["id"], row["name"], row["unit"],
            row["molar_mass"]["value"] if "molar_mass" in row else None,
            int(row["valence"]) if "valence" in row else None,
            row["plausible_up_to"]["value"] if "plausible_up_to" in row else None,
            row["plausible_from"]["value"] if "plausible_from" in row else Decimal(0),
        )
        for row in (loaded["tests"] if loaded else ())
    }  # fmt: skip


def _normaliser(folder: Folder) -> Normaliser:
    _, loaded = folder.load("vocabulary/normalise.yaml", NormaliseFile())
    if not loaded:
        return Normaliser()
    dose_forms = {**dict.fromkeys(loaded["release_words"]), **loaded["dose_forms"]}
    return Normaliser(
        dose_forms={tokens_of(word): route for word, route in dose_forms.items()},
        route_words={tokens_of(word): route for word, route in loaded["route_words"].items()},
        units=frozenset("".join(tokens_of(unit)) for unit in loaded["strength_units"]),
        salts=frozenset(tokens_of(salt) for salt in loaded["salts"]),
        keep_salt_after=frozenset(name_key(word) for word in loaded["never_strip_after"]),
    )
