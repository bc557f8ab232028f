"""Reads rule files and tables into rules, and checks what a schema cannot: ids, claims, texts, sides of a dispute."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from schemas.rule_files import RuleSchema, TableSchema
from schemas.strict import did_you_mean
from service.knowledge.conditions import Reader
from service.knowledge.dose_guard import doses_in
from service.knowledge.files import Folder, checked
from service.knowledge.load_references import may_be_active
from service.knowledge.model import Claim, Evidence, Reference, Rule
from service.knowledge.nodes import All, Node, Not
from service.knowledge.tables import UnknownPlace, fill
from service.knowledge.yaml_strict import Document, type_path

TEXTS = ("title", "summary", "detail", "for_review", "does_not_cover", "silent_on")
RULE, TABLE = RuleSchema(), TableSchema()
DOSE_HINT = "Say what to check; amounts, schedules and orders are the clinician's."


@dataclass(frozen=True)
class Grounds:
    """What rules may rest on."""

    claims: Mapping[str, Claim]
    references: Mapping[str, Reference]


def load_rules(folder: Folder, reader: Reader, grounds: Grounds) -> tuple[Rule, ...]:
    """Return every rule, sorted by id; mistakes gather in `folder`."""
    rules: dict[str, Rule] = {}
    for document, path, data in _written(folder):
        loaded = checked(document, RULE, data, path)
        if loaded is None:
            _still_told(document, path, data, reader)
            continue
        rule = _rule(document, path, loaded, data, reader)
        for message, hint, key in _mistakes(rule, grounds, document.name):
            document.problems.append(document.problem((*path, key), message, hint))
        if rule.id in rules:
            hint = f"It is also in {rules[rule.id].file}; choose another."
            document.problems.append(document.problem((*path, "id"), f"The id `{rule.id}` is taken.", hint))
        rules[rule.id] = rule
    return tuple(rules[known] for known in sorted(rules))


def _still_told(document: Document, path: type_path, data: Any, reader: Reader) -> None:
    """Tell the other mistakes of a rule that does not fit its schema, so that its author hears of all at once."""
    reader.document = document
    if isinstance(data, Mapping):
        for key in ("when", "unless"):
            if key in data:
                reader.read(data[key], (*path, key), negated=key == "unless")
        for key in TEXTS:
            for dose in doses_in(data.get(key)):
                _note(document, (*path, key), f"This text holds {dose}.", DOSE_HINT)


def _written(folder: Folder) -> Iterator[tuple[Document, type_path, Any]]:
    for name in folder.names("*/*.rule.yaml"):
        document = folder.read(name)
        if document.marks:
            yield document, (), document.data
    for name in folder.names("*/*.table.yaml"):
        document, table = folder.load(name, TABLE)
        if table is None:
            continue
        if table["table"] != _stem(document.name):
            _note(document, ("table",), "The table's name is not its path.", f"Write table: {_stem(document.name)}.")
        yield from _rows(document, table)


def _rows(document: Document, table: Mapping[str, Any]) -> Iterator[tuple[Document, type_path, Any]]:
    for index, row in enumerate(table["rows"]):
        try:
            yield document, ("rows", index), fill(table["rule"], row)
        except UnknownPlace as place:
            message = f"The template names {{{place}}}, which this row does not have."
            _note(document, ("rows", index), message, f"Known here: {', '.join(row)}.")


def _rule(document: Document, path: type_path, loaded: dict[str, Any], data: Mapping[str, Any], reader: Reader) -> Rule:
    reader.document = document
    prefix = ("rule",) if path and (*path, "when") not in document.marks else path
    condition: Node = reader.read(loaded["when"], (*prefix, "when"))
    if "unless" in loaded:
        condition = All((condition, Not(reader.read(loaded["unless"], (*prefix, "unless"), negated=True))))
    evidence = loaded.get("evidence")
    return Rule(
        id=loaded["id"], version=int(loaded["version"]), status=loaded["status"], category=loaded["category"],
        severity=loaded["severity"], title=loaded["title"], summary=loaded["summary"], detail=loaded["detail"],
        for_review=tuple(loaded["for_review"]), condition=condition,
        written={key: loaded[key] for key in ("when", "unless") if key in loaded},
        claims=tuple(loaded["claims"]), contrast=tuple(loaded.get("contrast", ())),
        background=tuple(loaded.get("background", ())), does_not_cover=tuple(loaded["does_not_cover"]),
        evidence=_evidence(evidence) if evidence else None, silent_on=loaded.get("silent_on"),
        inactive=loaded.get("inactive"), file=document.name, digest=digest_of(data, condition),
    )  # fmt: skip


def _evidence(block: Mapping[str, Any]) -> Evidence:
    return Evidence(**{**block, "why": tuple(block["why"]), "documents": int(block["documents"])})


def digest_of(data: Any, condition: Node) -> str:
    """Return the SHA-256 of a rule's meaning: what is written, without version and status, and what it expands to."""
    kept = {key: value for key, value in data.items() if key not in ("version", "status")}
    text = json.dumps(kept, sort_keys=True, ensure_ascii=False, default=str) + repr(condition)
    return hashlib.sha256(text.encode()).hexdigest()


