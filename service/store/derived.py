"""What follows from an advisory as it was kept: hashes, counts, and what a worklist sorts and filters by.

The writer computes these once; `magflag audit verify` computes them again.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from itertools import product
from typing import Any

__all__ = [
    "LONGEST_SEARCHED", "as_told", "canonical", "gravity_name", "kinds_mask", "record_sha256", "searched", "sha256",
    "subject_of",
]  # fmt: skip

SEVERITIES = ("info", "warning", "critical")
GRAVITY = {severity: gravity for gravity, severity in enumerate(SEVERITIES, 1)}
# One bit for each way to speak.
KINDS = {kind: 1 << place for place, kind in enumerate(product(("raised", "cannot_say"), SEVERITIES))}
# A search is for the beginning of a name; an index of whole labels could be refused by PostgreSQL.
LONGEST_SEARCHED = 100
Told = Sequence[tuple[str, str, str]]


def sha256(data: bytes) -> str:
    """Return the SHA-256 of some bytes, in hexadecimal."""
    return hashlib.sha256(data).hexdigest()


def canonical(value: object) -> bytes:
    """Write a value as JSON in exactly one way, in ASCII."""
    return json.dumps(value, ensure_ascii=True, sort_keys=True, separators=(",", ":"), allow_nan=False).encode("ascii")


def gravity_name(gravity: int) -> str | None:
    """Return the severity that a gravity stands for: 1, 2 or 3; None where nothing was told (0)."""
    return SEVERITIES[gravity - 1] if gravity else None


def as_told(told: Told) -> dict[str, int]:
    """Return the columns that follow from what was told; ValueError for an outcome or a severity that there is not."""
    outcomes = [outcome for _, outcome, _ in told]
    return {
        "gravity": max((GRAVITY.get(severity, 0) for _, _, severity in told), default=0),
        "told_kinds": kinds_mask({(outcome, severity) for _, outcome, severity in told}),
        "raised": outcomes.count("raised"),
        "cannot_say": outcomes.count("cannot_say"),
    }


def kinds_mask(kinds: Iterable[tuple[str | None, str | None]]) -> int:
    """Return one bit for each pair of outcome and severity; None stands for all of them."""
    mask = 0
    for outcome, severity in kinds:
        bits = [bit for (each, grave), bit in KINDS.items() if outcome in (None, each) and severity in (None, grave)]
        if not bits:
            raise ValueError("There is no such outcome or severity.")
        mask |= sum(bits)
    return mask


def searched(text: str | None) -> str | None:
    """Return what a search looks at: large and small letters are the same."""
    return text and text.casefold()[:LONGEST_SEARCHED]


def subject_of(tenant: str, patient: str | None) -> str | None:
    """Return what a tenant's patient is found by: a hash of the id, which has one length, whatever the id is."""
    return None if patient is None else sha256(canonical([tenant, patient]))


def record_sha256(row: Mapping[Any, Any], told: Told) -> str:
    """Hash what is kept of an advisory beside its texts; `row` holds the columns as they stand in the database."""
    names = ("id", "tenant", "created_at", "as_of", "kind", "patient", "label", "pack_version")
    return sha256(canonical([*(row[name] for name in names), sorted(map(list, told))]))
