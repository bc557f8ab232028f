"""Kidney filtration from everything given: reported eGFR, stage, or CKD-EPI 2021 computed from creatinine.

The worst source counts. What was supplied but cannot be used leaves the lower end open, so that a garbled or stale
value is never outvoted by a reassuring one; a value without a day may raise a concern and reassures of nothing.
"""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from schemas.profile import Profile
from service.facts.computed import Known, computed
from service.facts.entries import gaps_of
from service.facts.model import (
    CONFLICT,
    NOT_SUPPLIED,
    STALE,
    Fact,
    Gap,
    Interval,
    Seen,
)  # fmt: skip
from service.facts.quantities import Measured, Terms, measure, newest_first, until_sure
from service.knowledge.model import FactDeclaration, Pack

# What filtration is read from.
MEMBERS = ("kidney.egfr", "kidney.creatinine", "kidney.cystatin_c")
NOTHING = Gap(NOT_SUPPLIED, "/kidney/egfr", "No eGFR, stage or creatinine was supplied.")
STAGED = "stage as stated"


@dataclass(frozen=True, slots=True)
class Source:
    """One source of filtration: what it gives, or why it gives nothing."""

    interval: Interval | None
    seen: Seen | None = None
    gap: Gap | None = None
    sure: bool = False


def filtration(
    declaration: FactDeclaration, profile: Profile, pack: Pack, as_of: date, known: Known, quality: list[Gap]
) -> Fact:
    """Return the fact; what is wrong with its sources is added to `quality`."""
    window = int(pack.policy[declaration.given["window"]].value)
    terms = Terms("egfr", window, as_of, pack.vocabulary, Decimal(1).scaleb(-declaration.decimals))
    cut_off = pack.policy[declaration.given["cut_off"]].value
    sources = [
        *_left_open(profile),
        *_reported(profile, terms),
        *_staged(profile, pack, terms.step),
        *map(_source, computed(profile, terms, known)),
    ]
    quality.extend(source.gap for source in sources if source.gap)
    usable = [source for source in sources if source.interval]
    if _disagree([source.interval for source in usable if source.interval], cut_off):
        detail = "The sources of kidney filtration fall on different sides of the cut-off; the worst counts."
        quality.append(Gap(CONFLICT, "/kidney", detail))
    return _worst(declaration.id, sources, usable)


def _worst(name: str, sources: list[Source], usable: list[Source]) -> Fact:
    gaps = tuple(source.gap for source in sources if source.gap)
    if not usable:
        return Fact(name, None, gaps=gaps or (NOTHING,))
    intervals = [source.interval for source in usable if source.interval]
    open_below = any(_blocks(source, usable) for source in sources) or any(end.low is None for end in intervals)
    low = None if open_below else min(end.low for end in intervals if end.low is not None)
    highs = [end.high for end in intervals if end.high is not None]
    ordered = sorted(usable, key=_by_height)
    seen = tuple(source.seen for source in ordered if source.seen)
    return Fact(name, Interval(low, min(highs) if highs else None), seen, gaps)


def _blocks(source: Source, usable: list[Source]) -> bool:
    """Whether an unusable source keeps others from reassuring; a stale one does not beside a newer usable result."""
    if source.interval is not None or source.gap is None:
        return False
    return not (source.gap.reason == STALE and any(other.sure for other in usable))


def _by_height(source: Source) -> Decimal:
    interval = source.interval
    return interval.high if interval and interval.high is not None else Decimal(10) ** 9


def _disagree(intervals: list[Interval], cut_off: Decimal) -> bool:
    below = any(end.high is not None and end.high < cut_off for end in intervals)
    above = any(end.low is not None and end.low >= cut_off for end in intervals)
    return below and above


def _left_open(profile: Profile) -> list[Source]:
    """Return what was not read of the record: it may hold a newer result, or a worse one."""
    reasons = dict.fromkeys(why for member in MEMBERS for why in profile.open.get(member, ()))
    return [Source(None, gap=gap) for gap in gaps_of(reasons)]


def _reported(profile: Profile, terms: Terms) -> list[Source]:
    """Return the newest reported results up to the first sure one, and those without a day: any may be the worst."""
    results = newest_first(profile.kidney.egfr)
    dated = until_sure(measure(each, terms) for each in results if each.date)
    return [_source(each) for each in (*dated, *(measure(each, terms) for each in results if not each.date))]


def _source(measured: Measured) -> Source:
    if measured.interval is None or measured.doubt is None:
        return Source(measured.interval, measured.seen, measured.gap, sure=measured.is_sure)
    return Source(Interval(None, measured.interval.high), measured.seen, measured.doubt)


def _staged(profile: Profile, pack: Pack, step: Decimal) -> list[Source]:
    stage = profile.kidney.stage
    if stage is None:
        return []
    low, below = pack.stages[stage]
    seen = Seen(stage, "/kidney/stage", origin=STAGED)
    return [Source(Interval(low, None if below is None else below - step / 2), seen)]
