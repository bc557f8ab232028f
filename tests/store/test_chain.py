"""Whatever is changed behind the store's back is found, and told in a sentence that says where."""

import re
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from typing import Any

import pytest
from sqlalchemy import (
    ColumnElement,
    Connection,
    Delete,
    Engine,
    Executable,
    LargeBinary,
    Table,
    Update,
    cast,
    literal_column,
    text,
    true,
)

from schemas.review import OVERRIDE, Decision
from service.store import audit as audit_module
from service.store.advisories import AdvisoryStore
from service.store.advisory_tables import ADVISORIES, ADVISORY_TEXTS, DECISIONS, EVENTS, FLAGS, PACKS, TOLD
from service.store.audit import Audit
from service.store.chain import GENESIS, Head, digest, head
from tests.store.made import ANN, FORM, KIDNEY, NOW, agree, keep

# What `full` keeps: events 1 to 4 of a signed advisory, 5 and 7 of one that was superseded, 6 of the one in its place.
LAST = 7


@pytest.fixture
def full(store: AdvisoryStore, engine: Engine) -> Engine:
    store.keep_pack("a" * 64, "pack", "1", b"archive")
    first = keep(store, patient="p-1", label="Ada Pain")
    comment = Decision((KIDNEY, FORM), OVERRIDE, "cds-not-applicable", "a comment")
    store.add_decision("general", first, comment, 1, ANN, NOW)
    store.viewed("general", first, ANN, NOW)
    store.sign("general", first, 2, ANN, NOW)
    keep(store, patient="p-2")
    keep(store, patient="p-2")
    return engine


@contextmanager
def behind(engine: Engine) -> Iterator[Connection]:
    """Open a transaction as somebody who may do anything: nothing is refused, nothing is checked."""
    with engine.connect() as connection:
        if engine.dialect.name == "sqlite":
            connection.exec_driver_sql("ROLLBACK")
            connection.exec_driver_sql("PRAGMA foreign_keys=OFF")
            for (name,) in connection.exec_driver_sql("SELECT name FROM sqlite_master WHERE type = 'trigger'").all():
                connection.exec_driver_sql(f"DROP TRIGGER {name}")
            connection.exec_driver_sql("BEGIN")
        else:
            connection.execute(text("SET LOCAL session_replication_role = replica"))
        yield connection
        connection.commit()
        connection.invalidate()


def faults(engine: Engine, **heads: Head) -> list[str]:
    return list(Audit(engine).faults(heads))


def change(engine: Engine, *statements: Executable) -> None:
    with behind(engine) as connection:
        for statement in statements:
            connection.execute(statement)


def of_advisory(number: int) -> list[Delete]:
    """Return what removes all that is kept of one advisory, but for its events."""
    return [table.delete().where(table.c.number == number) for table in (ADVISORY_TEXTS, FLAGS, DECISIONS, ADVISORIES)]


def test_what_was_not_touched_has_no_faults(full: Engine) -> None:
    audit = Audit(full)
    assert list(audit.faults({"the head": head(full)})) == []
    assert (audit.events, audit.advisories, audit.head) == (LAST, 3, head(full))
    assert audit.head.seq == LAST


def test_an_empty_chain_has_no_faults(engine: Engine) -> None:
    assert head(engine) == Head(0, GENESIS, None)
    assert faults(engine, first=head(engine)) == []


