"""Counts feedback by rule and client; the database adds up, and only its sums come here."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import BindParameter, Engine, String, and_, bindparam, case, func, select

from service.store.tables import FEEDBACK, ISSUED_CARDS
from service.store.transactions import reading

__all__ = ["summarise"]

# A client that made up a code for every report could make the list endless: the rest is given as one number.
MOST_REASONS = 50
OTHER_CODES = "(other codes)"

TENANT: BindParameter[str] = bindparam("tenant", type_=String)
CARD = ISSUED_CARDS.c
REPORT = FEEDBACK.c
# The latest report of a card counts; of two at the same moment, the one that came later. Asked in this way, and not by
# numbering the reports, because one look into an index answers it for each card, on both databases.
_EVERY = FEEDBACK.alias("every")
_LATEST = (
    select(_EVERY.c.id)
    .where(_EVERY.c.tenant == CARD.tenant, _EVERY.c.client == CARD.client, _EVERY.c.card == CARD.card)
    .order_by(_EVERY.c.at.desc(), _EVERY.c.id.desc())
    .limit(1)
    .correlate(ISSUED_CARDS)
    .scalar_subquery()
)
_GROUPS = (CARD.joined, CARD.subject, CARD.client, REPORT.outcome, REPORT.reason_code)
ISSUED = (
    select(
        *_GROUPS,
        func.count().label("cards"),
        func.sum(case((REPORT.has_comment, 1), else_=0)).label("comments"),
        func.min(CARD.issued_at).label("first"),
        func.max(CARD.issued_at).label("last"),
    )
    .select_from(ISSUED_CARDS.outerjoin(FEEDBACK, REPORT.id == _LATEST))
    .where(CARD.tenant == TENANT)
    .group_by(*_GROUPS)
)
_REPORTED = select(REPORT.client, REPORT.card).where(REPORT.tenant == TENANT).distinct().subquery()
_AS_ISSUED = and_(CARD.tenant == TENANT, CARD.client == _REPORTED.c.client, CARD.card == _REPORTED.c.card)
UNKNOWN = select(func.count()).select_from(_REPORTED.outerjoin(ISSUED_CARDS, _AS_ISSUED)).where(CARD.card.is_(None))


@dataclass(slots=True)
class _Figures:
    issued: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    comments: int = 0


def summarise(engine: Engine, tenant: str) -> dict[str, Any]:
    """Return the figures of one tenant; see FeedbackStore.summary."""
    with reading(engine) as connection:
        groups = connection.execute(ISSUED, {"tenant": tenant}).all()
        unknown = connection.execute(UNKNOWN, {"tenant": tenant}).scalar_one()
    figures: dict[tuple[bool, str, str], _Figures] = {}
    for group in groups:
        one = figures.setdefault((group.joined, group.subject, group.client), _Figures())
        one.issued += group.cards
        one.comments += group.comments
        if group.outcome is not None:
            one.outcomes[group.outcome] += group.cards
        if group.reason_code is not None:
            one.reasons[group.reason_code] += group.cards
    return {
        "rules": _written("rule", False, figures),
        "joined": _written("kind", True, figures),
        "unknown_cards": unknown,
        "from": _text(min((group.first for group in groups), default=None)),
        "to": _text(max((group.last for group in groups), default=None)),
    }


def _written(name: str, joined: bool, figures: dict[tuple[bool, str, str], _Figures]) -> list[dict[str, Any]]:
    return [
        {
            name: subject,
            "client": client,
            "issued": one.issued,
            "accepted": one.outcomes["accepted"],
            "overridden": one.outcomes["overridden"],
            "reasons": _reasons(one.reasons),
            "comments": one.comments,
        }
        for (is_joined, subject, client), one in sorted(figures.items(), key=lambda item: item[0])
        if is_joined is joined
    ]


def _reasons(counts: Counter[str]) -> list[dict[str, Any]]:
    """List the reasons, the most frequent first."""
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    rest = sum(count for _, count in ordered[MOST_REASONS:])
    shown = [{"code": code, "count": count} for code, count in ordered[:MOST_REASONS]]
    return [*shown, {"code": OTHER_CODES, "count": rest}] if rest else shown


def _text(moment: datetime | None) -> str | None:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ") if moment else None
