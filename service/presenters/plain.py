"""An advisory as plain data, in the shape and order of the contract (section 2).

What a rule says never changes, so it is written once per rule, as JSON, and only the patient's part is written per
answer. Every text of ours passes the dose guard on its way out: the rule's when it is written, the rest per answer.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from service.assess import Advisory, Because, Clear, Flag, Missing
from service.engine.reference import RAISED
from service.knowledge.dose_guard import doses_in
from service.knowledge.model import Check, Claim, Evidence, Pack, Rule
from service.presenters.passages import Passages


@dataclass(frozen=True, slots=True)
class Answer:
    """An advisory as JSON text, and what to count of it; nothing of a patient.

    `spoke` holds rule and outcome; for a CDS Hooks call, `cards` rule (or kind of card) and service, and `prefetch` key
    and what became of it.
    """

    text: bytes
    spoke: tuple[tuple[str, str], ...]
    cards: tuple[tuple[str, str], ...] = ()
    prefetch: tuple[tuple[str, str], ...] = ()


class DoseFound(Exception):
    """A text of ours holds a dose or an order; nothing may leave. Names the rule, quotes nothing."""


def number(value: Any) -> Any:
    """Return a decimal as the JSON number it was: whole numbers without a point."""
    if not isinstance(value, Decimal):
        return value
    return int(value) if value == value.to_integral_value() else float(value)


# Of the texts of rules that cannot say; none holds anything of a patient.
MOST_REMEMBERED = 4096
_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), default=number)


def to_bytes(value: Any) -> bytes:
    """Return JSON as UTF-8, the same on every machine and day."""
    return _ENCODER.encode(value).encode()


@dataclass(frozen=True, slots=True)
class Parts:
    """What a rule contributes to a flag, as JSON, in the order in which a flag puts it."""

    head: bytes
    category: bytes
    said: bytes
    tail: bytes
    end: bytes


class Writer:
    """Writes advisories of one pack."""

    def __init__(self, pack: Pack, passages: Passages | None = None) -> None:
        self.pack = pack
        self.passages = passages or Passages()
        self._parts = {rule.id: self._rule_parts(rule) for rule in pack.active_rules}
        self._said: dict[tuple[str, ...], bytes] = {}
        self._pack = to_bytes(pack_of(pack))
        self._notice = to_bytes(pack.notice)
        if any(doses_in(pack.notice)):
            raise DoseFound("the notice")

    def advisory(self, advisory: Advisory, known: str, created_at: str) -> bytes:
        """Return the JSON of an advisory with its id and the moment it was made, or raise DoseFound."""
        members = {
            b"id": to_bytes(known),
            b"created_at": to_bytes(created_at),
            b"as_of": to_bytes(advisory.as_of.isoformat()),
            b"pack": self._pack,
            b"profile_sha256": to_bytes(advisory.profile_sha256),
            b"flags": self._flags(advisory.flags),
            b"unrecognised": to_bytes([_unrecognised(each) for each in advisory.unrecognised]),
            b"data_quality": to_bytes(_guarded([quality_of(gap) for gap in advisory.data_quality], "detail")),
            b"silent_on": to_bytes(list(advisory.silent_on)),
            b"notice": self._notice,
        }
        if advisory.not_raised is not None:
            members[b"not_raised"] = to_bytes([clear_of(each) for each in advisory.not_raised])
        return b"{" + b",".join(b'"%b":%b' % member for member in members.items()) + b"}"

    def _flags(self, flags: Iterable[Flag]) -> bytes:
        """Return all flags; one and the same fact or gap behind many flags is written once."""
        written: dict[Because | Missing, bytes] = {}
        return b"[%b]" % b",".join([self._flag(flag, written) for flag in flags])

    def _flag(self, flag: Flag, written: dict[Because | Missing, bytes]) -> bytes:
        parts = self._parts[flag.rule.id]
        because = b",".join([_once(each, written) for each in flag.because])
        missing = b",".join([_once(each, written) for each in flag.missing])
        said = parts.said if flag.outcome == RAISED else self._open(flag)
        return b'%b,"outcome":"%b",%b,"severity":"%b",%b,%b,"because":[%b],"missing":[%b],%b' % (
            parts.head, flag.outcome.encode(), parts.category, flag.severity.encode(), said, parts.tail, because,
            missing, parts.end,
        )  # fmt: skip

    def _open(self, flag: Flag) -> bytes:
        """Return what a flag says that cannot say: it depends on the rule and what is missing, on nobody's data."""
        key = (flag.rule.id, *dict.fromkeys(gap.fact for gap in flag.missing))
        found = self._said.get(key)
        if found is None:
            found = _said(flag)
            if len(self._said) < MOST_REMEMBERED:
                self._said[key] = found
        return found

    def _rule_parts(self, rule: Rule) -> Parts:
        head = {"rule": rule.id, "version": rule.version, "review": rule.status}
        category = {"category": rule.category, "rests_on": rule.rests_on}
        said = {"title": rule.title, "summary": rule.summary, "detail": rule.detail}
        tail = {"for_review": list(rule.for_review), "evidence": self.evidence(rule)}
        end = {"claims": list(rule.claims), "sources": self.sources(rule), "does_not_cover": list(rule.does_not_cover)}
        if any(doses_in([said, tail, end])):
            raise DoseFound(rule.id)
        return Parts(
            head=to_bytes(head)[:-1], category=to_bytes(category)[1:-1], said=to_bytes(said)[1:-1],
            tail=to_bytes(tail)[1:-1], end=to_bytes(end)[1:],
        )  # fmt: skip

    def _reference(self, claim: Claim, known: str, place: str | None, stance: str) -> dict[str, Any]:
        reference = self.pack.references[known]
        return {
            "claim": claim.id, "document": reference.id, "section": place, "start": None, "end": None, "sha256": None,
            "statement": claim.statement, "passage": None, "stance": stance, "what": reference.what,
            "address": reference.address, "tier": reference.tier, "status": claim.status,
        }  # fmt: skip

    def sources(self, rule: Rule) -> list[dict[str, Any]]:
        """Return every passage a rule rests on, and those of the other side."""
        named = [(known, "supports") for known in rule.claims] + [(known, "contrasts") for known in rule.contrast]
        return [
            source for known, stance in named if known in self.pack.claims
            for source in self._passages(self.pack.claims[known], stance)
        ]  # fmt: skip

    def evidence(self, rule: Rule) -> dict[str, Any] | None:
        """Return a rule's evidence block, with what an independent look found about its claims."""
        found = [self.pack.checks[known] for known in rule.claims if known in self.pack.checks]
        return evidence_of(rule.evidence, found)

    def _passages(self, claim: Claim, stance: str) -> list[dict[str, Any]]:
        if not claim.of_documents:
            return [self._reference(claim, known, place, stance) for known, place in claim.rests_on]
        return [
            {
                "claim": claim.id, "document": at.document, "section": at.section, "start": at.start, "end": at.end,
                "sha256": at.sha256, "statement": claim.statement, "passage": self.passages.shown(at), "stance": stance,
            }
            for at in claim.locations
        ]  # fmt: skip


