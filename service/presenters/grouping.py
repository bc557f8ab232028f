"""Groups what cannot be said by what is missing: one unrecognised medicine is one line, not fifty."""

from collections.abc import Iterable
from dataclasses import dataclass

from service.assess import Flag
from service.engine.reference import CANNOT_SAY
from service.knowledge.model import SEVERITIES

REASON_WORDS = {
    "not_supplied": "not supplied",
    "unrecognised": "not recognised",
    "unusable_unit": "without a usable unit",
    "stale": "too old",
    "conflict": "contradictory",
    "undated": "without a date",
    "future": "dated in the future",
    "not_specific": "not specific enough",
    "not_computable": "not computable",
    "comparator": "known only as a bound",
    "implausible": "implausible",
    "not_used": "not used",
    "key_absent": "not sent by the EHR",
    "key_null": "sent as null by the EHR",
    "key_error": "answered by the EHR with an error",
    "unread_page": "read in part",
    "fetch_failed": "not had from the FHIR server",
    "fetch_late": "not answered in time",
    "preliminary": "preliminary",
    "newer_unusable": "overtaken by a result that cannot be used",
    "skipped": "skipped",
    "entered_in_error": "entered in error",
    "draft_unnamed": "without a medicine",
    "not_done": "not done",
    "on_hold": "on hold",
    "unconfirmed": "not confirmed",
    "method": "measured or computed by a method that matters",
    "deceased": "of a patient who has died",
}


@dataclass(frozen=True)
class Blocked:
    """One thing that is missing, and the flags that wait for it (alone or among others), the gravest first."""

    at: str
    reason: str
    detail: str
    flags: tuple[Flag, ...]

    @property
    def worst(self) -> str:
        """The gravest severity that waits."""
        return min((flag.severity for flag in self.flags), key=SEVERITIES.index)


def blocked(flags: Iterable[Flag]) -> list[Blocked]:
    """Return what is missing, what blocks the gravest and the most first."""
    waiting: dict[tuple[str, str], dict[str, Flag]] = {}
    details: dict[tuple[str, str], str] = {}
    for flag in flags:
        if flag.outcome != CANNOT_SAY:
            continue
        for gap in flag.missing:
            details.setdefault((gap.at, gap.reason), gap.detail)
            waiting.setdefault((gap.at, gap.reason), {})[flag.rule.id] = flag
    groups = [
        Blocked(at, reason, details[at, reason], tuple(sorted(found.values(), key=_severity)))
        for (at, reason), found in waiting.items()
    ]
    return sorted(groups, key=_gravest_first)


def _severity(flag: Flag) -> int:
    return SEVERITIES.index(flag.severity)


def _gravest_first(group: Blocked) -> tuple[object, ...]:
    """Order by severity, the kidney first among equals, then by how much waits."""
    elsewhere = not group.at.startswith("/kidney")
    return (SEVERITIES.index(group.worst), elsewhere, -len(group.flags), group.at, group.reason)
