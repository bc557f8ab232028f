"""The knowledge itself as plain data: rules, claims and sources, for `/v1/rules`, `/v1/claims` and `/v1/sources`."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from service.knowledge.model import Claim, Pack, Reference, Rule
from service.presenters.page_attributes import source_attributes
from service.presenters.page_condition import Line, Sayer
from service.presenters.passages import Passages
from service.presenters.plain import evidence_of


def rule_of(rule: Rule, full: bool = False) -> dict[str, Any]:
    """Return a rule as `/v1/rules` shows it; `full` adds what it says and how it decides."""
    short: dict[str, Any] = {
        "id": rule.id, "version": rule.version, "title": rule.title, "category": rule.category,
        "severity": rule.severity, "status": rule.status, "active": rule.active, "inactive_because": rule.inactive,
        "rests_on": rule.rests_on, "claims": list(rule.claims), "contrast": list(rule.contrast),
        "background": list(rule.background), "summary": rule.summary, "evidence": evidence_of(rule.evidence),
        "file": rule.file, "sha256": rule.digest,
    }  # fmt: skip
    if not full:
        return short
    return short | {
        "detail": rule.detail, "for_review": list(rule.for_review), "does_not_cover": list(rule.does_not_cover),
        "condition": dict(rule.written), "silent_on": rule.silent_on,
    }  # fmt: skip


def said_of(rule: Rule, pack: Pack) -> dict[str, Any]:
    """Return the condition of a rule in words, and its source attributes (45 CFR 170.315(b)(11)(iv)(A))."""
    attributes = [asdict(each) for each in source_attributes(rule, pack)]
    return {"in_words": _words(Sayer(pack).rule(rule)), "source_attributes": attributes}


def _words(line: Line) -> dict[str, Any]:
    return {"text": line.text, "parts": [_words(part) for part in line.parts]}


def claim_of(claim: Claim, pack: Pack, passages: Passages, cited_by: Mapping[str, list[str]]) -> dict[str, Any]:
    """Return a claim with its passages or references, and the rules that name it."""
    study = claim.study
    return {
        "id": claim.id, "kind": claim.kind, "encode": claim.encode, "statement": claim.statement,
        "documents": claim.documents, "not_encoded_because": claim.not_encoded_because, "status": claim.status,
        "conflicts_with": [{"id": other, "why": why} for other, why in claim.conflicts_with],
        "related": list(claim.related), "cited_by": cited_by.get(claim.id, []),
        "locations": [
            {
                "document": at.document, "section": at.section, "start": at.start, "end": at.end, "sha256": at.sha256,
                "passage": passages.shown(at),
            }
            for at in claim.locations
        ],
        "references": [{**reference_of(pack.references[known]), "at": place} for known, place in claim.rests_on],
        "study": None if study is None else {"citation": study.citation, "doi": study.doi, "pmid": study.pmid},
    }  # fmt: skip


def reference_of(reference: Reference) -> dict[str, Any]:
    """Return something that was read outside the documents."""
    return {
        "id": reference.id, "kind": "reference", "tier": reference.tier, "what": reference.what,
        "address": reference.address, "read": reference.read, "status": reference.status,
    }  # fmt: skip


def sources_of(pack: Pack) -> list[dict[str, Any]]:
    """Return everything the rules rest on: the documents, then the references."""
    documents = [{"id": name, "kind": "document", **document} for name, document in pack.documents.items()]
    return [*documents, *(reference_of(reference) for reference in pack.references.values())]
