"""From an advisory to a CDS Hooks response (CDS Hooks 2.0, "CDS Service Response"): few cards, and no orders.

Each raised caution and interaction, and whatever is critical, has a card of its own; beyond `MOST_OWN` of them the
lightest are joined into one. The evidence is one card, what cannot be said is one, all other points are one. General
notes of conduct (`Parts.is_note`) ride with the other points and make no call speak that has nothing else to say:
they hold for nearly everyone with a product, and a service that speaks every time is not heard any more.
"""

from collections.abc import Callable, Iterable, Sequence
from copy import copy
from dataclasses import dataclass
from typing import Any

from schemas.override_reasons import OVERRIDE_REASONS
from schemas.profile import Open
from service.assess import Advisory, Flag
from service.engine.reference import RAISED
from service.knowledge.model import SEVERITIES, Pack
from service.presenters.card_call import Call, fact_lists, when_line
from service.presenters.card_draft import RULES, Draft
from service.presenters.card_joined import joined_card
from service.presenters.card_open import open_card
from service.presenters.card_parts import pack_provenance, parts_of
from service.presenters.card_text import Order, OrderSeen, about_line, joined
from service.presenters.plain import to_bytes

__all__ = ["PROVENANCE", "Card", "CardWriter", "OrderSeen"]

MOST_OWN = 10
PROVENANCE = "org.magflag.provenance"
_REASONS = list(OVERRIDE_REASONS)


@dataclass(frozen=True, slots=True)
class Card:
    """One card as it is sent: `kind` is flag, more, evidence, other or cannot_say; `rules` whose flags it tells."""

    uuid: str
    kind: str
    rules: tuple[str, ...]
    body: dict[str, Any]


class CardWriter:
    """Writes cards for one pack; `base` is the address at which people reach this service."""

    def __init__(self, pack: Pack, base: str) -> None:
        self.pack = pack
        self.base = base.rstrip("/")
        self._label = f"magflag: {pack.name} {pack.version}"
        self._parts = {rule.id: parts_of(rule, pack) for rule in pack.active_rules}
        self._pack = pack_provenance(pack)

    def at(self, base: str) -> "CardWriter":
        """Return this writer for another address: what the rules contribute is shared, so that this costs nothing."""
        other = copy(self)
        other.base = base.rstrip("/")
        return other

    def cards(
        self,
        advisory: Advisory,
        hook: str,
        orders: Sequence[Order],
        told: Sequence[Open],
        new_uuid: Callable[[], str],
        evaluated_at: str | None = None,
    ) -> list[Card]:
        """Return the cards, the gravest first; none only if nothing was raised and nothing is open.

        `orders` are those of the call, `told` is what the record left open, `evaluated_at` the moment (RFC 3339).
        Raises DoseFound if a sentence of ours holds a dose.
        """
        call = Call(advisory, hook, orders, told, evaluated_at)
        drafts = sorted(self._drafts(call), key=lambda draft: draft.place)
        return [self._card(draft, new_uuid) for draft in drafts]

    def response(self, cards: Iterable[Card]) -> bytes:
        """Return the body of the answer: `{"cards": […]}` as UTF-8."""
        return to_bytes({"cards": [card.body for card in cards]})

    def _drafts(self, call: Call) -> list[Draft]:
        by_kind: dict[str, list[Flag]] = {"flag": [], "evidence": [], "note": [], "other": []}
        for flag in call.advisory.flags:
            if flag.outcome == RAISED:
                by_kind[self._kind(flag)].append(flag)
        own = sorted(by_kind["flag"], key=lambda flag: self._weight(call, flag))
        drafts = [self._own(call, flag) for flag in own[:MOST_OWN]]
        for kind, flags in (("more", own[MOST_OWN:]), ("evidence", by_kind["evidence"])):
            drafts += [joined_card(kind, call, flags, self._parts)] if flags else []
        left_open = open_card(call, self._parts)
        drafts += [left_open] if left_open else []
        other, notes = by_kind["other"], by_kind["note"]
        if other or (notes and drafts):
            drafts.append(joined_card("other", call, other, self._parts, notes))
        return drafts

    def _kind(self, flag: Flag) -> str:
        parts = self._parts[flag.rule.id]
        if parts.is_own or flag.severity == "critical":
            return "flag"
        if flag.rule.category == "evidence":
            return "evidence"
        return "note" if parts.is_note else "other"

    def _weight(self, call: Call, flag: Flag) -> tuple[int, int, bool, str]:
        """Return what decides whether a flag keeps a card of its own."""
        selected = any(order.selected for order in call.about([flag]))
        indicator = SEVERITIES.index(call.indicator(flag))
        return indicator, SEVERITIES.index(flag.severity), not selected, flag.rule.id

    def _own(self, call: Call, flag: Flag) -> Draft:
        parts = self._parts[flag.rule.id]
        facts, orders = call.facts([flag]), call.about([flag])
        lines = [about_line(orders), parts.opening, *fact_lists(facts), parts.closing, when_line(call, facts)]
        return Draft(
            kind="flag", rules=(flag.rule.id,), indicator=call.indicator(flag),
            selected=any(order.selected for order in orders), summary=parts.summary, detail=joined(lines),
            topic=parts.topic, path=parts.path, provenance=parts.provenance | call.provenance(facts, [], orders),
        )  # fmt: skip

    def _card(self, draft: Draft, new_uuid: Callable[[], str]) -> Card:
        uuid = new_uuid()
        provenance = draft.provenance if draft.kind == "flag" else self._pack | self._points(draft) | draft.provenance
        body = {
            "uuid": uuid,
            "summary": draft.summary,
            "detail": draft.detail,
            "indicator": draft.indicator,
            "source": {"label": self._label, "url": f"{self.base}{RULES}", "topic": draft.topic},
            "suggestions": [{"label": "Reviewed", "uuid": new_uuid()}],
            "selectionBehavior": "at-most-one",
            "overrideReasons": _REASONS,
            "links": [{"label": "Rule and sources", "url": f"{self.base}{draft.path}", "type": "absolute"}],
            "extension": {PROVENANCE: provenance},
        }
        return Card(uuid, draft.kind, draft.rules, body)

    def _points(self, draft: Draft) -> dict[str, Any]:
        """Return which rules a joined card tells of, and on what they rest where they spoke; none is no member."""
        parts = [self._parts[known] for known in draft.rules]
        named = [each.short if draft.kind == "cannot_say" else each.cited for each in parts]
        return {"rules": named} if named else {}
