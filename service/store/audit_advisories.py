"""Compares every kept advisory with its events: what is in it, what was decided, and what state it is in."""

import json
import zlib
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, Row, Select, String, select, type_coerce

from schemas.review import CREATED, DECIDED, OPEN, REPLACED, SIGNED, SIGNED_OFF, SUPERSEDED, VIEWED
from service.store.advisory_tables import ADVISORIES, ADVISORY_TEXTS, DECISIONS, EVENTS, FLAGS, PACKS, TOLD, Instant
from service.store.derived import as_told, record_sha256, searched, sha256, subject_of

__all__ = ["advisory_faults"]

ADVISORIES_AT_ONCE = 100
# A moment is compared as the text it is kept as: one that was changed may no longer be one.
AS_KEPT = [
    type_coerce(column, String).label(column.name) if isinstance(column.type, Instant) else column
    for column in ADVISORIES.c
]
SPOKEN = select(FLAGS.c.number, FLAGS.c.status, FLAGS.c.gravity, TOLD).join(TOLD)
# What reading damaged rows may raise. Whatever it is, such a row is not what its writer wrote.
UNREADABLE = (AttributeError, KeyError, TypeError, ValueError, zlib.error)


@dataclass(slots=True)
class _Parts:
    """What is kept of one advisory beside its row."""

    texts: list[Row[*tuple[Any, ...]]] = field(default_factory=list)
    flags: list[Row[*tuple[Any, ...]]] = field(default_factory=list)
    decisions: list[Row[*tuple[Any, ...]]] = field(default_factory=list)
    events: list[Row[*tuple[Any, ...]]] = field(default_factory=list)

    @property
    def told(self) -> list[tuple[str, str, str]]:
        return [(row.rule, row.outcome, row.severity) for row in self.flags]


def advisory_faults(connection: Connection) -> Iterator[str | None]:
    """Yield, for each advisory, None, or a sentence that names what is not as its events say."""
    held = select(PACKS.c.sha256, PACKS.c.archive_sha256)
    packs = {row.sha256: row.archive_sha256 for row in connection.execute(held)}
    number = 0
    while batch := connection.execute(_after(number)).all():
        parts = _parts(connection, batch)
        for row in batch:
            wrong = _wrong(row._mapping, parts[row.number], packs)
            what = ", ".join(wrong)
            yield f"The advisory kept as event {row.number} is not as its events say: {what}." if wrong else None
        number = batch[-1].number


def _after(number: int) -> Select[*tuple[Any, ...]]:
    return select(*AS_KEPT).where(ADVISORIES.c.number > number).order_by(ADVISORIES.c.number).limit(ADVISORIES_AT_ONCE)


def _parts(connection: Connection, batch: Sequence[Row[*tuple[Any, ...]]]) -> dict[int, _Parts]:
    parts: dict[int, _Parts] = defaultdict(_Parts)
    first, last = batch[0].number, batch[-1].number
    for row in connection.execute(select(ADVISORY_TEXTS).where(ADVISORY_TEXTS.c.number.between(first, last))):
        parts[row.number].texts.append(row)
    for row in connection.execute(SPOKEN.where(FLAGS.c.number.between(first, last))):
        parts[row.number].flags.append(row)
    for row in connection.execute(select(DECISIONS).where(DECISIONS.c.number.between(first, last))):
        parts[row.number].decisions.append(row)
    numbers = {row.id: row.number for row in batch}
    for row in connection.execute(select(EVENTS).where(EVENTS.c.advisory.in_(numbers)).order_by(EVENTS.c.seq)):
        parts[numbers[row.advisory]].events.append(row)
    return parts


def _wrong(row: Mapping[Any, Any], parts: _Parts, packs: Mapping[str, str]) -> list[str]:
    """Name what is not as it must be."""
    try:
        bodies = [json.loads(event.body) for event in parts.events]
        created = bodies[0] if parts.events and parts.events[0].kind == CREATED else None
        if created is None or parts.events[0].seq != row["number"]:
            return ["it was not created by that event"]
        must_be = {
            "record": created["record"], "input_sha256": created["input"], "answer_sha256": created["answer"],
            "pack_sha256": created["pack"], **_follows(row, parts), **_state(parts, bodies),
        }  # fmt: skip
        if created["archive"] is not None:
            must_be["archive"] = created["archive"]
        is_now = {**row, **_made(row, parts), "archive": packs.get(row["pack_sha256"])}
    except UNREADABLE:
        return ["something in it can no longer be read"]
    return [name for name, value in must_be.items() if is_now[name] != value]


def _made(row: Mapping[Any, Any], parts: _Parts) -> dict[str, Any]:
    """Return what is compared with the events, and is not a column."""
    (texts,) = parts.texts
    return {
        "record": record_sha256(row, parts.told),
        "input": sha256(zlib.decompress(texts.input)),
        "answer": sha256(zlib.decompress(texts.answer)),
        "place of flags": {(flag.tenant, flag.status, flag.gravity) for flag in parts.flags},
        "tenant of events": {event.tenant for event in parts.events},
        "decisions": {(made.seq, made.rule, made.choice, made.reason, made.comment) for made in parts.decisions},
    }


def _follows(row: Mapping[Any, Any], parts: _Parts) -> dict[str, Any]:
    """Return what must follow from the row itself and from its flags."""
    told = as_told(parts.told)
    return {
        "input": row["input_sha256"], "answer": row["answer_sha256"],
        "subject": subject_of(row["tenant"], row["patient"]), "patient_searched": searched(row["patient"]),
        "label_searched": searched(row["label"]), **told,
        "place of flags": {(row["tenant"], row["status"], told["gravity"]) for _ in parts.told},
        "tenant of events": {row["tenant"]},
    }  # fmt: skip


def _state(parts: _Parts, bodies: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return the state that the events lead to, and the decisions that they hold."""
    state: dict[str, Any] = {"status": OPEN, "superseded_by": None, "signed_by": None, "signed_at": None}
    decisions = set()
    for event, body in zip(parts.events, bodies, strict=True):
        if event.kind == REPLACED:
            state |= {"status": SUPERSEDED, "superseded_by": body["superseded_by"]}
        elif event.kind == SIGNED_OFF:
            state |= {"status": SIGNED, "signed_by": event.actor, "signed_at": event.at}
        elif event.kind == DECIDED:
            what = (body["choice"], body["reason"], body["comment"])
            decisions |= {(event.seq, rule, *what) for rule in body["rules"]}
    decided = {rule for _, rule, *_ in decisions}
    return {
        **state, "decisions": decisions, "revision": sum(event.kind != VIEWED for event in parts.events),
        "undecided": sum(rule not in decided for rule, _, _ in parts.told),
    }  # fmt: skip
