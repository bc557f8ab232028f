"""What a rule contributes to a card, which never depends on a patient: it is written, and guarded, once per rule."""

from dataclasses import dataclass
from typing import Any

from schemas.canonical import category_coding
from service.knowledge.dose_guard import doses_in
from service.knowledge.model import Claim, Pack, Rule
from service.knowledge.nodes import facts_in
from service.presenters.card_text import basis_line, certainty, checked, evidence_line, joined, listed
from service.presenters.empties import without_empties
from service.presenters.inert import ours, shortened
from service.presenters.plain import DoseFound

LONGEST_SUMMARY = 139
OWN = ("caution", "interaction")
RESULTS = ("result", "result_flag")


@dataclass(frozen=True, slots=True)
class Parts:
    """What one rule says on cards.

    `opening` and `closing` surround the patient's facts on a card of its own; `point` is its line on a joined card,
    `checks` and `limits` what it adds there to "To check" and "Does not cover". `provenance` is for machines; of it
    `short` says which rule it is, `cited` also on what it rests. `is_note` marks a general note, which never makes a
    card by itself.
    """

    title: str
    summary: str
    opening: str
    closing: str
    point: str
    checks: tuple[str, ...]
    limits: tuple[str, ...]
    topic: dict[str, str]
    path: str
    provenance: dict[str, Any]
    short: dict[str, Any]
    cited: dict[str, Any]
    is_own: bool
    is_note: bool


def parts_of(rule: Rule, pack: Pack) -> Parts:
    """Return a rule's parts, or raise DoseFound."""
    checks, limits = tuple(map(ours, rule.for_review)), tuple(map(ours, rule.does_not_cover))
    closing = joined([
        evidence_line(rule, pack), listed("To check", checks), listed("Does not cover", limits), basis_line(rule),
    ])  # fmt: skip
    short = short_provenance(rule)
    cited = short | without_empties({"citations": _citations(rule, pack)})
    found = Parts(
        title=ours(rule.title), summary=shortened(rule.summary, LONGEST_SUMMARY), opening=ours(rule.detail),
        closing=closing, point=_point(rule, pack), checks=checks, limits=limits, topic=category_coding(rule.category),
        path=f"/rules/{rule.id}", short=short, cited=cited, is_own=rule.category in OWN, is_note=_is_note(rule, pack),
        provenance=pack_provenance(pack) | cited,
    )  # fmt: skip
    _guard(rule, found)
    return found


def short_provenance(rule: Rule) -> dict[str, Any]:
    """Return which rule it is, in which wording, and its tier if it has one."""
    tier = rule.evidence.tier if rule.evidence else None
    named = {"ruleId": rule.id, "ruleVersion": rule.version, "ruleDigest": rule.digest, "evidenceTier": tier}
    return dict(without_empties(named))


def pack_provenance(pack: Pack) -> dict[str, Any]:
    """Return which set of rules answered."""
    return {"ruleSet": pack.name, "ruleSetVersion": pack.version, "ruleSetDigest": pack.sha256}


def _point(rule: Rule, pack: Pack) -> str:
    certain = f"{certainty(rule.evidence)}. " if rule.evidence else ""
    looked = f" {checked(rule, pack)}" if rule.evidence else ""
    return f"**{ours(rule.title)}.** {ours(f'{certain}{rule.summary}{looked}')}"


def _is_note(rule: Rule, pack: Pack) -> bool:
    """Say whether it is a note of conduct that no result of this patient stands behind."""
    measured = any(pack.facts[fact].kind in RESULTS for fact in facts_in(rule.condition))
    return rule.category == "process" and rule.severity == "info" and not measured


def _citations(rule: Rule, pack: Pack) -> list[dict[str, Any]]:
    claims = [pack.claims[known] for known in rule.claims if known in pack.claims]
    return [{"claim": claim.id, "sources": _sources(claim)} for claim in claims]


def _sources(claim: Claim) -> list[str]:
    """Return the documents or references of a claim, each once."""
    return list(dict.fromkeys([at.document for at in claim.locations] + [known for known, _ in claim.rests_on]))


def _guard(rule: Rule, parts: Parts) -> None:
    """Guard the sentences as the author wrote them, and as they leave."""
    written = [rule.title, rule.summary, rule.detail, list(rule.for_review), list(rule.does_not_cover)]
    leaving = [parts.title, parts.summary, parts.opening, parts.closing, parts.point]
    if any(doses_in([written, leaving])):
        raise DoseFound(rule.id)
