"""summary.json of a screening, as frozen data."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from datetime import date
from pathlib import Path
from typing import Any

SUMMARY = "summary.json"
# No more of them stand in a summary.
MOST_UNKNOWNS = 100


@dataclass(frozen=True, slots=True)
class RuleCount:
    """One rule that spoke: for how many patients it was raised, and for how many it cannot be answered."""

    rule: str
    title: str
    category: str
    severity: str
    raised: int
    cannot_say: int


@dataclass(frozen=True, slots=True)
class UnknownCount:
    """One fact that is not known for one reason: of how many patients, and how many flags wait for it."""

    fact: str
    reason: str
    patients: int
    flags: int


@dataclass(frozen=True, slots=True)
class Rejected:
    """Lines that were not read, and why."""

    lines: int
    share: float
    reasons: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Summary:
    """What a screening says of itself; rules and unknowns in the order in which they are to be shown."""

    magflag: str
    engine: str
    as_of: date
    pack: Mapping[str, str]
    patients: int
    with_flags: int
    raised: int
    cannot_say: int
    rules: tuple[RuleCount, ...]
    unknowns: tuple[UnknownCount, ...]
    resources: Mapping[str, int]
    not_read: Mapping[str, int]
    lines: int
    rejected: Rejected


_RULE, _UNKNOWN, _REJECTED = (tuple(each.name for each in fields(kind)) for kind in (RuleCount, UnknownCount, Rejected))


def read_summary(folder: Path) -> Summary:
    """Return the summary in the folder of a screening."""
    said: dict[str, Any] = json.loads((folder / SUMMARY).read_text(encoding="utf-8"))
    flags = said["flags"]
    return Summary(
        magflag=said["magflag"], engine=said["engine"], as_of=date.fromisoformat(said["as_of"]), pack=said["pack"],
        patients=said["patients"], with_flags=said["with_flags"],
        raised=flags["raised"], cannot_say=flags["cannot_say"],
        rules=tuple(RuleCount(**_only(each, _RULE)) for each in said["rules"]),
        unknowns=tuple(UnknownCount(**_only(each, _UNKNOWN)) for each in said["unknowns"]),
        resources=said["resources"], not_read=said["not_read"], lines=said["lines"],
        rejected=Rejected(**_only(said["rejected"], _REJECTED)),
    )  # fmt: skip


def _only(said: Mapping[str, Any], wanted: Iterable[str]) -> dict[str, Any]:
    """Return the members that are read here; a later version may say more."""
    return {name: said[name] for name in wanted}
