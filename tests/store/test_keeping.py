"""What is kept, once, by one writer at a time; what is decided on it; and who finds out that they were too late."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import Engine, func, select, text
from sqlalchemy.exc import IntegrityError

from schemas.review import AGREE, OVERRIDE, Conflict, Decision
from service.store.advisories import AdvisoryStore, KeyReused, NotTold, Undecided
from service.store.advisory_tables import ADVISORIES, ADVISORY_TEXTS, DECISIONS, EVENTS, PACKS
from service.store.audit import Audit
from service.store.database import open_database
from service.store.transactions import StoreUnavailable, reading, writing
from tests.racing import race
from tests.store.made import ANN, FORM, KIDNEY, NOW, SIGN, agree, keep, new

AT_ONCE = 20
KEEP_ONE = """
from dataclasses import replace
from service.store.advisories import AdvisoryStore
from service.store.database import open_database
from tests.store.made import ANN, new
store = AdvisoryStore(open_database(sys.argv[1]))
wait()
print(*store.keep(new(), ANN, "key"))
"""


def rows(engine: Engine) -> int:
    with reading(engine) as connection:
        return int(connection.execute(select(func.count()).select_from(ADVISORIES)).scalar_one())


def test_what_was_kept_comes_back_as_it_was(store: AdvisoryStore) -> None:
    given = new(patient="p-1", label="Ada Pain", answer=b"\x00\xff" * 1000)
    assert store.keep(given, ANN) == (given.id, given.answer, True)
    kept = store.one("general", given.id)
    assert kept is not None
    assert (kept.kind, kept.input, kept.answer, dict(kept.decisions)) == ("profile", given.input, given.answer, {})
    line = kept.summary
    assert (line.created_at, line.as_of, line.patient, line.label) == (NOW, NOW.date(), "p-1", "Ada Pain")
    assert (line.worst, line.raised, line.cannot_say, line.undecided) == ("critical", 1, 1, 2)
    assert (line.status, line.revision, line.pack_version, line.pack_sha256) == ("open", 1, "1.0.0", "a" * 64)


def test_an_input_that_is_not_what_its_hash_says_is_a_mistake_of_ours(store: AdvisoryStore, engine: Engine) -> None:
    with pytest.raises(ValueError, match="hash"):
        keep(store, input=b"another")
    assert rows(engine) == 0


def test_every_connection_that_keeps_waits_for_the_disk(engine: Engine) -> None:
    for durable in (True, False):
        with writing(engine, durable) as connection:
            if engine.dialect.name == "sqlite":
                level = connection.execute(text("PRAGMA synchronous")).scalar_one()
                assert level == (2 if durable else 1)


def test_a_retry_is_given_what_was_kept(store: AdvisoryStore, engine: Engine) -> None:
    first, again = new(answer=b"first"), new(answer=b"again")
    assert store.kept_before("general", "key", "body") is None
    assert store.keep(first, ANN, "key", "body") == (first.id, b"first", True)
    assert store.keep(again, ANN, "key", "body") == (first.id, b"first", False)
    assert store.kept_before("general", "key", "body") == (first.id, b"first")
    assert rows(engine) == 1


def test_a_key_with_another_body_is_refused(store: AdvisoryStore, engine: Engine) -> None:
    store.keep(new(), ANN, "key", "body")
    with pytest.raises(KeyReused):
        store.keep(new(), ANN, "key", "another")
    with pytest.raises(KeyReused):
        store.kept_before("general", "key", "another")
    assert rows(engine) == 1


def test_of_twenty_at_once_with_one_key_one_is_kept(store: AdvisoryStore, engine: Engine) -> None:
    with ThreadPoolExecutor(AT_ONCE) as pool:
        kept = list(pool.map(lambda _: store.keep(new(), ANN, "key"), range(AT_ONCE)))
    assert len({advisory for advisory, _, _ in kept}) == 1
    assert sorted(is_new for _, _, is_new in kept) == [False] * (AT_ONCE - 1) + [True]
    assert rows(engine) == 1


def test_of_two_processes_with_one_key_one_keeps(url: str, engine: Engine) -> None:
    printed = [line.split()[0] for line in race(KEEP_ONE, url, 2)]
    assert printed[0] == printed[1]
    assert rows(engine) == 1


def test_all_at_once_without_a_key_are_all_kept_in_one_chain(store: AdvisoryStore, engine: Engine) -> None:
    with ThreadPoolExecutor(AT_ONCE) as pool:
        list(pool.map(lambda number: keep(store, patient=f"p-{number % 3}"), range(AT_ONCE)))
    assert rows(engine) == AT_ONCE
    assert list(Audit(engine).faults({})) == []


def test_a_new_advisory_takes_the_place_of_open_ones_of_its_patient(store: AdvisoryStore) -> None:
    signed, other = keep(store, patient="p-1", told=()), keep(store, patient="p-2")
    store.sign("general", signed, 1, ANN, NOW)
    older, newer = keep(store, patient="p-1"), keep(store, patient="p-1")
    without = keep(store), keep(store)
    lines = {each: store.summary("general", each) for each in (signed, other, older, newer, *without)}
    told = {each: (line.status, line.superseded_by, line.revision) for each, line in lines.items() if line}
    assert told == {
        signed: ("signed", None, 2), other: ("open", None, 1), older: ("superseded", newer, 2),
        newer: ("open", None, 1), without[0]: ("open", None, 1), without[1]: ("open", None, 1),
    }  # fmt: skip
    assert [event.kind for event in store.events("general", older)] == ["created", "superseded"]
    assert store.previous("general", newer) == older
    assert store.previous("general", older) == signed
    assert store.previous("general", signed) is None
    assert store.previous("general", without[1]) is None


def test_patients_whose_ids_differ_in_one_capital_are_two(store: AdvisoryStore) -> None:
    first = keep(store, patient="p-a")
    keep(store, patient="P-A")
    line = store.summary("general", first)
    assert line is not None
    assert line.status == "open"


def test_a_later_decision_stands_and_both_are_in_the_history(store: AdvisoryStore) -> None:
    advisory = keep(store)
    assert agree(store, advisory, 1) == 2
    again = Decision((KIDNEY,), OVERRIDE, "cds-not-applicable", "dialysis today")
    assert store.add_decision("general", advisory, again, 2, ANN, NOW + timedelta(minutes=1)) == 3
    kept = store.one("general", advisory)
    assert kept is not None
    assert {rule: (made.choice, made.comment) for rule, made in kept.decisions.items()} == {
        KIDNEY: (OVERRIDE, "dialysis today"), FORM: (AGREE, None),
    }  # fmt: skip
    assert (kept.decisions[KIDNEY].by, kept.decisions[KIDNEY].at) == ("ann", NOW + timedelta(minutes=1))
    assert [event.kind for event in store.events("general", advisory)] == ["created", "decided", "decided"]


def test_whoever_read_an_older_revision_is_told_what_happened_since(store: AdvisoryStore) -> None:
    advisory = keep(store)
    agree(store, advisory, 1, KIDNEY)
    store.viewed("general", advisory, ANN, NOW)
    agree(store, advisory, 2, FORM)
    with pytest.raises(Conflict) as late:
        agree(store, advisory, 2, FORM)
    assert late.value.revision == 3
    assert [event.body["rules"] for event in late.value.events] == [[FORM]]
    with pytest.raises(Conflict) as later:
        store.sign("general", advisory, 1, ANN, NOW)
    assert [event.body["rules"] for event in later.value.events] == [[KIDNEY], [FORM]]


def test_of_many_decisions_on_one_revision_one_is_taken(store: AdvisoryStore) -> None:
    advisory = keep(store)

    def decide(_: int) -> int | None:
        try:
            return agree(store, advisory, 1)
        except Conflict:
            return None

    with ThreadPoolExecutor(AT_ONCE) as pool:
        revisions = [revision for revision in pool.map(decide, range(AT_ONCE)) if revision]
    assert revisions == [2]


def test_it_is_signed_when_every_flag_has_a_decision(store: AdvisoryStore) -> None:
    advisory = keep(store)
    agree(store, advisory, 1, KIDNEY)
    with pytest.raises(Undecided) as early:
        store.sign("general", advisory, 2, ANN, NOW)
    assert early.value.rules == (FORM,)
    agree(store, advisory, 2, FORM)
    assert store.sign("general", advisory, 3, ANN, NOW) == 4
    kept = store.one("general", advisory)
    assert kept is not None
    assert (kept.summary.status, kept.summary.undecided, kept.signed_by, kept.signed_at) == ("signed", 0, "ann", NOW)


def test_nothing_is_decided_on_a_signed_or_superseded_advisory(store: AdvisoryStore) -> None:
    signed = keep(store, told=())
    store.sign("general", signed, 1, ANN, NOW)
    with pytest.raises(Conflict, match="signed off by ann"):
        store.sign("general", signed, 2, ANN, NOW)
    older = keep(store, patient="p-1")
    keep(store, patient="p-1")
    with pytest.raises(Conflict, match="newer advisory"):
        agree(store, older, 2)


def test_a_decision_is_on_flags_that_are_there(store: AdvisoryStore) -> None:
    advisory = keep(store)
    with pytest.raises(NotTold) as wrong:
        agree(store, advisory, 1, KIDNEY, SIGN)
    assert wrong.value.rules == (SIGN,)
    with pytest.raises(NotTold):
        store.add_decision("general", advisory, Decision((), AGREE), 1, ANN, NOW)
    assert len(store.events("general", advisory)) == 1


def test_the_database_itself_refuses_to_change_what_was_written(store: AdvisoryStore, engine: Engine) -> None:
    agree(store, keep(store), 1)
    store.keep_pack("b" * 64, "pack", "1", b"archive")
    for table, column in ((EVENTS, "actor"), (DECISIONS, "choice"), (ADVISORY_TEXTS, "input"), (PACKS, "name")):
        for statement in (table.update().values({column: table.c[column]}), table.delete()):
            with pytest.raises(IntegrityError, match="append-only"), writing(engine) as connection:
                connection.execute(statement)


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
def test_sqlite_refuses_to_replace_what_was_written(store: AdvisoryStore, engine: Engine) -> None:
    agree(store, keep(store), 1)
    store.keep_pack("b" * 64, "pack", "1", b"archive")
    for table in ("events", "decisions", "advisory_texts", "packs"):
        with pytest.raises(IntegrityError, match="append-only"), writing(engine) as connection:
            connection.execute(text(f"INSERT OR REPLACE INTO {table} SELECT * FROM {table}"))


def test_a_damaged_answer_is_never_given(store: AdvisoryStore, engine: Engine) -> None:
    advisory = keep(store)
    with writing(engine) as connection:
        connection.execute(ADVISORIES.update().values(answer_sha256="0" * 64))
    with pytest.raises(StoreUnavailable, match="audit verify"):
        store.one("general", advisory)


def test_packs_are_kept_once_by_digest(store: AdvisoryStore) -> None:
    assert store.pack("b" * 64) is None
    assert store.keep_pack("b" * 64, "pack", "1", b"archive")
    assert not store.keep_pack("b" * 64, "pack", "1", b"another")
    assert store.pack("b" * 64) == b"archive"


def test_every_time_needs_a_zone(store: AdvisoryStore, engine: Engine) -> None:
    with pytest.raises(ValueError, match="zone"):
        keep(store, created_at=NOW.replace(tzinfo=None))
    with reading(engine) as connection:
        assert connection.execute(select(func.count()).select_from(EVENTS)).scalar_one() == 0


def test_what_is_kept_outlives_the_process(url: str) -> None:
    first = open_database(url)
    advisory = keep(AdvisoryStore(first))
    first.dispose()
    second = open_database(url)
    assert AdvisoryStore(second).one("general", advisory) is not None
    second.dispose()
