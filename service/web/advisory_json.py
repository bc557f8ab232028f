"""Kept advisories, what is decided on them and what happened, as plain data in the shapes of schemas.review_schema."""

from collections.abc import Iterable
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from schemas.review import Change, Conflict, Difference, Event, KeptAdvisory, Page, Replay, Standing, Summary
from service.presenters.plain import to_bytes
from service.review.signing import undecided
from service.review.told import told_in


def written(moment: datetime | None) -> str | None:
    """Return a moment as text, in UTC."""
    return None if moment is None else moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def advisory_of(kept: KeptAdvisory) -> bytes:
    """Return the very bytes that were answered, with one member more at their end: how far the review is."""
    return kept.answer.removesuffix(b"}") + b',"review":' + to_bytes(review_of(kept)) + b"}"


def review_of(kept: KeptAdvisory) -> dict[str, Any]:
    """Return how far the review of an advisory is; decisions in the order of its flags."""
    told, summary = told_in(kept.answer), kept.summary
    standing = [kept.decisions[flag.rule] for flag in told if flag.rule in kept.decisions]
    return {
        "status": summary.status,
        "revision": summary.revision,
        "decisions": [_standing(each) for each in standing],
        "undecided": list(undecided(told, kept.decisions)),
        "signed_by": kept.signed_by,
        "signed_at": written(kept.signed_at),
        "superseded_by": summary.superseded_by,
    }


def _standing(standing: Standing) -> dict[str, Any]:
    return {
        "rule": standing.rule, "decision": standing.choice, "reason": standing.reason, "comment": standing.comment,
        "by": standing.by, "at": written(standing.at),
    }  # fmt: skip


def worklist_of(page: Page) -> dict[str, Any]:
    """Return one page of a worklist."""
    return {"advisories": [_summary(each) for each in page.items], "next": page.next}


def _summary(summary: Summary) -> dict[str, Any]:
    dates = {"created_at": written(summary.created_at), "as_of": summary.as_of.isoformat()}
    return asdict(summary) | dates


def history_of(events: Iterable[Event]) -> dict[str, Any]:
    """Return what happened to an advisory."""
    told = [
        {"seq": each.seq, "kind": each.kind, "at": written(each.at), "by": each.by, "body": dict(each.body),
         "hash": each.hash}
        for each in events
    ]  # fmt: skip
    return {"events": told}


def replay_of(replay: Replay) -> dict[str, Any]:
    """Return what evaluating again gave."""
    return {"same": replay.same, "differences": list(replay.differences)}


def difference_of(difference: Difference) -> dict[str, Any]:
    """Return what became of an advisory in a newer one."""
    return {
        "older": _summary(difference.older),
        "newer": _summary(difference.newer),
        "changed": {
            "patient": difference.has_new_input, "rules": difference.has_new_rules, "time": difference.has_new_day,
        },
        "changes": [_change(each) for each in difference.changes],
    }  # fmt: skip


def _change(change: Change) -> dict[str, Any]:
    return {
        "rule": change.rule, "before": _said(change.before), "after": _said(change.after), "cause": change.cause,
    }  # fmt: skip


def _said(told: tuple[str, str] | None) -> dict[str, str] | None:
    return None if told is None else {"outcome": told[0], "severity": told[1]}


def conflict_of(conflict: Conflict) -> dict[str, Any]:
    """Return what an advisory has become; comments stay where they are: an error holds no patient's data."""
    happened = [
        {"kind": each.kind, "at": written(each.at), "by": each.by, "rules": list(each.body.get("rules", ()))}
        for each in conflict.events
    ]
    return {"revision": conflict.revision, "events": happened}
