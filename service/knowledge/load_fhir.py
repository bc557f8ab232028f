"""Builds the Terms that FHIR is read with, from rules/fhir.yaml and the vocabulary."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import chain, product
from typing import Any

from schemas.fhir_files import FhirFile
from schemas.fhir_terms import ResultCode, Terms, Understands
from schemas.profile import Coding
from schemas.strict import did_you_mean
from schemas.vocabulary_files import LaboratoryFile, NormaliseFile
from service.knowledge.files import Folder
from service.knowledge.model import Convention
from service.knowledge.vocabulary import SYSTEMS, WORLDS, Concept, Vocabulary
from service.knowledge.yaml_strict import Document, type_path

MOST_REMEMBERED = 4096
Row = Mapping[str, Any]
Mistake = tuple[type_path, str, str]


def load_terms(folder: Folder, vocabulary: Vocabulary, policy: Mapping[str, Convention]) -> Terms:
    """Return what FHIR is read with; mistakes gather in `folder`."""
    document, fhir = folder.load("fhir.yaml", FhirFile())
    laboratory, loaded = folder.load("vocabulary/laboratory.yaml", LaboratoryFile())
    _, words = folder.load("vocabulary/normalise.yaml", NormaliseFile())
    tests = loaded["tests"] if loaded else []
    _check_methods(laboratory, tests)
    results = {loinc: result for row in tests if "fills" in row for loinc, result in _results_of(row)}
    if not fhir:
        return _nothing(vocabulary)
    _check(document, fhir, vocabulary, policy, results)
    procedures, pregnancy = fhir["procedures"], fhir["pregnancy"]
    window = policy.get(procedures["window"])
    return Terms(
        results=results,
        result_names={text_key(name): _plain(row) for row in tests if "fills" in row for name in row.get("names", ())},
        not_used={row["loinc"]: row["because"] for row in fhir["results_not_used"]},
        dialysis_codes=frozenset(row["loinc"] for row in fhir["dialysis_results"]),
        routes={(row["system"], row["code"]): row["route"] for row in fhir["routes"]},
        route_words={text_key(word): route for word, route in (words["route_words"] if words else {}).items() if route},
        readings=fhir["interpretations"]["codes"],
        systems={row["written"]: row["means"] for row in fhir["code_systems"]},
        procedure_codes=_snomed_codes(vocabulary, procedures["concepts"]),
        procedure_days=int(window.value) if window else 0,
        understands=_understands(vocabulary),
        nutrients_of=_nutrients_of(vocabulary),
        lasting=frozenset(procedures["lasting"]),
        sex_extensions=tuple(row["url"] for row in fhir["sex"]["extensions"]),
        sex_codes=fhir["sex"]["codes"],
        pregnancy_code=pregnancy["loinc"],
        pregnancy={(row["system"], row["code"]): row["pregnant"] for row in pregnancy["values"]},
        pregnancy_days=int(pregnancy["window"]["value"]),
    )


def text_key(text: str) -> str:
    """Return the form in which texts of a record are compared: case folded, with single spaces."""
    return " ".join(text.casefold().split())


def _nothing(vocabulary: Vocabulary) -> Terms:
    """Return terms that know nothing, where fhir.yaml is broken and the pack is refused anyway."""
    return Terms({}, {}, {}, frozenset(), {}, {}, {}, {}, (), 0, _understands(vocabulary))


def _results_of(row: Row) -> Iterator[tuple[str, ResultCode]]:
    methods = {each["loinc"]: each for each in row.get("methods", ())}
    for loinc in row.get("loinc", ()):
        method = methods.get(loinc, {})
        rank = int(method.get("rank", 0))
        yield loinc, ResultCode(row["id"], row["fills"], method.get("method"), rank, method.get("note"))


def _plain(row: Row) -> ResultCode:
    """Return what a text means that names the test and not the method: of equals in time, any code says more."""
    ranks = [int(each["rank"]) for each in row.get("methods", ())]
    return ResultCode(row["id"], row["fills"], rank=max(ranks, default=0) + 1)


def _check_methods(document: Document, tests: Sequence[Row]) -> None:
    holders: dict[str, str] = {}
    for index, row in enumerate(tests):
        path: type_path = ("tests", index)
        for loinc in row.get("loinc", ()):
            if holders.setdefault(loinc, row["id"]) != row["id"]:
                hint = f"It is already in {holders[loinc]}; keep one."
                problem = document.problem((*path, "loinc"), f"The code `{loinc}` would mean two tests.", hint)
                document.problems.append(problem)
        for place, method in enumerate(row.get("methods", ())):
            if method["loinc"] not in row.get("loinc", ()):
                message = f"The code `{method['loinc']}` is not among the codes of {row['id']}."
                problem = document.problem((*path, "methods", place), message, "Add it to `loinc`.")
                document.problems.append(problem)


def _check(
    document: Document, fhir: Row, vocabulary: Vocabulary, policy: Mapping[str, Convention], results: Row
) -> None:
    for path, message, hint in [*_odd_names(fhir, vocabulary, policy), *_used_twice(fhir, results)]:
        document.problems.append(document.problem(path, message, hint))


def _odd_names(fhir: Row, vocabulary: Vocabulary, policy: Mapping[str, Convention]) -> Iterator[Mistake]:
    known = f"Known: {', '.join(SYSTEMS)}."
    for index, row in enumerate(fhir["code_systems"]):
        if row["means"] not in SYSTEMS:
            yield ("code_systems", index, "means"), f"`{row['means']}` is not a system of the vocabulary.", known
    procedures = fhir["procedures"]
    for part, concept in chain(*(product([part], procedures[part]) for part in ("concepts", "lasting"))):
        if concept not in vocabulary.concepts:
            hint = did_you_mean(concept, tuple(vocabulary.concepts))
            yield ("procedures", part), f"There is no concept `{concept}`.", hint
    window = procedures["window"]
    if window not in policy:
        yield ("procedures", "window"), f"`{window}` is not in rules/policy.yaml.", did_you_mean(window, tuple(policy))


def _used_twice(fhir: Row, results: Mapping[str, ResultCode]) -> Iterator[Mistake]:
    for part in ("results_not_used", "dialysis_results"):
        for index, row in enumerate(fhir[part]):
            if row["loinc"] in results:
                hint = "Take it out here, or out of vocabulary/laboratory.yaml."
                yield (part, index, "loinc"), f"The code `{row['loinc']}` is also used as a result.", hint


def _snomed_codes(vocabulary: Vocabulary, wanted: Sequence[str]) -> tuple[str, ...]:
    """Return the SNOMED CT codes of everything that is one of the wanted concepts, in a fixed order."""
    meant = {known for known, concept in vocabulary.concepts.items() if concept.classes & set(wanted)}
    return tuple(sorted(code for code, known in vocabulary.codes.get("snomed", {}).items() if known in meant))


def _concepts_of(
    vocabulary: Vocabulary,
) -> Callable[[str, Sequence[Coding], str | None], tuple[Concept, ...]]:
    """Return a lookup: the concepts of a world that codes mean, or the text where no code is understood."""

    @lru_cache(MOST_REMEMBERED)
    def decoded(system: str | None, code: str | None) -> Concept | None:
        return vocabulary.decode(system, code)

    def concepts_of(world: str, codings: Sequence[Coding], text: str | None) -> tuple[Concept, ...]:
        found = tuple(concept for code in codings if (concept := decoded(code.system, code.code)))
        found = tuple(concept for concept in found if WORLDS[concept.kind] == world)
        if found or not text:
            return found
        understood = vocabulary.understand(world, text)
        return (understood.concept,) if understood else ()

    return concepts_of


def _understands(vocabulary: Vocabulary) -> Understands:
    concepts_of = _concepts_of(vocabulary)

    def understands(world: str, codings: Sequence[Coding], text: str | None) -> frozenset[str]:
        return frozenset().union(*(concept.classes for concept in concepts_of(world, codings, text)))

    return understands


def _nutrients_of(vocabulary: Vocabulary) -> Callable[[Sequence[Coding], str | None], frozenset[str]]:
    concepts_of = _concepts_of(vocabulary)

    def nutrients_of(codings: Sequence[Coding], text: str | None) -> frozenset[str]:
        return frozenset().union(*(concept.nutrients for concept in concepts_of("medicines", codings, text)))

    return nutrients_of
