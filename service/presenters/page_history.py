"""What happened to an advisory, in words; and what changed between two of them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from schemas.override_reasons import DISPLAYS
from schemas.review import (
    BY_PATIENT,
    BY_RULES,
    BY_SEVERAL,
    BY_TIME,
    CREATED,
    DECIDED,
    REPLACED,
    SIGNED_OFF,
    VIEWED,
    Change,
    Difference,
    Event,
)
from service.knowledge.model import SEVERITIES
from service.presenters.page_words import OUTCOMES, SEVERITY_WORDS, moment_words

EVENT_WORDS = {
    CREATED: "Evaluated and kept",
    VIEWED: "Looked at",
    DECIDED: "Decided",
    REPLACED: "Superseded by a newer advisory",
    SIGNED_OFF: "Signed off",
}
CHOICE_PAST = {"agree": "Agreed", "no_action": "Reviewed, no action needed", "override": "Overridden"}
CAUSE_WORDS = {
    BY_PATIENT: "The patient's data changed",
    BY_RULES: "The rules changed",
    BY_TIME: "Time passed",
    BY_SEVERAL: "Several of these together",
}
CAUSE_MEANINGS = {
    BY_PATIENT: "The newer data alone give the newer answer.",
    BY_RULES: "The newer rules alone give the newer answer.",
    BY_TIME: "The later day alone gives the newer answer: a result became too old, or an age was reached.",
    BY_SEVERAL: "No single one of these gives the newer answer, or more than one does.",
}


@dataclass(frozen=True, slots=True)
class EventRow:
    """One event: when, by whom, what, and about which flags."""

    when: str
    iso: str
    by: str
    words: str
    about: tuple[str, ...]
    reason: str
    comment: str
    hash: str


def event_rows(events: Iterable[Event], titles: Mapping[str, str]) -> tuple[EventRow, ...]:
    """Return events in words, oldest first; `titles` are those of the flags by rule."""
    return tuple(_row(event, titles) for event in events)


def _row(event: Event, titles: Mapping[str, str]) -> EventRow:
    body = event.body
    words = EVENT_WORDS.get(event.kind, event.kind.replace("_", " ").capitalize())
    if event.kind == DECIDED:
        words = CHOICE_PAST.get(str(body.get("choice")), words)
    reason = str(body.get("reason") or "")
    return EventRow(
        when=moment_words(event.at), iso=event.at.isoformat(), by=event.by, words=words,
        about=tuple(titles.get(rule, rule) for rule in body.get("rules", ())),
        reason=DISPLAYS.get(reason, reason), comment=str(body.get("comment") or ""), hash=event.hash,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class ChangeRow:
    """One rule that answers otherwise: before and after in words."""

    rule: str
    title: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class ChangeGroup:
    """The changes of one cause."""

    cause: str
    words: str
    meaning: str
    rows: tuple[ChangeRow, ...]


def change_groups(difference: Difference, titles: Mapping[str, str]) -> tuple[ChangeGroup, ...]:
    """Return what changed, by cause."""
    groups = []
    for cause, words in CAUSE_WORDS.items():
        rows = tuple(
            ChangeRow(each.rule, titles.get(each.rule, each.rule), _said(each.before), _said(each.after))
            for each in sorted(difference.changes, key=_gravity)
            if each.cause == cause
        )
        if rows:
            groups.append(ChangeGroup(cause, words, CAUSE_MEANINGS[cause], rows))
    return tuple(groups)


def _gravity(change: Change) -> int:
    """Order changes by the gravest severity on either side; among equals the order of the rules stays."""
    return min(SEVERITIES.index(told[1]) for told in (change.before, change.after) if told)


def _said(told: tuple[str, str] | None) -> str:
    if told is None:
        return "Not raised"
    outcome, severity = told
    words = "Raised" if outcome == "raised" else OUTCOMES["cannot_say"].capitalize()
    return f"{words}, {SEVERITY_WORDS[severity].lower()}"
