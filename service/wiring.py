"""Puts the parts together: settings in, a service out. Nothing else builds anything."""

import os
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from service.assess import Advisory, Assessor
from service.intake.profile import receive
from service.knowledge.load import load_pack
from service.knowledge.model import Claim, Pack
from service.presenters.knowledge import claim_of, rule_of, sources_of
from service.presenters.passages import Passages
from service.presenters.plain import Answer, Writer, pack_of


@dataclass(frozen=True, slots=True)
class Settings:
    """What a deployment may set; each one is an environment variable with the prefix MAGFLAG_."""

    rules: Path | None = None
    documents: Path | None = None

    @classmethod
    def from_environment(cls) -> "Settings":
        """Return the settings of this process."""
        return cls(_path("MAGFLAG_RULES"), _path("MAGFLAG_DOCUMENTS"))


def _path(name: str) -> Path | None:
    value = os.environ.get(name)
    return Path(value) if value else None


def uuid7(moment: datetime) -> str:
    """Return a UUID of version 7 (RFC 9562): sortable by time."""
    milliseconds = int(moment.timestamp() * 1000)
    tail = int.from_bytes(os.urandom(10), "big")
    value = (milliseconds & (1 << 48) - 1) << 80 | 0x7 << 76 | (tail >> 68) << 64 | 0b10 << 62 | tail & (1 << 62) - 1
    return str(uuid.UUID(int=value))


class Service:
    """The service of one pack: bytes in, bytes out. See service.web.ports for what the web asks of it."""

    def __init__(self, pack: Pack, documents: Path | None = None) -> None:
        self._pack = pack
        self._passages = Passages(documents)
        self._assessor = Assessor(pack)
        self.writer = Writer(pack, self._passages)
        self._rules = {rule.id: rule for rule in pack.rules}
        self._listed = [rule_of(rule) for rule in pack.rules]
        self._cited_by = _cited_by(pack)

    def assess(self, body: bytes, now: datetime, explain: bool = False) -> Advisory:
        """Return the advisory of the profile in a JSON body; `now` stands in where it names no `as_of`."""
        found = receive(body, now.date())
        return self._assessor.assess(found.profile, found.profile.as_of or now.date(), found.sha256, explain)

    def evaluate(self, body: bytes, *, now: datetime, explain: bool = False) -> Answer:
        """Return the advisory as JSON text; raise Refused for bad input, anything else for a failure of ours."""
        advisory = self.assess(body, now, explain)
        made = now.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        spoke = tuple((flag.rule.id, flag.outcome) for flag in advisory.flags)
        return Answer(self.writer.advisory(advisory, uuid7(now), made), spoke)

    def rules(self) -> list[dict[str, Any]]:
        """Return all rules, in short."""
        return self._listed

    def rule(self, known: str) -> dict[str, Any] | None:
        """Return one rule in full, with its sources and background."""
        rule = self._rules.get(known)
        if rule is None:
            return None
        background = [self._claim(claim) for claim in rule.background]
        return rule_of(rule, full=True) | {"sources": self.writer.sources(rule), "background_claims": background}

    def claim(self, known: str) -> dict[str, Any] | None:
        """Return one claim; a never-emit claim is as if it were not there."""
        claim = self._pack.claims.get(known)
        return None if claim is None or claim.statement is None else self._claim(known)

    def _claim(self, known: str) -> dict[str, Any]:
        return claim_of(self._pack.claims[known], self._pack, self._passages, self._cited_by)

    def sources(self) -> list[dict[str, Any]]:
        """Return everything the rules rest on."""
        return sources_of(self._pack)

    def source(self, known: str) -> dict[str, Any] | None:
        """Return one document or reference, with the claims that rest on it."""
        found = next((source for source in self.sources() if source["id"] == known), None)
        if found is None:
            return None
        claims = [claim for claim in self._pack.claims.values() if known in _rests_on(claim)]
        return found | {"claims": [claim.id for claim in claims if claim.statement is not None]}

    def pack(self) -> dict[str, Any]:
        """Return what the pack is, and what it holds."""
        kinds = [claim.encode for claim in self._pack.claims.values()]
        return pack_of(self._pack) | {
            "rules": len(self._pack.rules),
            "active": len(self._pack.active_rules),
            "claims": {kind: kinds.count(kind) for kind in sorted(set(kinds))},
            "documents": [dict(document) for document in self._pack.documents.values()],
            "policy": [
                {"id": row.id, "value": float(row.value), "unit": row.unit, "meaning": row.meaning,
                 "source": row.source, "approval": row.approval}
                for row in self._pack.policy.values()
            ],
            "notice": self._pack.notice,
            "passages_available": self._passages.available,
        }  # fmt: skip

    def ready(self) -> tuple[bool, dict[str, Any]]:
        """Return whether it can answer, and what it answers with."""
        return True, {"pack": pack_of(self._pack), "passages_available": self._passages.available}


def _rests_on(claim: Claim) -> set[str]:
    return {at.document for at in claim.locations} | {known for known, _ in claim.rests_on}


def _cited_by(pack: Pack) -> dict[str, list[str]]:
    cited: dict[str, list[str]] = {}
    for rule in pack.rules:
        for claim in (*rule.claims, *rule.contrast, *rule.background):
            cited.setdefault(claim, []).append(rule.id)
    return cited


def build_service(settings: Settings | None = None) -> Service:
    """Return a service for these settings; raise BrokenPack with every mistake in the rules."""
    settings = settings or Settings.from_environment()
    return Service(load_pack(settings.rules), settings.documents)
