"""Reports on cards are events of the chain; and a damaged index is found, too."""

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, select

from schemas.client import Client
from schemas.hook import FeedbackItem
from schemas.review import REPORTED
from service.store.advisories import AdvisoryStore
from service.store.advisory_tables import EVENTS
from service.store.audit import Audit
from service.store.database import StoreUnavailable, open_as_it_is
from service.store.feedback import FeedbackStore
from service.store.keeping import purge
from service.store.tables import FEEDBACK
from tests.store.made import NOW, keep

WARD = Client(name="ward", tenant="general", issuer="", audience=())
CARD = "00000000-0000-4000-8000-000000000001"
TAKEN = FeedbackItem(CARD, "accepted", "2026-11-21T09:30:00Z", accepted=("s",))
OVERRIDDEN = FeedbackItem(CARD, "overridden", "2026-11-21T09:31:00Z", reason_system="urn:x", reason_code="limited-time")


@pytest.fixture
def reported(engine: Engine) -> Engine:
    FeedbackStore(engine).record([TAKEN, OVERRIDDEN], "magnesium-order-sign", WARD, NOW)
    return engine


def faults(engine: Engine) -> list[str]:
    return list(Audit(engine).faults({}))


def test_what_was_reported_of_cards_is_one_event_however_often_it_is_sent(reported: Engine) -> None:
    FeedbackStore(reported).record([OVERRIDDEN], "magnesium-order-sign", WARD, NOW)
    with reported.connect() as connection:
        (event,) = connection.execute(select(EVENTS)).all()
    assert (event.kind, event.tenant, event.actor) == (REPORTED, "general", "ward")
    assert event.body.count(b"fingerprint") == len([TAKEN, OVERRIDDEN])
    assert faults(reported) == []


@pytest.mark.parametrize(
    "change",
    [{"outcome": "accepted"}, {"tenant": "other"}, {"client": "x"}, {"reason_code": None}, {"has_comment": True}],
)
def test_a_changed_report_is_found(reported: Engine, change: dict[str, object]) -> None:
    with reported.begin() as connection:
        connection.execute(FEEDBACK.update().where(FEEDBACK.c.outcome == "overridden").values(change))
    assert faults(reported) == ["What event 1 says of cards is not what is counted."]


def test_a_report_that_was_forgotten_leaves_its_event(reported: Engine) -> None:
    purge(reported, NOW + timedelta(days=1))
    assert faults(reported) == []


def test_a_flipped_byte_of_an_index_is_found(engine: Engine, store: AdvisoryStore, tmp_path: Path) -> None:
    if engine.dialect.name != "sqlite":
        pytest.skip("PostgreSQL has its own checksums.")
    keep(store, label="Ada Pain")
    with engine.connect() as connection:
        connection.exec_driver_sql("ROLLBACK")
        connection.exec_driver_sql("VACUUM INTO ?", (str(tmp_path / "whole.db"),))
    whole = (tmp_path / "whole.db").read_bytes()
    places = [place for place in range(len(whole)) if whole.startswith(b"ada pain", place)]
    # In the row, and in both indexes of the worklist.
    assert len(places) == len(["row", "worklist", "worklist_all"])
    for place in places:
        damaged = tmp_path / f"{place}.db"
        damaged.write_bytes(whole[:place] + b"e" + whole[place + 1 :])
        copy = open_as_it_is(f"sqlite:///{damaged}")
        assert _found(copy)
        copy.dispose()


def _found(engine: Engine) -> list[str]:
    """Return what is found, or what stops the search."""
    try:
        return faults(engine)
    except StoreUnavailable as told:
        return [str(told)]
