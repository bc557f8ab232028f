"""A fact: a value, or unknown with the reason; and what was seen behind it."""

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

# Why something is not known. The words are public: they stand in `missing` and `data_quality` of an advisory.
NOT_SUPPLIED = "not_supplied"
UNRECOGNISED = "unrecognised"
UNUSABLE_UNIT = "unusable_unit"
STALE = "stale"
CONFLICT = "conflict"
UNDATED = "undated"
FUTURE = "future"
NOT_SPECIFIC = "not_specific"
NOT_COMPUTABLE = "not_computable"
COMPARATOR = "comparator"
IMPLAUSIBLE = "implausible"
NOT_USED = "not_used"
# Of a record that came as FHIR: what became of a prefetch key, a page, a resource.
KEY_ABSENT = "key_absent"
KEY_NULL = "key_null"
KEY_ERROR = "key_error"
UNREAD_PAGE = "unread_page"
FETCH_FAILED = "fetch_failed"
FETCH_LATE = "fetch_late"
PRELIMINARY = "preliminary"
NEWER_UNUSABLE = "newer_unusable"
SKIPPED = "skipped"
ENTERED_IN_ERROR = "entered_in_error"
DRAFT_UNNAMED = "draft_unnamed"


@dataclass(frozen=True, slots=True)
class Interval:
    """A number as far as it is known: both ends belong to it, None is no bound."""

    low: Decimal | None
    high: Decimal | None


State = bool | str | Interval | None


@dataclass(frozen=True, slots=True)
class Seen:
    """One thing seen in the profile behind a fact, for `because`; `value` is as it came."""

    value: Any
    at: str
    unit: str | None = None
    date: str | None = None
    age_days: int | None = None
    origin: str | None = None
    comparator: str | None = None
    source: str | None = None


@dataclass(frozen=True, slots=True)
class Gap:
    """One reason why something is not known: where, and in words."""

    reason: str
    at: str
    detail: str


@dataclass(frozen=True, slots=True)
class Fact:
    """One fact; `state` is yes/no, a word, an Interval, or None for unknown."""

    id: str
    state: State
    seen: tuple[Seen, ...] = ()
    gaps: tuple[Gap, ...] = ()


@dataclass(frozen=True, slots=True)
class Unrecognised:
    """A text or code that the vocabulary does not know."""

    at: str
    text: str
    did_you_mean: tuple[str, ...] = ()


@dataclass
class Facts:
    """All declared facts of one patient, what was not recognised, and what is wrong with the data."""

    by_id: dict[str, Fact] = field(default_factory=dict)
    unrecognised: list[Unrecognised] = field(default_factory=list)
    quality: list[Gap] = field(default_factory=list)

    def __getitem__(self, name: str) -> Fact:
        return self.by_id[name]
