"""Reads what was read outside the documents: references, the claims that rest on them, and checks of the documents."""

from collections.abc import Mapping
from typing import Any

from schemas.source_files import ChecksFile, ReferenceClaimsFile, ReferencesFile
from schemas.strict import did_you_mean
from service.knowledge.dose_guard import doses_in
from service.knowledge.files import Folder
from service.knowledge.model import REFERENCE, Check, Claim, Reference, Study
from service.knowledge.yaml_strict import Document, type_path

GOOD_TIERS = ("A", "B", "C")


def load_references(folder: Folder) -> dict[str, Reference]:
    """Return everything that was read, by id."""
    document, loaded = folder.load("sources/references.yaml", ReferencesFile())
    references: dict[str, Reference] = {}
    for index, row in enumerate(loaded["references"] if loaded else ()):
        if row["id"] in references:
            _note(document, ("references", index), f"The reference `{row['id']}` is listed twice.", "Keep one.")
        row.pop("note", None)
        references[row["id"]] = Reference(**row)
    return references


def load_reference_claims(folder: Folder, references: Mapping[str, Reference]) -> dict[str, Claim]:
    """Return every claim of the reference pack, by id."""
    claims: dict[str, Claim] = {}
    for name in folder.names("sources/reference-claims-*.yaml"):
        document, loaded = folder.load(name, ReferenceClaimsFile())
        for index, row in enumerate(loaded["claims"] if loaded else ()):
            path: type_path = ("claims", index)
            _check_claim(document, path, row, references)
            if row["id"] in claims:
                _note(document, path, f"The claim `{row['id']}` stands twice.", "Keep one.")
            claims[row["id"]] = _claim(row)
    return claims


def _check_claim(document: Document, path: type_path, row: dict[str, Any], references: Mapping[str, Reference]) -> None:
    if not row["id"].startswith("R-"):
        _note(document, (*path, "id"), "A claim of the reference pack begins with R-.", "Rename it.")
    for dose in doses_in(row["statement"]):
        _note(document, (*path, "statement"), f"This statement holds {dose}.", "Paraphrase it without.")
    for each in row["rests_on"]:
        if each["reference"] not in references:
            hint = did_you_mean(each["reference"], tuple(references))
            _note(document, (*path, "rests_on"), f"`{each['reference']}` is not in references.yaml.", hint)


def _claim(row: dict[str, Any]) -> Claim:
    return Claim(
        id=row["id"], kind=REFERENCE, encode=REFERENCE, statement=row["statement"], locations=(),
        status=row["status"], rests_on=tuple((each["reference"], each.get("at")) for each in row["rests_on"]),
        study=Study(**row["study"]) if "study" in row else None,
    )  # fmt: skip


def may_be_active(claims: list[Claim], references: Mapping[str, Reference]) -> bool:
    """Say whether a rule resting on these claims may be evaluated.

    It may if one of them is of the documents, or was found in a reference of tier A, B or C.
    """
    return any(claim.of_documents or (claim.status == "found" and _well_read(claim, references)) for claim in claims)


def _well_read(claim: Claim, references: Mapping[str, Reference]) -> bool:
    return any(known in references and references[known].tier in GOOD_TIERS for known, _ in claim.rests_on)


def load_checks(folder: Folder, claims: Mapping[str, Claim]) -> dict[str, Check]:
    """Return what an independent look found, by claim of the documents."""
    if not (folder.path / "sources/checks.yaml").exists():
        return {}
    document, loaded = folder.load("sources/checks.yaml", ChecksFile())
    checks: dict[str, Check] = {}
    for index, row in enumerate(loaded["checks"] if loaded else ()):
        path: type_path = ("checks", index)
        if row["claim"] not in claims or row["claim"] in checks:
            _note(
                document,
                path,
                f"`{row['claim']}` is no claim, or is checked twice.",
                "Name a claim of the documents once.",
            )
        for dose in doses_in(row["finding"]):
            _note(document, path, f"This finding holds {dose}.", "Say it without.")
        studies = tuple(Study(**study) for study in row.get("studies", ()))
        checks[row["claim"]] = Check(row["claim"], row["verdict"], row["finding"], studies)
    return checks


def _note(document: Document, path: type_path, message: str, hint: str) -> None:
    document.problems.append(document.problem(path, message, hint))
