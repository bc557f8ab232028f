"""The service of one pack: bytes in, bytes out."""

import hashlib
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from typing import Any

from schemas.client import Client
from service.assess import Advisory
from service.fetch.fetcher import Fetcher, Limits
from service.intake.fhir.read import read_bundle
from service.intake.strict_json import parse_fhir
from service.knowledge.load import load_pack
from service.knowledge.model import Claim, Pack
from service.presenters.discovery import OFFERED
from service.presenters.fhir import FhirWriter
from service.presenters.fhir_capability import capability, operation_definition
from service.presenters.knowledge import claim_of, rule_of, said_of, sources_of
from service.presenters.passages import Passages
from service.presenters.plain import Answer, pack_of
from service.trust.clients import load_clients
from service.wiring.answering import PROFILE, Answering, as_written
from service.wiring.hooks import Hooks, servers_of
from service.wiring.ids import uuid7
from service.wiring.kept import Kept, open_kept
from service.wiring.reviewing import open_reviews
from service.wiring.settings import Settings

# The day of this version of the software, which a CapabilityStatement has to name (FHIR R4, CapabilityStatement.date).
RELEASED = "2026-11-21"


class Service:
    """The service of one pack: bytes in, bytes out. See service.web.ports for what the web asks of it."""

    def __init__(
        self, answering: Answering, settings: Settings, kept: Kept | None = None, clients: Sequence[Client] = ()
    ) -> None:
        pack = answering.pack
        self._answering, self._pack = answering, pack
        self._kept = kept
        self._passages = answering.writer.passages
        self._assessor, self.writer = answering.assessor, answering.writer
        self.reviews = open_reviews(kept.advisories, answering) if kept else None
        fetcher = Fetcher(parse_fhir, Limits(budget_seconds=settings.fetch_ms / 1000))
        self._hooks = Hooks(pack, self._assessor, fetcher, kept, tuple(servers_of(clients)))
        self._fhir_writers: dict[str, FhirWriter] = {}
        self._rules = {rule.id: rule for rule in pack.rules}
        self._listed = [rule_of(rule) for rule in pack.rules]
        self._cited_by = _cited_by(pack)

    def assess(self, body: bytes, now: datetime, explain: bool = False) -> Advisory:
        """Return the advisory of the profile in a JSON body; `now` stands in where it names no `as_of`."""
        return self._answering.assess(self._answering.understand(body, PROFILE, now.date()), now.date(), explain)

    def evaluate(self, body: bytes, *, now: datetime, explain: bool = False) -> Answer:
        """Return the advisory as JSON text; raise Refused for bad input, anything else for a failure of ours."""
        advisory = self.assess(body, now, explain)
        return Answer(self.writer.advisory(advisory, uuid7(now), as_written(now)), _spoke(advisory))

    def advise(self, body: bytes, *, now: datetime, base: str) -> Answer:
        """Return advice as a FHIR Bundle for the Bundle in `body`; raise Refused for bad input."""
        day = now.astimezone(UTC).date()
        profile = read_bundle(parse_fhir(body), self._pack.terms, day).profile
        advisory = self._assessor.assess(profile, day, hashlib.sha256(body).hexdigest())
        if base not in self._fhir_writers:
            self._fhir_writers[base] = FhirWriter(self._pack, base)
        text = self._fhir_writers[base].bundle(advisory, uuid7(now), as_written(now), profile.patient.id)
        return Answer(text, _spoke(advisory))

    def capability(self, base: str) -> dict[str, Any]:
        """Return the CapabilityStatement (FHIR R4)."""
        return capability(base, version("magflag"), RELEASED)

    def operation(self) -> dict[str, Any]:
        """Return the OperationDefinition of $advise (FHIR R4)."""
        return operation_definition(version("magflag"), RELEASED)

    def cds_services(self, *, client: Client) -> bytes:
        """Return which CDS Hooks services a client may call."""
        return self._hooks.services(client)

    def hook(self, service_id: str, body: bytes, *, now: datetime, client: Client, base: str) -> Answer:
        """Return the cards for a call of a service."""
        return self._hooks.call(service_id, body, now, client, base)

    def queries(self, patient_id: str) -> Mapping[str, str]:
        """Return what is asked of a FHIR server about a patient, by prefetch key."""
        return self._hooks.queries(patient_id)

    def feedback(self, service_id: str, body: bytes, *, now: datetime, client: Client) -> tuple[str, ...]:
        """Keep what became of cards; return the outcomes."""
        return self._hooks.feedback(service_id, body, now, client)

    def feedback_summary(self, *, tenant: str) -> dict[str, Any]:
        """Return how a tenant's cards fared."""
        return self._hooks.summary(tenant)

    def rules(self) -> list[dict[str, Any]]:
        """Return all rules, in short."""
        return self._listed

    def rule(self, known: str) -> dict[str, Any] | None:
        """Return one rule in full, with its sources and background."""
        rule = self._rules.get(known)
        if rule is None:
            return None
        background = [self._claim(claim) for claim in rule.background]
        known_of_it = {"evidence": self.writer.evidence(rule), "sources": self.writer.sources(rule)}
        said = said_of(rule, self._pack)
        return rule_of(rule, full=True) | known_of_it | said | {"background_claims": background}

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
        """Return whether it can answer, and what it answers with; where advice is kept, not without the store."""
        is_ready = self._kept is None or self._kept.is_reachable()
        store = "none" if self._kept is None else "here" if is_ready else "away"
        return is_ready, {
            "pack": pack_of(self._pack), "passages_available": self._passages.available, "store": store,
        }  # fmt: skip


def _rests_on(claim: Claim) -> set[str]:
    return {at.document for at in claim.locations} | {known for known, _ in claim.rests_on}


def _cited_by(pack: Pack) -> dict[str, list[str]]:
    cited: dict[str, list[str]] = {}
    for rule in pack.rules:
        for claim in (*rule.claims, *rule.contrast, *rule.background):
            cited.setdefault(claim, []).append(rule.id)
    return cited


def _spoke(advisory: Advisory) -> tuple[tuple[str, str], ...]:
    return tuple((flag.rule.id, flag.outcome) for flag in advisory.flags)


def build_service(settings: Settings | None = None) -> Service:
    """Return a service for these settings; raise BrokenPack, BrokenClients or StoreUnavailable."""
    settings = settings or Settings.from_environment()
    kept = open_kept(settings.database) if settings.database else None
    clients = load_clients(settings.clients, OFFERED) if settings.clients else ()
    answering = Answering(load_pack(settings.rules), Passages(settings.documents))
    return Service(answering, settings, kept, clients)