def _said(flag: Flag) -> bytes:
    said = {"title": flag.title, "summary": flag.summary, "detail": flag.detail}
    if any(doses_in(said)):
        raise DoseFound(flag.rule.id)
    return to_bytes(said)[1:-1]


def _once(each: Because | Missing, written: dict[Because | Missing, bytes]) -> bytes:
    if each not in written:
        plain = because_of(each) if isinstance(each, Because) else _guarded([missing_of(each)], "detail")[0]
        written[each] = to_bytes(plain)
    return written[each]


def check_of(check: Check) -> dict[str, Any]:
    """Return what an independent look found about one claim."""
    studies = [{"citation": each.citation, "doi": each.doi, "pmid": each.pmid} for each in check.studies]
    return {"claim": check.claim, "verdict": check.verdict, "finding": check.finding, "studies": studies}


def pack_of(pack: Pack) -> dict[str, Any]:
    """Return what an advisory says of its pack."""
    return {"name": pack.name, "version": pack.version, "sha256": pack.sha256, "clinical_review": pack.clinical_review}


def evidence_of(evidence: Evidence | None, found: Iterable[Check] = ()) -> dict[str, Any] | None:
    """Return the evidence block; `checked` is null where no independent look is recorded."""
    if evidence is None:
        return None
    checked = [check_of(check) for check in found]
    return {
        "tier": evidence.tier, "direction": evidence.direction, "condition": evidence.condition,
        "route": evidence.route, "form": evidence.form, "why": list(evidence.why), "documents": evidence.documents,
        "checked": checked or None,
    }  # fmt: skip


def because_of(because: Because) -> dict[str, Any]:
    """Return one thing seen; comparator, age and origin only where there are any."""
    members: dict[str, Any] = {
        "fact": because.fact, "value": number(because.value), "unit": because.unit, "date": because.date,
        "at": because.at, "source": because.source,
    }  # fmt: skip
    extra = {"comparator": because.comparator, "age_days": because.age_days, "origin": because.origin}
    return members | {name: value for name, value in extra.items() if value is not None}


def missing_of(missing: Missing) -> dict[str, Any]:
    """Return one thing that is missing."""
    return {"fact": missing.fact, "reason": missing.reason, "at": missing.at, "detail": missing.detail}


def quality_of(gap: Any) -> dict[str, Any]:
    """Return one thing that is wrong with the data."""
    return {"at": gap.at, "problem": gap.reason, "detail": gap.detail}


def clear_of(clear: Clear) -> dict[str, Any]:
    """Return one rule that was looked at and not raised."""
    return {
        "rule": clear.rule.id, "version": clear.rule.version, "title": clear.rule.title,
        "decided_by": [because_of(each) for each in clear.decided_by], "would_need": list(clear.would_need),
    }  # fmt: skip


def _unrecognised(each: Any) -> dict[str, Any]:
    return {"at": each.at, "text": each.text, "did_you_mean": list(each.did_you_mean)}


def _guarded(items: list[dict[str, Any]], name: str) -> list[dict[str, Any]]:
    for item in items:
        for _ in doses_in(item[name]):
            raise DoseFound(name)
    return items
