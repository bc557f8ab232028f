"""An advisory as frozen data (contract, section 2)."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from service.assess.wording import open_detail, open_summary, open_title
from service.engine.reference import RAISED
from service.facts.model import Gap, Unrecognised
from service.knowledge.model import Pack, Rule


@dataclass(frozen=True, slots=True)
class Because:
    """One thing seen in the profile that decided an outcome."""

    fact: str
    value: Any
    unit: str | None
    date: str | None
    at: str
    source: str | None
    age_days: int | None = None
    origin: str | None = None
    comparator: str | None = None


@dataclass(frozen=True, slots=True)
class Missing:
    """One thing that would have to be known: which fact, why it is not, and where it belongs."""

    fact: str
    reason: str
    at: str
    detail: str


@dataclass(frozen=True, slots=True)
class Flag:
    """One rule that was raised, or that cannot say."""

    rule: Rule
    outcome: str
    severity: str
    because: tuple[Because, ...]
    missing: tuple[Missing, ...]

    @property
    def title(self) -> str:
        """The title: a rule that cannot say does not speak as if it had been raised."""
        return self.rule.title if self.outcome == RAISED else open_title(self.rule)

    @property
    def summary(self) -> str:
        """One sentence."""
        return self.rule.summary if self.outcome == RAISED else open_summary(gap.fact for gap in self.missing)

    @property
    def detail(self) -> str:
        """More."""
        return self.rule.detail if self.outcome == RAISED else open_detail(self.rule)


@dataclass(frozen=True, slots=True)
class Clear:
    """One rule that was looked at and not raised: what decided it, and the nearest change that would raise it."""

    rule: Rule
    decided_by: tuple[Because, ...]
    would_need: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Advisory:
    """Everything to be reviewed for one profile on one day."""

    pack: Pack
    as_of: date
    profile_sha256: str
    flags: tuple[Flag, ...]
    unrecognised: tuple[Unrecognised, ...]
    data_quality: tuple[Gap, ...]
    silent_on: tuple[str, ...]
    not_raised: tuple[Clear, ...] | None = None
    passages: bool = False
