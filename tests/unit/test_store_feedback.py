"""Feedback: recorded once, counted right, each tenant its own, and no clinician's words kept."""

import json
import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, event

from schemas.client import Client
from schemas.hook import FeedbackItem
from service.store.cards import IssuedCard, IssuedCards
from service.store.counting import MOST_REASONS, OTHER_CODES
from service.store.database import StoreUnavailable, open_database
from service.store.feedback import FeedbackStore, TooMuchFeedback
from service.store.keeping import NOT_A_CODE

NOW = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)
AT, LATER = "2026-11-21T09:30:00Z", "2026-11-21T09:31:00Z"
WARD = Client(name="ward", tenant="general", issuer="", audience=())
CARD = IssuedCard(
    uuid="00000000-0000-4000-8000-000000000001", rules=("kidney/x",), kind="flag", client="ward", tenant="general",
    service="magnesium-order-sign", hook="order-sign", pack_sha256="a" * 64, pack_version="1", issued_at=NOW,
)  # fmt: skip
TAKEN = FeedbackItem(CARD.uuid, "accepted", AT, accepted=("s",))
OVERRIDDEN = FeedbackItem(CARD.uuid, "overridden", LATER, reason_system="urn:x", reason_code="limited-time")
FIGURES = {"client": "ward", "issued": 1, "accepted": 0, "overridden": 0, "reasons": [], "comments": 0}


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    engine = open_database(f"sqlite:///{tmp_path}/magflag.db")
    yield engine
    engine.dispose()


@pytest.fixture
def store(engine: Engine) -> FeedbackStore:
    return FeedbackStore(engine)


def issue(engine: Engine, *cards: IssuedCard) -> None:
    issued = IssuedCards(engine, lambda: NOW)
    issued.note(cards)
    issued.close()


def record(store: FeedbackStore, *items: FeedbackItem, client: Client = WARD) -> int:
    return store.record(items, "magnesium-order-sign", client, NOW)


def only_rule(store: FeedbackStore) -> dict[str, Any]:
    (figures,) = store.summary("general")["rules"]
    assert isinstance(figures, dict)
    return figures


def test_a_tenant_without_cards_has_an_empty_summary(store: FeedbackStore) -> None:
    assert store.summary("nobody") == {"rules": [], "joined": [], "unknown_cards": 0, "from": None, "to": None}


def test_a_report_is_recorded_once(store: FeedbackStore, engine: Engine) -> None:
    issue(engine, CARD)
    assert record(store, OVERRIDDEN, OVERRIDDEN) == 1
    assert record(store, OVERRIDDEN, TAKEN) == 1
    assert record(store, replace(OVERRIDDEN, reason_code=None)) == 1


def test_the_latest_report_of_a_card_counts_whatever_came_first(store: FeedbackStore, engine: Engine) -> None:
    issue(engine, CARD)
    record(store, OVERRIDDEN)
    record(store, TAKEN)
    reasons = [{"code": "limited-time", "count": 1}]
    assert only_rule(store) == {"rule": "kidney/x", **FIGURES, "overridden": 1, "reasons": reasons}


def test_of_two_reports_at_the_same_moment_the_one_that_came_later_counts(store: FeedbackStore, engine: Engine) -> None:
    issue(engine, CARD)
    # The same moment, written with another offset.
    record(store, TAKEN, replace(OVERRIDDEN, at="2026-11-21T11:30:00+02:00"))
    assert (only_rule(store)["accepted"], only_rule(store)["overridden"]) == (0, 1)


@pytest.mark.parametrize("at", ["2026-12-31T23:59:60Z", "0001-01-01T00:00:00+14:00", "soon", "2026-11-21T09:30:00", ""])
def test_a_time_that_cannot_be_read_is_the_time_it_came(store: FeedbackStore, engine: Engine, at: str) -> None:
    issue(engine, CARD)
    record(store, replace(TAKEN, at="2026-11-21T09:29:59Z"), replace(OVERRIDDEN, at=at))
    assert only_rule(store)["overridden"] == 1


@pytest.mark.parametrize(
    ("kind", "rules"), [("evidence", ("a/a", "b/b")), ("cannot_say", ("a/a",)), ("evidence", ()), ("other", ("a", "b"))]
)
def test_a_card_that_joins_rules_counts_for_its_kind(
    store: FeedbackStore, engine: Engine, kind: str, rules: tuple[str, ...]
) -> None:
    issue(engine, replace(CARD, kind=kind, rules=rules))
    record(store, TAKEN)
    summary = store.summary("general")
    assert (summary["rules"], summary["joined"]) == ([], [{"kind": kind, **FIGURES, "accepted": 1}])


def test_a_card_is_known_however_its_letters_are_written(store: FeedbackStore, engine: Engine) -> None:
    uuid = "abcdef00-0000-4000-8000-00000000000a"
    issue(engine, replace(CARD, uuid=uuid))
    record(store, replace(TAKEN, card=uuid.upper()))
    assert only_rule(store)["accepted"] == 1


