"""Reads facts.yaml, policy.yaml and definitions.yaml."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from schemas.rule_files import DefinitionsFile, FactsFile, PolicyFile
from schemas.strict import did_you_mean
from service.knowledge.conditions import Reader
from service.knowledge.files import Folder
from service.knowledge.model import NUMBER_KINDS, WORD_KINDS, YES_NO_KINDS, Convention, FactDeclaration
from service.knowledge.nodes import Node
from service.knowledge.vocabulary import Vocabulary
from service.knowledge.yaml_strict import Document, type_path

KINDS = (*YES_NO_KINDS, *NUMBER_KINDS, *WORD_KINDS)
NEEDS = {
    "entry": ("list", "concept"), "any_entry": ("list",), "other_entry": ("list", "outside"),
    "product": ("nutrient", "status"), "count_products": ("nutrient", "status", "unit", "decimals"),
    "count_concepts": ("list", "concept", "unit", "decimals"), "stated": ("of", "list", "concept"),
    "word": ("of", "values"), "age": ("unit", "decimals"), "result": ("of", "unit", "decimals", "window"),
    "result_flag": ("of", "values", "window"), "filtration": ("unit", "decimals", "window", "cut_off"),
}  # fmt: skip
OWN = ("fact", "kind", "meaning", "unit", "decimals", "values")


def load_policy(folder: Folder) -> tuple[dict[str, Convention], dict[str, tuple[Decimal, Decimal | None]]]:
    """Return our conventions, and the categories of filtration as bounds."""
    document, loaded = folder.load("policy.yaml", PolicyFile())
    if not loaded:
        return {}, {}
    for index, row in enumerate(loaded["policy"]):
        if row["approval"] != "needs local approval" and not row["approval"].startswith("approved by "):
            hint = "Write `needs local approval`, or `approved by NAME on DATE`."
            document.problems.append(
                document.problem(("policy", index, "approval"), "Who approved this is not said.", hint)
            )
    stages = {row["stage"]: (row["at_least"], row["below"]) for row in loaded["gfr_categories"]["rows"]}
    return {row["id"]: Convention(**row) for row in loaded["policy"]}, stages


def load_facts(folder: Folder, vocabulary: Vocabulary, policy: Mapping[str, Convention]) -> dict[str, FactDeclaration]:
    """Return every declared fact."""
    document, loaded = folder.load("facts.yaml", FactsFile())
    facts: dict[str, FactDeclaration] = {}
    for index, row in enumerate(loaded["facts"] if loaded else ()):
        path: type_path = ("facts", index)
        _check(document, path, row, vocabulary, policy)
        _above(document, path, row, facts)
        if row["fact"] in facts:
            document.problems.append(
                document.problem(path, f"The fact `{row['fact']}` is declared twice.", "Keep one.")
            )
        facts[row["fact"]] = _declaration(row)
    return facts


def _above(document: Document, path: type_path, row: Mapping[str, Any], facts: Mapping[str, FactDeclaration]) -> None:
    for key in ("outweighed_by", "not_valid_with"):
        for name in row.get(key, ()):
            if name not in facts:
                hint = "Facts are derived from top to bottom: declare it above this row."
                document.problems.append(document.problem((*path, key), f"`{name}` does not stand above.", hint))


def _declaration(row: Mapping[str, Any]) -> FactDeclaration:
    return FactDeclaration(
        id=row["fact"], kind=row["kind"], meaning=row["meaning"], unit=row.get("unit"),
        decimals=int(row.get("decimals", 0)), values=tuple(row.get("values", ())),
        given={key: value for key, value in row.items() if key not in OWN},
    )  # fmt: skip


def _check(
    document: Document,
    path: type_path,
    row: Mapping[str, Any],
    vocabulary: Vocabulary,
    policy: Mapping[str, Convention],
) -> None:
    def wrong(key: str, message: str, hint: str) -> None:
        document.problems.append(document.problem((*path, key), message, hint))

    if row["kind"] not in KINDS:
        wrong("kind", f"There is no kind `{row['kind']}`.", did_you_mean(row["kind"], KINDS))
        return
    for key in NEEDS[row["kind"]]:
        if key not in row:
            wrong("kind", f"The kind `{row['kind']}` needs `{key}`.", f"Add {key}: …")
    for key in ("concept", "unclear_if", "outside"):
        for concept in row.get(key, ()):
            if concept not in vocabulary.concepts:
                wrong(key, f"There is no concept `{concept}`.", did_you_mean(concept, tuple(vocabulary.concepts)))
    for key in ("window", "cut_off"):
        if key in row and row[key] not in policy:
            wrong(key, f"`{row[key]}` is not in rules/policy.yaml.", did_you_mean(row[key], tuple(policy)))


def load_definitions(
    folder: Folder, facts: Mapping[str, FactDeclaration], policy: Mapping[str, Convention]
) -> dict[str, Node]:
    """Return the named conditions, expanded; a definition may use those above it only."""
    document, loaded = folder.load("definitions.yaml", DefinitionsFile())
    reader = Reader(document, facts, policy, {})
    definitions: dict[str, Node] = {}
    for index, row in enumerate(loaded["definitions"] if loaded else ()):
        path: type_path = ("definitions", index)
        if row["name"] in facts or row["name"] in definitions:
            document.problems.append(document.problem(path, f"The name `{row['name']}` is taken.", "Choose another."))
        reader.definitions = dict(definitions)
        definitions[row["name"]] = reader.read(row["when"], (*path, "when"))
    return definitions
