"""The CDS Hooks services: from a call to cards, by the same rules, engines and flags as /v1/evaluate."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from itertools import chain
from typing import Any
from urllib.parse import quote

from schemas.client import NOBODY, Client
from schemas.hook import ABSENT, ERROR, GIVEN, NULL, HookCall, Part
from schemas.profile import Open, Profile
from service.assess import Assessor
from service.fetch.fetcher import Fetcher
from service.fetch.guard import allowed
from service.intake.fhir.prefetch import KEYS
from service.intake.fhir.read import ORDERED, Reading, read_parts
from service.intake.fhir.templates import prefetch_templates
from service.intake.hook import parts_of, receive_feedback, receive_hook, refuse_unobtainable, unknown_service
from service.intake.strict_json import parse_fhir
from service.knowledge.model import Pack
from service.presenters.cards import Card, CardWriter
from service.presenters.discovery import OFFERED, Offered, discovery
from service.presenters.plain import Answer, to_bytes
from service.store.cards import IssuedCard
from service.wiring.ids import uuid7
from service.wiring.kept import Kept

PATIENT_TOKEN = "{{context.patientId}}"  # noqa: S105 # A token of a template, not of a caller.


class Hooks:
    """The services of one pack. `local_servers` may be asked where nobody is asked who they are: this machine only."""

    def __init__(
        self, pack: Pack, assessor: Assessor, fetcher: Fetcher, kept: Kept | None, local_servers: Sequence[str] = ()
    ) -> None:
        self._pack = pack
        self._assessor = assessor
        self._fetcher = fetcher
        self._kept = kept
        self._local_servers = tuple(local_servers)
        self._templates = prefetch_templates(pack.terms)
        # Made now and not at the first call: what the rules contribute takes most of a second to write.
        self._written = CardWriter(pack, "")

    def services(self, client: Client) -> bytes:
        """Return the answer to discovery: the services that the client may call."""
        return to_bytes(discovery(self._templates, client.services))

    def call(self, known: str, body: bytes, now: datetime, client: Client, base: str) -> Answer:
        """Return the cards for a call; raise Refused with 400, 404, 412 or 413."""
        offered = _offered(known)
        call = receive_hook(parse_fhir(body), offered.hook)
        parts = self._completed(call, parts_of(call, KEYS), client)
        day = now.astimezone(UTC).date()
        reading = read_parts(parts, call.patient_id, call.drafts, call.selections, self._pack.terms, day)
        parts = [replace(part, state=ERROR) if part.key in reading.in_vain else part for part in parts]
        refuse_unobtainable(parts, has_orders=any(order.type in ORDERED for order in reading.orders))
        advisory = self._assessor.assess(reading.profile, day, hashlib.sha256(body).hexdigest())
        cards = self._cards(advisory, call, reading, now, base)
        self._note(cards, offered, now, client)
        return Answer(
            text=self._writer(base).response(cards),
            spoke=tuple((flag.rule.id, flag.outcome) for flag in advisory.flags),
            cards=tuple((counted, known) for card in cards for counted in _counted(card)),
            prefetch=tuple((part.key, part.state) for part in parts),
        )

    def feedback(self, known: str, body: bytes, now: datetime, client: Client) -> tuple[str, ...]:
        """Keep what became of cards, and return the outcomes; raise Refused with 400 or 404."""
        _offered(known)
        items = receive_feedback(parse_fhir(body))
        if self._kept is not None:
            self._kept.feedback.record(items, known, client, now)
        return tuple(item.outcome for item in items)

    def summary(self, tenant: str) -> dict[str, Any]:
        """Return how a tenant's cards fared; the last moments may still be on their way to the database."""
        if self._kept is None:
            return {}
        self._kept.issued.flush()
        return self._kept.feedback.summary(tenant)

    def _completed(self, call: HookCall, parts: Sequence[Part], client: Client) -> Sequence[Part]:
        """Fetch what prefetch left out, where the client may; without a server it may name, nothing is asked.

        Each key then stays what it was: nobody may read that a server refused what it was never asked.
        """
        bases = self._local_servers if client == NOBODY else client.fhir_servers
        if call.fhir_server is None or not allowed(call.fhir_server, bases):
            return parts
        queries = self.queries(call.patient_id)
        wanted = {part.key: queries[part.key] for part in parts if part.state in (ABSENT, NULL)}
        begun = [part for part in parts if part.state == GIVEN and part.unread]
        if not wanted and not begun:
            return parts
        token = call.authorization.access_token if call.authorization else None
        found = self._fetcher.fetch(call.fhir_server, token, wanted, bases, begun)
        return [found.get(part.key, part) for part in parts]

    def queries(self, patient_id: str) -> Mapping[str, str]:
        """Return what is asked of a FHIR server about a patient, by prefetch key."""
        known = quote(patient_id, safe="")
        return {key: template.replace(PATIENT_TOKEN, known) for key, template in self._templates.items()}

    def _cards(self, advisory: Any, call: HookCall, reading: Reading, now: datetime, base: str) -> list[Card]:
        made = now.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        told = left_open(reading.profile)
        return self._writer(base).cards(advisory, call.hook, reading.orders, told, lambda: uuid7(now), made)

    def _writer(self, base: str) -> CardWriter:
        return self._written.at(base)

    def _note(self, cards: Sequence[Card], offered: Offered, now: datetime, client: Client) -> None:
        if self._kept is None:
            return
        self._kept.issued.note(
            [
                IssuedCard(
                    uuid=card.uuid, rules=card.rules, kind=card.kind, client=client.name, tenant=client.tenant,
                    service=offered.id, hook=offered.hook, pack_sha256=self._pack.sha256,
                    pack_version=self._pack.version, issued_at=now, suggestion=card.body["suggestions"][0]["uuid"],
                )
                for card in cards
            ]
        )  # fmt: skip


def _counted(card: Card) -> Sequence[str]:
    """Return what a card counts for: its rule, or its kind where it joins several."""
    return card.rules if card.kind == "flag" else (card.kind,)


def left_open(profile: Profile) -> list[Open]:
    """Return everything that a record leaves open, once."""
    return list(dict.fromkeys((*chain.from_iterable(profile.open.values()), *profile.notes)))


def _offered(known: str) -> Offered:
    if known not in OFFERED:
        raise unknown_service()
    return OFFERED[known]


def servers_of(clients: Sequence[Client]) -> Mapping[str, None]:
    """Return all FHIR servers that the clients file names, in order, once."""
    return dict.fromkeys(server for client in clients for server in client.fhir_servers)
