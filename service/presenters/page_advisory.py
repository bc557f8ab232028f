"""One advisory as the screen shows it, from top to bottom: see the decision record on the screen."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cached_property
from typing import Any

from schemas.override_reasons import DISPLAYS
from schemas.review import OPEN, Event, KeptAdvisory
from service.engine.reference import RAISED
from service.facts.model import Interval
from service.presenters.page_clear import ClearGroup, clear_groups
from service.presenters.page_data import DataRow, data_rows
from service.presenters.page_flag import Decided, FlagView, SeverityGroup, decided_of, severity_groups
from service.presenters.page_history import EventRow, event_rows
from service.presenters.page_sources import Library
from service.presenters.page_timeline import Timeline, timeline
from service.presenters.page_unknown import Unknown, unknowns
from service.presenters.page_words import (
    STATUS_WORDS,
    counted,
    day_words,
    moment_words,
    plain_number,
    record_text,
    titles_of,
)
from service.presenters.reading import Reading

NOT_KNOWN = "not known"
SIGN_OFF = "sign-off"


@dataclass(frozen=True, slots=True)
class Banner:
    """Whose record it is, of when, and by which rules."""

    name: str
    patient: str
    age: str
    sex: str
    evaluated: str
    as_of: str
    data: str
    pack: str
    pack_version: str
    pack_sha256: str
    is_reviewed: bool


@dataclass(frozen=True, slots=True)
class Item:
    """Something that waits for a decision: where it is on the page, what it is called, and which rules it is about."""

    anchor: str
    title: str
    rules: tuple[str, ...]


@dataclass(frozen=True)
class AdvisoryView:
    """Everything on the page of one advisory."""

    id: str
    revision: int
    status: str
    banner: Banner
    answer: Mapping[str, Any]
    groups: tuple[SeverityGroup, ...]
    unknowns: tuple[Unknown, ...]
    clear: tuple[ClearGroup, ...] | None
    data: tuple[DataRow, ...]
    timeline: Timeline | None
    decided: Mapping[str, Decided]
    titles: Mapping[str, str]
    history: tuple[EventRow, ...]
    signed_by: str | None
    signed_when: str
    superseded_by: str | None
    previous: str | None
    is_explained: bool
    is_same: bool

    @property
    def is_open(self) -> bool:
        """Whether it may still be decided on."""
        return self.status == OPEN

    @property
    def status_words(self) -> str:
        """How far its review is."""
        return STATUS_WORDS[self.status]

    @cached_property
    def flags(self) -> tuple[FlagView, ...]:
        """Everything that was raised, in the order of the page."""
        return tuple(flag for group in self.groups for flag in group.flags)

    @property
    def cannot_say(self) -> int:
        """How many flags cannot be answered."""
        return sum(flag["outcome"] != RAISED for flag in self.answer["flags"])

    @property
    def not_raised(self) -> int | None:
        """How many rules were looked at and not raised; None where the rules of that day are not at hand."""
        return None if self.clear is None else sum(len(group.rows) for group in self.clear)

    @cached_property
    def items(self) -> tuple[Item, ...]:
        """What is to be decided, in the order of the page; a flag that waits for two things stands with both."""
        flags = [Item(flag.anchor, flag.title, (flag.rule,)) for flag in self.flags]
        return (*flags, *(Item(group.anchor, group.heading, group.rules) for group in self.unknowns))

    @cached_property
    def left(self) -> tuple[Item, ...]:
        """What nobody has decided on."""
        found, seen = [], set(self.decided)
        for item in self.items:
            if not seen.issuperset(item.rules):
                found.append(item)
                seen.update(item.rules)
        return tuple(found)

    @property
    def decided_count(self) -> int:
        """On how many flags somebody has decided."""
        return len(self.answer["flags"]) - self.undecided_count

    @property
    def undecided_count(self) -> int:
        """On how many flags nobody has decided."""
        return sum(flag["rule"] not in self.decided for flag in self.answer["flags"])

    def undecided(self, rules: Iterable[str]) -> tuple[str, ...]:
        """Return the rules of these that nobody has decided on."""
        return tuple(rule for rule in rules if rule not in self.decided)

    def next_after(self, rules: Iterable[str]) -> str:
        """Return the anchor of the next thing to decide after the item about these rules; else of the first left."""
        waiting = {item.anchor for item in self.left}
        about = set(rules)
        last = max((index for index, item in enumerate(self.items) if about & set(item.rules)), default=-1)
        behind = [item.anchor for item in self.items[last + 1 :] if item.anchor in waiting]
        return next(iter([*behind, *(item.anchor for item in self.left)]), SIGN_OFF)


@dataclass(frozen=True)
class Around:
    """What a page shows beside the advisory itself."""

    reading: Reading | None
    sources: Library
    events: tuple[Event, ...] = ()
    previous: str | None = None


def parsed(kept: KeptAdvisory) -> dict[str, Any]:
    """Return the answer of a kept advisory, numbers as decimals."""
    answer: dict[str, Any] = json.loads(kept.answer, parse_float=Decimal, parse_int=Decimal)
    return answer


def advisory_view(kept: KeptAdvisory, around: Around) -> AdvisoryView:
    """Return the page of a kept advisory. Without a reading (the rules of that day are gone) it shows the answer."""
    answer, reading, summary = parsed(kept), around.reading, kept.summary
    stands = {rule: decided_of(standing, DISPLAYS) for rule, standing in kept.decisions.items()}
    decided = {rule: each for rule, each in stands.items() if each is not None}
    told = frozenset(each["at"] for flag in answer["flags"] for each in flag["because"])
    clears = reading.advisory.not_raised if reading else None
    pack, titles = (reading.pack if reading else None), titles_of(answer["flags"])
    return AdvisoryView(
        id=summary.id, revision=summary.revision, status=summary.status, banner=banner_of(kept, answer, reading),
        answer=answer, groups=severity_groups(answer, reading, around.sources, decided),
        unknowns=unknowns(answer, pack),
        clear=None if clears is None or pack is None else clear_groups(clears, pack), data=data_rows(answer, reading),
        timeline=timeline(reading, told) if reading else None, decided=decided, titles=titles,
        history=event_rows(around.events, titles), signed_by=kept.signed_by,
        signed_when=moment_words(kept.signed_at) if kept.signed_at else "", superseded_by=summary.superseded_by,
        previous=around.previous, is_explained=reading is not None, is_same=reading is None or reading.is_same,
    )  # fmt: skip


def banner_of(kept: KeptAdvisory, answer: Mapping[str, Any], reading: Reading | None) -> Banner:
    """Return whose record it is, of when, and by which rules."""
    summary, pack = kept.summary, answer["pack"]
    patient = record_text(summary.patient or "")
    return Banner(
        name=record_text(summary.label or "") or patient or "No name or id in the record", patient=patient,
        age=_age(reading), sex=(reading.profile.patient.sex if reading else None) or NOT_KNOWN,
        evaluated=moment_words(summary.created_at), as_of=day_words(summary.as_of), data=_data_words(answer),
        pack=pack["name"], pack_version=pack["version"], pack_sha256=pack["sha256"],
        is_reviewed=pack["clinical_review"] != "none",
    )  # fmt: skip


def _age(reading: Reading | None) -> str:
    fact = reading.facts.by_id.get("patient.age") if reading else None
    state = fact.state if fact else None
    if not isinstance(state, Interval) or state.low is None:
        return NOT_KNOWN
    return f"{plain_number(state.low)} years"


def _data_words(answer: Mapping[str, Any]) -> str:
    """Return of when the results are that flags rest on."""
    days = sorted({each["date"] for flag in answer["flags"] for each in flag["because"] if each["date"]})
    if not days:
        return "no dated result stands behind a flag"
    age = (date.fromisoformat(answer["as_of"]) - date.fromisoformat(days[-1])).days
    newest = f"newest result {day_words(days[-1])}, {counted(age, 'day')} old"
    return newest if len(days) == 1 else f"{newest}; oldest {day_words(days[0])}"
