"""The worklist: gravest and newest first, every filter, and pages that miss and repeat nothing."""

from base64 import urlsafe_b64encode
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from itertools import product

import pytest

from schemas.review import OPEN, SUPERSEDED, Summary, Wanted
from service.store import worklist as worklist_module
from service.store.advisories import AdvisoryStore
from tests.store.made import ANN, FORM, KIDNEY, NOW, SIGN, keep, new

CRITICAL, WARNING, INFO = ((KIDNEY, "raised", severity) for severity in ("critical", "warning", "info"))
UNSURE = (FORM, "cannot_say", "warning")


def ids(store: AdvisoryStore, wanted: Wanted = Wanted(), size: int = 50) -> list[str]:  # noqa: B008 (it is frozen)
    return [line.id for line in store.worklist("general", wanted, None, size).items]


def pages(store: AdvisoryStore, wanted: Wanted, size: int) -> Iterator[tuple[Summary, ...]]:
    page = store.worklist("general", wanted, None, size)
    yield page.items
    while page.next:
        page = store.worklist("general", wanted, page.next, size)
        yield page.items


def test_the_gravest_come_first_and_of_these_the_newest(store: AdvisoryStore) -> None:
    kept = [keep(store, told=told) for told in ((), (INFO,), (CRITICAL,), (WARNING,), (INFO, UNSURE), (CRITICAL,))]
    assert ids(store) == [kept[each] for each in (5, 2, 4, 3, 1, 0)]
    assert [line.worst for line in store.worklist("general", Wanted()).items] == [
        "critical", "critical", "warning", "warning", "info", None,
    ]  # fmt: skip


def test_each_filter_keeps_what_it_says(store: AdvisoryStore) -> None:
    hour = timedelta(hours=1)
    a = keep(store, told=(CRITICAL, UNSURE), patient="p-1", label="Ada Pain")
    b = keep(store, told=((FORM, "raised", "info"),), patient="P-22", label="ärger 100%", created_at=NOW + hour)
    c = keep(store, told=(INFO,), patient="q", label="Adam", created_at=NOW + 2 * hour)
    d = keep(store, told=(), created_at=NOW + 3 * hour)
    old = keep(store, patient="q-2", told=(CRITICAL,))
    keep(store, patient="q-2", told=(), created_at=NOW + 3 * hour)
    cases: dict[Wanted, set[str]] = {
        Wanted(SUPERSEDED): {old}, Wanted(SUPERSEDED, rule=KIDNEY): {old}, Wanted(None, rule=KIDNEY): {a, c, old},
        Wanted(rule=KIDNEY): {a, c}, Wanted(rule=SIGN): set(), Wanted(rule=FORM): {a, b},
        Wanted(severity="critical"): {a}, Wanted(severity="warning"): {a}, Wanted(outcome="cannot_say"): {a},
        Wanted(outcome="raised"): {a, b, c}, Wanted(severity="info"): {b, c},
        Wanted(severity="critical", outcome="cannot_say"): set(), Wanted(rule=FORM, outcome="cannot_say"): {a},
        Wanted(rule=FORM, severity="critical"): set(), Wanted(rule=KIDNEY, severity="info", outcome="raised"): {c},
        Wanted(text="p-"): {a, b}, Wanted(text="ADA"): {a, c}, Wanted(text="ada "): {a}, Wanted(text="pain"): set(),
        Wanted(text="%"): set(), Wanted(text="Ä"): {b}, Wanted(text="ärger 100%"): {b}, Wanted(text="_"): set(),
        Wanted(text="ada", rule=KIDNEY): {a, c}, Wanted(text="ada", rule=FORM): {a},
        Wanted(since=NOW + hour, until=NOW + 2 * hour): {b}, Wanted(since=NOW + hour, rule=KIDNEY): {c},
        Wanted(until=NOW, rule=KIDNEY): set(),
    }  # fmt: skip
    found = {wanted: set(ids(store, wanted)) for wanted in cases}
    assert found == cases
    assert [store.worklist("general", wanted).total for wanted in cases] == [len(each) for each in cases.values()]
    assert d in ids(store)


@pytest.mark.parametrize(("few", "wanted"), [*product([0, 2000], [Wanted(), Wanted(None, rule=KIDNEY, text="p")])])
def test_pages_miss_and_repeat_nothing_while_others_arrive(
    store: AdvisoryStore, monkeypatch: pytest.MonkeyPatch, few: int, wanted: Wanted
) -> None:
    monkeypatch.setattr(worklist_module, "FEW", few)
    kept = [keep(store, told=(told,), patient=f"p-{number}")
            for number, told in enumerate((CRITICAL, WARNING, INFO) * 3)]  # fmt: skip
    seen = []
    for page in pages(store, wanted, 2):
        seen += [line.id for line in page]
        keep(store, told=(CRITICAL,), patient=f"p-new-{len(seen)}")
    assert sorted(seen) == sorted(kept)
    assert [kept.index(each) % 3 for each in seen] == [0, 0, 0, 1, 1, 1, 2, 2, 2]


def test_the_last_page_has_no_next(store: AdvisoryStore) -> None:
    for _ in range(4):
        keep(store)
    assert [len(page) for page in pages(store, Wanted(), 2)] == [2, 2]
    assert store.worklist("general", Wanted(), None, 0).items != ()


def test_beyond_the_most_it_is_not_counted(store: AdvisoryStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worklist_module, "MOST_COUNTED", 2)
    for total in (1, 2, None, None):
        keep(store)
        assert store.worklist("general", Wanted()).total == total
        assert store.worklist("general", Wanted(rule=KIDNEY)).total == total


NOT_CURSORS = [
    *("", "x", "MS4", "MS4x=", "MS4x\n", "Mi41é"),
    *(urlsafe_b64encode(text).decode().rstrip("=") for text in (b"4.1", b"1.01", b"1.-1", b"1.9999999999999999999")),
]


def test_a_cursor_that_is_none_of_ours_is_refused(store: AdvisoryStore) -> None:
    for cursor in NOT_CURSORS:
        with pytest.raises(ValueError, match="cursor"):
            store.worklist("general", Wanted(), cursor)


def test_a_word_that_there_is_not_is_refused(store: AdvisoryStore) -> None:
    for wanted in (Wanted(severity="grave"), Wanted(outcome="perhaps")):
        with pytest.raises(ValueError, match="no such"):
            store.worklist("general", wanted)


def test_a_label_of_any_length_is_kept_and_found_by_its_beginning(store: AdvisoryStore) -> None:
    label = "Wolfeschlegelsteinhausenbergerdorff " * 500
    advisory = store.keep(replace(new(), label=label, patient=label), ANN)[0]
    kept = store.one("general", advisory)
    assert kept is not None
    assert (kept.summary.label, kept.summary.status) == (label, OPEN)
    assert ids(store, Wanted(text=label)) == [advisory]
