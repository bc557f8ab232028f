"""The worklist: one row an advisory, the gravest and newest first."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from schemas.review import Summary
from service.presenters.page_words import SEVERITY_WORDS, STATUS_WORDS, ago, day_words, moment_words, record_text


@dataclass(frozen=True, slots=True)
class WorkRow:
    """One advisory in the worklist."""

    id: str
    name: str
    patient: str
    worst: str
    worst_words: str
    raised: int
    cannot_say: int
    undecided: int
    total: int
    status: str
    status_words: str
    created: str
    iso: str
    age: str
    as_of: str
    rules: str
    superseded_by: str | None


def work_rows(items: Iterable[Summary], now: datetime) -> tuple[WorkRow, ...]:
    """Return the rows of a page of the worklist."""
    return tuple(_row(each, now) for each in items)


def _row(each: Summary, now: datetime) -> WorkRow:
    patient = record_text(each.patient or "")
    name = record_text(each.label or "") or patient or "No name or id"
    return WorkRow(
        id=each.id, name=name, patient=patient if patient != name else "", worst=each.worst or "none",
        worst_words=SEVERITY_WORDS.get(each.worst or "", "Nothing raised"), raised=each.raised,
        cannot_say=each.cannot_say, undecided=each.undecided, total=each.raised + each.cannot_say,
        status=each.status, status_words=STATUS_WORDS[each.status], created=moment_words(each.created_at),
        iso=each.created_at.astimezone(UTC).isoformat(timespec="seconds"), age=ago(now - each.created_at),
        as_of=day_words(each.as_of), rules=f"{each.pack_version} ({each.pack_sha256[:8]})",
        superseded_by=each.superseded_by,
    )  # fmt: skip