SPOILT = "substr({0}, 1, length({0}) - 1)"
TEXTS = {
    EVENTS: "advisory tenant kind at actor previous hash",
    ADVISORIES: "id tenant created_at as_of kind patient label pack_version pack_sha256 input_sha256 answer_sha256"
    " subject patient_searched label_searched status signed_by signed_at",
    DECISIONS: "rule choice reason comment",
    TOLD: "tenant rule outcome severity",
    FLAGS: "status",
}
NUMBERS = {
    EVENTS: "seq",
    ADVISORIES: "number gravity told_kinds raised cannot_say revision undecided",
    DECISIONS: "seq number",
    FLAGS: "number gravity",
    ADVISORY_TEXTS: "number",
}
BYTES = {EVENTS: "body", ADVISORY_TEXTS: "input answer", PACKS: "archive"}
NOTHING_THERE = {ADVISORIES: "superseded_by"}
CHANGES = [
    (table, name, written)
    for names, written in (
        (TEXTS, SPOILT + " || '~'"),
        (NUMBERS, "{0} + 100"),
        (BYTES, SPOILT),
        (NOTHING_THERE, "'x'"),
        ({ADVISORIES: "patient label", DECISIONS: "reason comment"}, "NULL"),
    )
    for table, words in names.items()
    for name in words.split()
]
# The first advisory (event 1) and its decision (event 2); there is one pack, and what was told is told to all.
WHERE = {EVENTS: EVENTS.c.seq == 2, DECISIONS: DECISIONS.c.seq == 2, TOLD: TOLD.c.severity == "critical", PACKS: true()}


def changing(table: Table, column: str, written: str) -> Update:
    """Return what changes one column of what belongs to the first advisory."""
    value: ColumnElement[Any] = literal_column(written.format(column))
    if isinstance(table.c[column].type, LargeBinary):
        value = cast(value, LargeBinary)
    numbered = table.c.number == 1 if "number" in table.c else true()
    return table.update().where(WHERE.get(table, numbered)).values({column: value})