def test_unknown_cards_are_recorded_and_counted_once_each(store: FeedbackStore) -> None:
    assert record(store, TAKEN, OVERRIDDEN, replace(TAKEN, card="\ud800\0' OR 1=1 --")) == 3
    assert store.summary("general")["unknown_cards"] == 2


def test_a_tenant_sees_only_its_own(store: FeedbackStore, engine: Engine) -> None:
    other = replace(WARD, tenant="other")
    issue(engine, CARD, replace(CARD, tenant="other", rules=("other/y",)))
    record(store, TAKEN)
    record(store, OVERRIDDEN, replace(OVERRIDDEN, card="unknown"), client=other)
    assert only_rule(store) == {"rule": "kidney/x", **FIGURES, "accepted": 1}
    assert store.summary("general")["unknown_cards"] == 0


def test_another_client_of_the_tenant_cannot_report_a_card(store: FeedbackStore, engine: Engine) -> None:
    issue(engine, CARD)
    record(store, TAKEN, client=replace(WARD, name="clinic"))
    assert only_rule(store)["accepted"] == 0
    assert store.summary("general")["unknown_cards"] == 1


@pytest.mark.parametrize(
    "code",
    ["Zebedee Canary refused", "", " ", "x" * 65, "<b>x</b>", "a\nb", "limited-time\n", "\0", "\ud800", "'; DROP", "é"],
)
def test_a_text_where_a_code_should_be_is_counted_and_not_kept(store: FeedbackStore, engine: Engine, code: str) -> None:
    issue(engine, CARD)
    record(store, replace(OVERRIDDEN, reason_system=code, reason_code=code))
    assert only_rule(store)["reasons"] == [{"code": NOT_A_CODE, "count": 1}]


def test_what_a_client_writes_freely_is_not_in_the_file(store: FeedbackStore, engine: Engine, tmp_path: Path) -> None:
    record(store, FeedbackItem("zebedee", "overridden", "zebedee", ("zebedee",), "zebedee", "zebedee canary", True))
    engine.dispose()
    assert not [file for file in tmp_path.iterdir() if b"zebedee" in file.read_bytes()]


def test_made_up_codes_do_not_make_the_summary_endless(store: FeedbackStore, engine: Engine) -> None:
    cards = [replace(CARD, uuid=f"00000000-0000-4000-8000-{each:012}") for each in range(MOST_REASONS + 3)]
    issue(engine, *cards)
    record(store, *(replace(OVERRIDDEN, card=card.uuid, reason_code=f"c{n:03}") for n, card in enumerate(cards)))
    reasons = only_rule(store)["reasons"]
    assert len(reasons) == MOST_REASONS + 1
    assert reasons[-1] == {"code": OTHER_CODES, "count": 3}


def test_the_summary_says_its_span_and_is_json(store: FeedbackStore, engine: Engine) -> None:
    later = replace(CARD, uuid="later", issued_at=NOW + timedelta(days=1))
    issue(engine, CARD, later)
    summary = store.summary("general")
    assert (summary["from"], summary["to"]) == ("2026-11-21T09:30:00Z", "2026-11-22T09:30:00Z")
    assert json.loads(json.dumps(summary)) == summary


def test_a_full_disk_is_said_nothing_is_half_done_and_it_goes_on_when_there_is_room(
    store: FeedbackStore, engine: Engine
) -> None:
    def allow_no_growth(connection: sqlite3.Connection, *_: object) -> None:
        connection.execute("PRAGMA max_page_count=1")

    reports = [replace(TAKEN, card=f"card {each}") for each in range(500)]
    event.listen(engine, "checkout", allow_no_growth)
    with pytest.raises(StoreUnavailable, match="the disk is full"):
        record(store, *reports)
    assert store.summary("general")["unknown_cards"] == 0
    event.remove(engine, "checkout", allow_no_growth)
    engine.dispose()
    assert record(store, *reports) == 500


def test_a_client_that_runs_wild_is_stopped_for_the_day(store: FeedbackStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("service.store.feedback.MOST_A_DAY", 2)
    record(store, *(replace(OVERRIDDEN, reason_code=code) for code in ("a", "b")))
    with pytest.raises(TooMuchFeedback) as caught:
        record(store, TAKEN)
    assert (caught.value.status, caught.value.retry_after) == (429, 14 * 3600 + 30 * 60 + 1)
    assert record(store, TAKEN, client=replace(WARD, name="other")) == 1
    assert store.record([TAKEN], "magnesium-order-sign", WARD, NOW + timedelta(days=1)) == 1


def test_what_is_sent_again_does_not_count_towards_the_day(
    store: FeedbackStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("service.store.feedback.MOST_A_DAY", 2)
    assert [record(store, TAKEN) for _ in range(5)] == [1, 0, 0, 0, 0]
