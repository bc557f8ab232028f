"""A patient's record as it was asked for, key by key, in one Bundle that can be kept and read again.

A plain collection of what came would lose what did not: that a list was asked for and is empty, or could not be had,
are two things, and each entry says which of them it is. Any other reader finds an ordinary R4 Bundle (entry.extension).
"""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from schemas.canonical import CANONICAL
from schemas.fhir_terms import Terms
from schemas.hook import ABSENT, ERROR, FAILED, GIVEN, LATE, NULL, Part
from service.intake.fhir.codes import objects
from service.intake.fhir.prefetch import KEYS
from service.intake.fhir.read import Reading, read_bundle, read_parts

FETCHED = f"{CANONICAL}/StructureDefinition/fetched"
STATES = (GIVEN, ABSENT, NULL, ERROR, FAILED, LATE)
LONGEST_DETAIL = 200


def record_of(parts: Sequence[Part]) -> dict[str, Any]:
    """Return a collection of what was asked for: one entry for each page, or for what stands in its place."""
    return {
        "resourceType": "Bundle",
        "type": "collection",
        "entry": [each for part in parts for each in _entries(part)],
    }


def parts_of_record(data: Any) -> tuple[str, tuple[Part, ...]] | None:
    """Return the patient's id and the parts of such a Bundle; None for any other."""
    entries = data.get("entry") if isinstance(data, dict) and data.get("resourceType") == "Bundle" else None
    if not isinstance(entries, list) or not entries:
        return None
    found: dict[str, Part] = {}
    for entry in entries:
        part = _part(entry)
        if part is None:
            return None
        earlier = found.get(part.key)
        found[part.key] = part if earlier is None else _joined(earlier, part)
    patient = found.get("patient")
    known = patient.pages[0].get("id") if patient and patient.pages and isinstance(patient.pages[0], dict) else None
    return (known, tuple(found.values())) if isinstance(known, str) and known else None


def read_record(data: Any, terms: Terms, as_of: date) -> Reading:
    """Return what a Bundle says: one that was fetched key by key as if a hook had sent it, any other as it stands.

    Raise Refused as `read_parts` and `read_bundle` do.
    """
    fetched = parts_of_record(data)
    if fetched is None:
        return read_bundle(data, terms, as_of)
    patient, parts = fetched
    return read_parts(parts, patient, None, (), terms, as_of)


def _entries(part: Part) -> list[dict[str, Any]]:
    pages = part.pages or (_nothing(part),)
    return [{"extension": [_told(part)], "resource": page} for page in pages]


def _told(part: Part) -> dict[str, Any]:
    told: list[dict[str, Any]] = [{"url": "key", "valueCode": part.key}, {"url": "state", "valueCode": part.state}]
    if part.unread:
        told.append({"url": "unread", "valueBoolean": True})
    if part.detail:
        told.append({"url": "detail", "valueString": part.detail[:LONGEST_DETAIL]})
    return {"url": FETCHED, "extension": told}


def _nothing(part: Part) -> dict[str, Any]:
    """Return what stands where nothing came: an entry of a collection must hold a resource (bdl-5)."""
    code = "timeout" if part.state == LATE else "exception"
    return {"resourceType": "OperationOutcome", "issue": [{"severity": "error", "code": code}]}


def _part(entry: Any) -> Part | None:
    said = [each for each in objects(entry.get("extension")) if each.get("url") == FETCHED] if _is_map(entry) else []
    if len(said) != 1:
        return None
    told = {each.get("url"): each for each in objects(said[0].get("extension"))}
    key, state = told.get("key", {}).get("valueCode"), told.get("state", {}).get("valueCode")
    if key not in KEYS or state not in STATES:
        return None
    detail = told.get("detail", {}).get("valueString", "")
    return Part(
        key,
        state,
        pages=(entry.get("resource"),) if state == GIVEN else (),
        unread=told.get("unread", {}).get("valueBoolean") is True,
        detail=detail[:LONGEST_DETAIL] if isinstance(detail, str) else "",
        fetched=True,
    )


def _joined(earlier: Part, later: Part) -> Part:
    """Return two entries of one key as one part: the pages of it, in order."""
    return Part(
        earlier.key, earlier.state, (*earlier.pages, *later.pages), earlier.unread or later.unread,
        earlier.detail or later.detail, fetched=True,
    )  # fmt: skip


def _is_map(entry: Any) -> bool:
    return isinstance(entry, Mapping)
