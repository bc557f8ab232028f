"""Whatever was kept is the same again, byte for byte, whoever evaluates it and on whichever day."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.review import Actor, Replay
from service.wiring.reviewing import Reviewing
from service.wiring.service import build_service
from service.wiring.settings import Settings
from tests.properties.test_a_bundle_means_its_profile import bundle_of, charts
from tests.properties.test_real_pack import PROFILES

ACTOR = Actor("somebody", "integration", "general")
MOMENTS = st.integers(0, 3 * 365 * 24 * 60).map(
    lambda minutes: datetime(2025, 6, 1, tzinfo=UTC) + timedelta(minutes=minutes)
)
INPUTS = st.one_of(
    st.tuples(st.just("profile"), PROFILES),
    st.tuples(st.just("fhir"), charts.map(bundle_of)),
)


@pytest.fixture(scope="module")
def workers(tmp_path_factory: pytest.TempPathFactory) -> tuple[Reviewing, Reviewing]:
    """Return two workers on one database."""
    database = f"sqlite:///{tmp_path_factory.mktemp('replay')}/magflag.db"
    one, other = (build_service(Settings(database=database)).reviews for _ in range(2))
    assert one
    assert other
    return one, other


@settings(max_examples=60, deadline=None)
@given(given_input=INPUTS, now=MOMENTS)
def test_what_was_kept_is_the_same_again(
    workers: tuple[Reviewing, Reviewing], given_input: tuple[str, Any], now: datetime
) -> None:
    kind, data = given_input
    kept = workers[0].keep(json.dumps(data).encode(), kind=kind, actor=ACTOR, now=now)
    assert workers[1].replay(ACTOR.tenant, kept.id) == Replay(same=True)
    found = workers[1].background(ACTOR.tenant, kept.id)
    assert found is not None
    assert found.is_same
