"""Reads the claims and the documents they rest on."""

from typing import Any

from schemas.source_files import ClaimsFile, DocumentsFile
from service.knowledge.dose_guard import doses_in
from service.knowledge.files import Folder
from service.knowledge.model import Claim, Location
from service.knowledge.yaml_strict import Document


def load_documents(folder: Folder) -> dict[str, dict[str, Any]]:
    """Return name, length and hash of every document, by name."""
    _, loaded = folder.load("sources/documents.yaml", DocumentsFile())
    return {row["name"]: row for row in (loaded["documents"] if loaded else ())}


def load_claims(folder: Folder, documents: dict[str, dict[str, Any]]) -> dict[str, Claim]:
    """Return every claim, by id; no statement may hold a dose, and a never-emit claim has none."""
    document, loaded = folder.load("sources/claims.yaml", ClaimsFile())
    claims = {}
    for index, row in enumerate(loaded["claims"] if loaded else ()):
        _check(document, index, row, documents)
        claims[row["id"]] = _claim(row)
    return claims


def _check(document: Document, index: int, row: dict[str, Any], documents: dict[str, dict[str, Any]]) -> None:
    def wrong(key: str, message: str, hint: str) -> None:
        document.problems.append(document.problem(("claims", index, key), message, hint))

    for dose in doses_in([row["statement"], [conflict["why"] for conflict in row.get("conflicts_with", ())]]):
        wrong("statement", f"This statement holds {dose}.", "Paraphrase it without the amount, schedule or order.")
    if (row["statement"] is None) != (row["encode"] == "never-emit"):
        wrong(
            "statement",
            "A never-emit claim has no statement; every other claim has one.",
            "Write null, or a paraphrase.",
        )
    for location in row["locations"]:
        if location["document"] not in documents:
            wrong("locations", f"`{location['document']}` is not in sources/documents.yaml.", "Name a listed document.")


def _claim(row: dict[str, Any]) -> Claim:
    return Claim(
        id=row["id"], kind=row["kind"], encode=row["encode"], statement=row["statement"],
        locations=tuple(_location(place) for place in row["locations"]), documents=int(row["documents"]),
        conflicts_with=tuple((other["id"], other["why"]) for other in row.get("conflicts_with", ())),
        related=tuple(row.get("related", ())), not_encoded_because=row.get("not_encoded_because"),
    )  # fmt: skip


def _location(place: dict[str, Any]) -> Location:
    return Location(place["document"], int(place["start"]), int(place["end"]), place["sha256"], place["section"])
