"""The database's sums equal those of a plain loop over everything that was issued and reported."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine

from schemas.client import Client
from schemas.hook import FeedbackItem
from service.store.cards import JOINED_KINDS, IssuedCard, IssuedCards
from service.store.database import open_database
from service.store.feedback import FeedbackStore

NOW = datetime(2026, 11, 21, tzinfo=UTC)
CLIENTS = ("clinic", "ward")
CARDS = 6
TENANTS = (f"tenant-{number}" for number in count())


@dataclass(frozen=True)
class Report:
    card: int
    client: str
    outcome: str
    minute: int
    code: str | None
    has_comment: bool

    def item(self) -> FeedbackItem:
        at = (NOW + timedelta(minutes=self.minute)).isoformat()
        return FeedbackItem(uuid(self.card), self.outcome, at, (), None, self.code, self.has_comment)


# Which client a card went to, and what it counts for: a rule, or a kind.
ISSUED = st.lists(
    st.tuples(st.sampled_from(CLIENTS), st.sampled_from(("a/x", "b/y", *JOINED_KINDS))), max_size=CARDS
)  # fmt: skip
REPORTS = st.lists(
    st.builds(
        Report, st.integers(0, CARDS), st.sampled_from(CLIENTS), st.sampled_from(("accepted", "overridden")),
        st.integers(0, 3), st.sampled_from((None, "c1", "c2")), st.booleans(),
    ),
    max_size=20,
)  # fmt: skip


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    engine = open_database(f"sqlite:///{tmp_path_factory.mktemp('store')}/magflag.db")
    yield engine
    engine.dispose()


def uuid(card: int) -> str:
    return f"00000000-0000-4000-8000-{card:012}"


@given(issued=ISSUED, reports=REPORTS)
def test_the_summary_equals_a_plain_count(engine: Engine, issued: list[tuple[str, str]], reports: list[Report]) -> None:
    tenant = next(TENANTS)
    keep(engine, tenant, issued, reports)
    summary = FeedbackStore(engine).summary(tenant)
    assert {name: summary[name] for name in ("rules", "joined", "unknown_cards")} == counted(issued, reports)


def keep(engine: Engine, tenant: str, issued: list[tuple[str, str]], reports: list[Report]) -> None:
    cards = IssuedCards(engine, lambda: NOW)
    cards.note(
        [
            IssuedCard(uuid(n), (subject,), subject if subject in JOINED_KINDS else "flag", client, tenant,
                       "service", "order-sign", "sha", "1", NOW)
            for n, (client, subject) in enumerate(issued)
        ]
    )  # fmt: skip
    cards.close()
    for report in reports:
        client = Client(name=report.client, tenant=tenant, issuer="", audience=())
        FeedbackStore(engine).record([report.item()], "service", client, NOW)


def counted(issued: list[tuple[str, str]], reports: list[Report]) -> dict[str, Any]:
    seen, latest = set(), dict[tuple[str, int], Report]()
    for report in reports:
        identity = (report.card, report.client, report.outcome, report.minute, report.code)
        before = latest.get((report.client, report.card))
        if identity not in seen and (before is None or report.minute >= before.minute):
            latest[report.client, report.card] = report
        seen.add(identity)
    known = {(client, card): subject for card, (client, subject) in enumerate(issued)}
    figures = [
        figures_of(subject, client, [latest.get(key) for key, of in known.items() if (of, key[0]) == (subject, client)])
        for subject, client in sorted({(subject, client) for client, subject in issued})
    ]
    return {
        "rules": [each for each in figures if "rule" in each],
        "joined": [each for each in figures if "kind" in each],
        "unknown_cards": len(latest.keys() - known.keys()),
    }


def figures_of(subject: str, client: str, reports: list[Report | None]) -> dict[str, Any]:
    made = [report for report in reports if report]
    outcomes = Counter(report.outcome for report in made)
    reasons = Counter(report.code for report in made if report.code)
    return {
        "kind" if subject in JOINED_KINDS else "rule": subject,
        "client": client,
        "issued": len(reports),
        "accepted": outcomes["accepted"],
        "overridden": outcomes["overridden"],
        "reasons": [{"code": code, "count": n} for code, n in sorted(reasons.items(), key=lambda at: (-at[1], at[0]))],
        "comments": sum(report.has_comment for report in made),
    }
