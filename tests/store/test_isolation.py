"""Another tenant's advisory is as if it were not there, whatever is asked of it."""

from collections.abc import Callable

import pytest

from schemas.review import AGREE, Decision, Page, Wanted
from service.store.advisories import AdvisoryStore
from tests.store.made import ANN, BOB, KIDNEY, NOW, keep, new

Ask = Callable[[AdvisoryStore, str, str], object]
NOTHING: dict[str, Ask] = {
    "one": AdvisoryStore.one,
    "summary": AdvisoryStore.summary,
    "previous": AdvisoryStore.previous,
}
REFUSED: dict[str, Ask] = {
    "events": AdvisoryStore.events,
    "viewed": lambda store, tenant, advisory: store.viewed(tenant, advisory, BOB, NOW),
    "add_decision": lambda store, tenant, advisory: store.add_decision(
        tenant, advisory, Decision((KIDNEY,), AGREE), 1, BOB, NOW
    ),
    "sign": lambda store, tenant, advisory: store.sign(tenant, advisory, 1, BOB, NOW),
}
# They name no advisory, or hold nothing of a patient; the tests below are about them.
OTHERS = {"keep", "kept_before", "worklist", "was_raised", "keep_pack", "pack"}


@pytest.mark.parametrize("method", NOTHING)
def test_nothing_is_found_in_another_tenant(store: AdvisoryStore, method: str) -> None:
    keep(store, patient="p-1")
    advisory = keep(store, patient="p-1")
    assert NOTHING[method](store, "general", advisory) is not None
    assert NOTHING[method](store, "other", advisory) is None


@pytest.mark.parametrize("method", REFUSED)
def test_nothing_is_done_in_another_tenant(store: AdvisoryStore, method: str) -> None:
    advisory = keep(store)
    with pytest.raises(KeyError):
        REFUSED[method](store, "other", advisory)
    assert [event.kind for event in store.events("general", advisory)] == ["created"]


def test_every_method_was_tried() -> None:
    methods = {name for name in vars(AdvisoryStore) if not name.startswith("_")}
    assert methods == {*NOTHING, *REFUSED, *OTHERS}


def test_worklists_of_two_tenants_have_nothing_in_common(store: AdvisoryStore) -> None:
    mine, others = keep(store, patient="p-1"), keep(store, BOB, patient="p-1")
    for wanted in (Wanted(), Wanted(None), Wanted(rule=KIDNEY), Wanted(severity="critical"), Wanted(text="p-1")):
        assert [line.id for line in store.worklist("general", wanted).items] == [mine]
        assert [line.id for line in store.worklist("other", wanted).items] == [others]
    assert store.worklist("nobody", Wanted(rule=KIDNEY)) == Page((), None, 0)


def test_a_patient_of_another_tenant_is_another_patient(store: AdvisoryStore) -> None:
    mine, others = keep(store, patient="p-1"), keep(store, BOB, patient="p-1")
    lines = store.summary("general", mine), store.summary("other", others)
    assert [line and line.status for line in lines] == ["open", "open"]


def test_what_was_raised_for_a_patient_of_another_tenant_is_not_known(store: AdvisoryStore) -> None:
    keep(store, patient="p-1")
    assert store.was_raised("general", "p-1", "a" * 64, "critical")
    assert not store.was_raised("other", "p-1", "a" * 64, "critical")


def test_two_tenants_may_use_the_same_idempotency_key(store: AdvisoryStore) -> None:
    mine = store.keep(made := new(), ANN, "key", "body")
    others = store.keep(new(), BOB, "key", "another body")
    assert (mine[0], mine[2], others[2]) == (made.id, True, True)
    assert store.kept_before("nobody", "key", "body") is None
