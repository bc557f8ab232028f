"""Advisories that are kept for review, what is decided on them, and what happened, as frozen data.

Nothing is edited: a later decision on the same flag supersedes the earlier one, and both stay in the history.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

STATUSES = OPEN, SIGNED, SUPERSEDED = "open", "signed", "superseded"
CHOICES = AGREE, NO_ACTION, OVERRIDE = "agree", "no_action", "override"
CREATED, VIEWED, DECIDED, REPLACED, SIGNED_OFF = "created", "viewed", "decided", "superseded", "signed"
# What an EHR told of cards; it is of no advisory that is kept.
REPORTED = "feedback"
CAUSES = BY_PATIENT, BY_RULES, BY_TIME, BY_SEVERAL = "patient", "rules", "time", "several"
LONGEST_COMMENT = 2000


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts: a name for the history (a person's, or a client's), a role, and whose patients these are."""

    name: str
    role: str
    tenant: str


@dataclass(frozen=True, slots=True)
class Decision:
    """A clinician's decision on flags, by rule: agree, no_action (reviewed, nothing to do) or override.

    `reason` is one of HL7's six override codes and stands with override only; a comment is needed to override a
    critical flag.
    """

    rules: tuple[str, ...]
    choice: str
    reason: str | None = None
    comment: str | None = None


@dataclass(frozen=True, slots=True)
class NewAdvisory:
    """An advisory about to be kept: the answer exactly as it is given, and the input exactly as it came.

    `kind` of the input: profile (our JSON) or fhir. `patient` is the id in it, `label` what people recognise (None:
    the id); both stay in the store. `told` is every rule that spoke: rule, outcome, severity.
    """

    id: str
    created_at: datetime
    as_of: date
    kind: str
    input: bytes
    input_sha256: str
    answer: bytes
    pack_version: str
    pack_sha256: str
    told: tuple[tuple[str, str, str], ...]
    patient: str | None = None
    label: str | None = None


@dataclass(frozen=True, slots=True)
class Summary:
    """One line of the worklist. `revision` counts every change, for the optimistic lock."""

    id: str
    created_at: datetime
    as_of: date
    status: str
    revision: int
    patient: str | None
    label: str | None
    worst: str | None
    raised: int
    cannot_say: int
    undecided: int
    pack_version: str
    pack_sha256: str
    superseded_by: str | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """The decision that stands on one flag."""

    rule: str
    choice: str
    reason: str | None
    comment: str | None
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class KeptAdvisory:
    """One advisory as kept, with the decisions that stand, by rule; `number` counts in the order of keeping."""

    summary: Summary
    kind: str
    input: bytes
    answer: bytes
    number: int
    decisions: Mapping[str, Standing] = field(default_factory=dict)
    signed_by: str | None = None
    signed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened. `hash` binds it to everything before it (see service.store.chain)."""

    seq: int
    advisory: str
    kind: str
    at: datetime
    by: str
    body: Mapping[str, Any]
    hash: str


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a worklist should show; None is no restriction. `text` is looked for in patient and label (as a prefix)."""

    status: str | None = OPEN
    severity: str | None = None
    outcome: str | None = None
    rule: str | None = None
    text: str | None = None
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """One page of the worklist, gravest and newest first, and the cursor of the next (opaque text), if there is one."""

    items: tuple[Summary, ...]
    next: str | None = None
    total: int | None = None


@dataclass(frozen=True, slots=True)
class Kept:
    """What keeping gave: the answer's bytes as they stand in the store. `is_new` is False for a retry.

    `spoke` is rule and outcome of every flag, to be counted; empty for a retry.
    """

    id: str
    answer: bytes
    is_new: bool = True
    spoke: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Replay:
    """An advisory evaluated again: the same bytes or not, and where not, as JSON pointers (at most 20)."""

    same: bool
    differences: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Change:
    """One rule that answers differently: (outcome, severity) before and after; None is silence.

    `cause` is patient, rules or time where changing that alone gives the newer answer, else several.
    """

    rule: str
    before: tuple[str, str] | None
    after: tuple[str, str] | None
    cause: str


@dataclass(frozen=True, slots=True)
class Difference:
    """What became of an advisory in a newer one of the same tenant: changes by rule id, and what was not the same."""

    older: Summary
    newer: Summary
    changes: tuple[Change, ...]
    has_new_input: bool
    has_new_rules: bool
    has_new_day: bool


class Conflict(Exception):
    """The advisory has changed since it was read: `revision` is the present one, `events` what happened meanwhile."""

    def __init__(self, reason: str, revision: int, events: tuple[Event, ...] = ()) -> None:
        super().__init__(reason)
        self.reason = reason
        self.revision = revision
        self.events = events