def test_one_changed_column_is_found_whichever_it_is(full: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    told = {}
    with behind(full) as connection:
        # Each is undone before the next: the audit looks through the same transaction.
        monkeypatch.setattr(audit_module, "snapshot", lambda _: nullcontext(connection))
        for table, column, written in CHANGES:
            savepoint = connection.begin_nested()
            assert connection.execute(changing(table, column, written)).rowcount > 0
            told[table.name, column, written] = faults(full)
            savepoint.rollback()
        assert faults(full) == []
    assert [change for change, found in told.items() if not found] == []
    sentences = [sentence for found in told.values() for sentence in found]
    assert all(re.search(r"[Ee]vents? \d|rules of version", sentence) for sentence in sentences)
    assert not [sentence for sentence in sentences if "Ada" in sentence or "p-1" in sentence]


def test_every_column_is_tried() -> None:
    tried = {(table, name) for table, name, _ in CHANGES}
    assert {(table, column.name) for table in (EVENTS, ADVISORIES, DECISIONS) for column in table.c} <= tried


def move(seq: int, to: int) -> Update:
    return EVENTS.update().where(EVENTS.c.seq == seq).values(seq=to)


def pushed_in(before: int) -> list[Executable]:
    """Return what pushes an event in: the later ones make room, and its own hash is right."""
    row = {
        "seq": before, "advisory": "x", "tenant": "general", "kind": "viewed", "at": "", "actor": "ann", "body": b"{}",
        "previous": GENESIS,
    }  # fmt: skip
    return [
        *(move(seq, seq + 1) for seq in range(LAST, before - 1, -1)),
        EVENTS.insert().values(hash=digest(row), **row),
    ]


def gone(*seqs: int) -> Delete:
    return EVENTS.delete().where(EVENTS.c.seq.in_(seqs))


AS_SAID = "The advisory kept as event 1 is not as its events say: "
OPENED = ADVISORIES.update().where(ADVISORIES.c.number == 1).values(status="open", revision=1)
DONE: dict[str, tuple[list[Executable], str]] = {
    "one event is gone": ([gone(3)], "Event 3 is missing."),
    "several are gone": ([gone(2, 3)], "Events 2 to 3 are missing."),
    "the first is gone": ([gone(1)], "Event 1 is missing."),
    "two changed places": (
        [move(2, 99), move(3, 2), move(99, 3)],
        "Event 2 was not written after the event that stands before it.",
    ),
    "one was pushed in": (pushed_in(3), "Event 4 was not written after the event that stands before it."),
    "an advisory is gone": ([*of_advisory(1)], "Event 1 is of an advisory that is not there."),
    "only its row is gone": (
        [ADVISORIES.delete().where(ADVISORIES.c.number == 1)],
        "There is a text of the advisory kept as event 1, which is not there.",
    ),
    "its texts are gone": (
        [ADVISORY_TEXTS.delete().where(ADVISORY_TEXTS.c.number == 1)],
        AS_SAID + "something in it can no longer be read.",
    ),
    "a flag is gone": (
        [FLAGS.delete().where(FLAGS.c.number == 1, FLAGS.c.told == 1)],
        AS_SAID + "record, gravity, told_kinds, raised, place of flags.",
    ),
    "a decision is gone": ([DECISIONS.delete().where(DECISIONS.c.rule == FORM)], AS_SAID + "decisions."),
    "a signed one was opened": ([OPENED], AS_SAID + "place of flags, status, revision."),
}


def test_what_was_done_to_it_is_told(full: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    found = {}
    with behind(full) as connection:
        monkeypatch.setattr(audit_module, "snapshot", lambda _: nullcontext(connection))
        for what, (statements, _) in DONE.items():
            savepoint = connection.begin_nested()
            for statement in statements:
                connection.execute(statement)
            found[what] = faults(full)
            savepoint.rollback()
    assert {what: told for what, (_, told) in DONE.items() if told not in found[what]} == {}, found


def test_a_fault_is_told_once(full: Engine) -> None:
    change(full, EVENTS.update().where(EVENTS.c.seq == 3).values(actor="somebody"))
    assert faults(full) == ["Event 3 is not as it was written: its hash does not fit it."]


def test_a_tail_that_was_cut_off_cleanly_is_found_by_a_kept_head_alone(full: Engine) -> None:
    kept = head(full)
    reopened = {"status": "open", "revision": 1, "superseded_by": None}
    change(
        full, *of_advisory(6), gone(6, 7), ADVISORIES.update().where(ADVISORIES.c.number == 5).values(reopened),
        FLAGS.update().where(FLAGS.c.number == 5).values(status="open"),
    )  # fmt: skip
    assert faults(full) == []
    (fault,) = faults(full, monday=kept)
    assert fault == "The chain ends at event 5, but monday is the head at event 7: its end was cut off."


def rebuild(engine: Engine) -> None:
    """Change what somebody said, and write every hash from there anew, as only a thorough forger would."""
    with behind(engine) as connection:
        connection.execute(EVENTS.update().where(EVENTS.c.seq == 3).values(actor="somebody"))
        previous = GENESIS
        for row in connection.execute(EVENTS.select().order_by(EVENTS.c.seq)).all():
            columns: dict[str, Any] = dict(row._mapping) | {"previous": previous}
            columns["hash"] = previous = digest(columns)
            connection.execute(EVENTS.update().where(EVENTS.c.seq == row.seq), columns)


def test_a_chain_that_was_written_anew_is_found_by_a_kept_head_alone(full: Engine, store: AdvisoryStore) -> None:
    kept = head(full)
    rebuild(full)
    assert faults(full) == []
    agree(store, keep(store), 1)
    (fault,) = faults(full, monday=kept)
    assert fault == "Event 7 is not the one that monday is the head at: the chain was written anew up to there."


def test_a_kept_head_holds_however_the_chain_has_grown(full: Engine, store: AdvisoryStore) -> None:
    kept = head(full)
    agree(store, keep(store), 1)
    assert faults(full, monday=kept) == []


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)  # PostgreSQL refuses to store them.
def test_bytes_that_are_no_text_are_told_and_not_stumbled_over(full: Engine) -> None:
    change(
        full,
        text("UPDATE events SET actor = CAST(x'ff' AS TEXT) WHERE seq = 2"),
        text("UPDATE advisories SET label = CAST(x'ff' AS TEXT), created_at = 'x' WHERE number = 1"),
    )
    assert faults(full) == [
        "Event 2 is not as it was written: its hash does not fit it.", AS_SAID + "record, label_searched.",
    ]  # fmt: skip