def _mistakes(rule: Rule, grounds: Grounds, file: str) -> Iterator[tuple[str, str, str]]:
    yield from _id_mistakes(rule, file)
    for key in TEXTS:
        for dose in doses_in(getattr(rule, key)):
            yield f"This text holds {dose}.", DOSE_HINT, key
    for key in TEXTS:
        if any(text.startswith("TODO") for text in _texts(getattr(rule, key))):
            yield f"`{key}` is still the text of the template.", "Write your own.", key
    for key in ("for_review", "does_not_cover"):
        if not getattr(rule, key):
            yield f"`{key}` is empty.", "Write at least one line.", key
    yield from _evidence_mistakes(rule)
    yield from _claim_mistakes(rule, grounds.claims)
    yield from _ground_mistakes(rule, grounds)


def _texts(value: str | tuple[str, ...] | None) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else value or ()


def _id_mistakes(rule: Rule, file: str) -> Iterator[tuple[str, str, str]]:
    stem = _stem(file)
    if file.endswith(".rule.yaml") and rule.id != stem:
        yield "The id is not the path of the file.", f"Write id: {stem}.", "id"
    if file.endswith(".table.yaml") and rule.id.rpartition("/")[0] != stem.rpartition("/")[0]:
        yield "The id is not in the folder of its table.", f"Write {stem.rpartition('/')[0]}/….", "id"


def _evidence_mistakes(rule: Rule) -> Iterator[tuple[str, str, str]]:
    if (rule.category == "evidence") != (rule.evidence is not None):
        yield (
            "An evidence block belongs to category evidence, and to no other.",
            "Add it, or change the category.",
            "category",
        )
    if rule.evidence and rule.evidence.tier in ("A", "B") and rule.rests_on != "reference":
        yield (
            "The documents reach tier C at most.",
            "See the evidence matrix: lay articles are capped at C.",
            "evidence",
        )
    if rule.silent_on and (rule.evidence is None or rule.evidence.tier != "S"):
        yield "`silent_on` belongs to tier S.", "Write tier: S, or remove silent_on.", "silent_on"
    if not rule.claims and not rule.silent_on:
        yield (
            "A rule without a claim rests on nothing.",
            "Name the claims, or what the documents are silent on.",
            "claims",
        )


def _ground_mistakes(rule: Rule, grounds: Grounds) -> Iterator[tuple[str, str, str]]:
    named = [grounds.claims[known] for known in rule.claims if known in grounds.claims]
    if not rule.inactive and named and not may_be_active(named, grounds.references):
        hint = 'Write inactive: "why", or rest it on something found in a label, guideline, article or compendium.'
        yield "This rule rests on nothing that was found in a reference of tier A, B or C.", hint, "claims"


def _claim_mistakes(rule: Rule, claims: Mapping[str, Claim]) -> Iterator[tuple[str, str, str]]:
    for key, allowed in (("claims", True), ("contrast", True), ("background", False)):
        for known in getattr(rule, key):
            claim = claims.get(known)
            if claim is None:
                yield f"There is no claim `{known}`.", did_you_mean(known, tuple(claims)), key
            elif claim.encode == "never-emit":
                yield f"`{known}` is never shown.", "Remove it.", key
            elif claim.encoded != allowed:
                hint = "Context-only claims stand under background, the others under claims or contrast."
                yield f"`{known}` is {claim.encode} and does not belong under `{key}`.", hint, key
    named = {*rule.claims, *rule.contrast}
    for known in rule.claims:
        for other, _ in claims[known].conflicts_with if known in claims else ():
            if other in claims and claims[other].encoded and other not in named:
                yield f"`{known}` is contradicted by `{other}`.", f"Show both sides: add {other} to contrast.", "claims"


def _stem(name: str) -> str:
    return name.removeprefix("rules/").removesuffix(".yaml").removesuffix(".rule").removesuffix(".table")


def _note(document: Document, path: type_path, message: str, hint: str) -> None:
    document.problems.append(document.problem(path, message, hint))
