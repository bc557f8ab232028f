"""Kidney filtration behind the flags of each rule: as a small drawing, and the same as numbers.

Only coordinates and words are made here; the template draws.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise

from service.knowledge.model import Convention, Pack
from service.population.report_bars import Bar, bar, number
from service.population.report_counts import AGES_TO, Filtration
from service.population.report_summary import RuleCount
from service.presenters.page_words import SEVERITY_WORDS, plain_number, spelt

EGFR, WINDOW = "kidney.egfr", "kidney_result_window"
# One bar stands for so many units; the last one for all values from there on.
STEP, LAST = 5, 120
TICKS = (0, 30, 60, 90, 120)
# The drawing, in its own units.
WIDTH, HEIGHT, SIDE, TOP, BOTTOM = 320, 150, 10, 38, 20
GAP, LINE = 1.5, 14
UNDATED = "no day"


@dataclass(frozen=True, slots=True)
class Column:
    """One bar of a drawing, and what it says."""

    x: float
    y: float
    width: float
    height: float
    words: str


@dataclass(frozen=True, slots=True)
class Mark:
    """A place on the axis; of a limit also the height at which its words stand."""

    x: float
    words: str
    y: float = 0.0


@dataclass(frozen=True, slots=True)
class Drawing:
    """The flags of one rule by eGFR: the drawing, what it says in words, and the numbers of its line in the tables."""

    title: str
    severity: str
    level: str
    flags: str
    raised: str
    columns: tuple[Column, ...]
    tallest: str
    words: str
    spread: tuple[str, ...]
    bands: tuple[Bar, ...]
    ages: tuple[Bar, ...]


@dataclass(frozen=True, slots=True)
class Drawings:
    """All drawings, with what they share: the axis, the limits of the policy, and the heads of the tables."""

    drawings: tuple[Drawing, ...]
    ticks: tuple[Mark, ...]
    limits: tuple[Mark, ...]
    conventions: tuple[str, ...]
    bands: tuple[str, ...]
    ages: tuple[str, ...]
    window: str
    width: int = WIDTH
    height: int = HEIGHT
    base: int = HEIGHT - BOTTOM
    left: int = SIDE
    right: int = WIDTH - SIDE


def drawings(found: Sequence[Filtration], rules: Sequence[RuleCount], pack: Pack | None) -> Drawings:
    """Return the drawings of all rules with a number behind a flag, in their order; limits are those of the pack."""
    limits = _limits(pack)
    edges = [int(limit.value) for limit in limits]
    by_rule: defaultdict[str, list[Filtration]] = defaultdict(list)
    for each in found:
        if each.value is not None:
            by_rule[each.rule].append(each)
    window = pack.policy.get(WINDOW) if pack else None
    return Drawings(
        drawings=tuple(_drawing(rule, by_rule[rule.rule], edges) for rule in rules if rule.rule in by_rule),
        ticks=tuple(Mark(_x(tick), f"{tick}{'+' if tick == LAST else ''}") for tick in TICKS),
        limits=tuple(Mark(_x(int(limit.value)), _limit(limit), LINE * row) for row, limit in enumerate(limits, 1)),
        conventions=tuple(f"{_limit(limit)} ({limit.approval})" for limit in limits),
        bands=_bands(edges), ages=_ages(), window=plain_number(window.value) if window else "",
    )  # fmt: skip


def _limits(pack: Pack | None) -> list[Convention]:
    """Return the conventions in the unit of an eGFR, the lowest first."""
    fact = pack.facts.get(EGFR) if pack else None
    rows = [row for row in pack.policy.values() if row.unit == fact.unit] if pack and fact else []
    return sorted(rows, key=lambda row: row.value)


def _limit(limit: Convention) -> str:
    return f"{spelt(limit.id)} {plain_number(limit.value)}"


def _drawing(rule: RuleCount, found: Sequence[Filtration], edges: Sequence[int]) -> Drawing:
    values = _summed((each.value or 0, each.flags) for each in found)
    total, spread = sum(values.values()), _spread(values)
    bands = _summed((sum(edge <= value for edge in edges), flags) for value, flags in values.items())
    ages = _summed((len(AGES_TO) + 1 if each.age is None else each.age, each.flags) for each in found)
    columns, tallest = _columns(values)
    return Drawing(
        title=rule.title, severity=rule.severity, level=SEVERITY_WORDS[rule.severity], flags=number(total),
        raised=number(rule.raised), columns=columns, tallest=number(tallest), words=_in_words(total, spread),
        spread=spread, bands=tuple(bar(bands[place], total) for place in range(len(edges) + 1)),
        ages=tuple(bar(ages[place], total) for place in range(len(AGES_TO) + 2)),
    )  # fmt: skip


def _summed(pairs: Iterable[tuple[int, int]]) -> Counter[int]:
    summed: Counter[int] = Counter()
    for key, flags in pairs:
        summed[key] += flags
    return summed


def _spread(values: Counter[int]) -> tuple[str, ...]:
    """Return the lowest value, the quartiles, and the highest."""
    ordered = sorted(values)
    reached = list(accumulate(values[value] for value in ordered))
    wanted = (1, *(max(1, -(-reached[-1] * part // 4)) for part in (1, 2, 3)), reached[-1])
    return tuple(
        str(next(value for value, upto in zip(ordered, reached, strict=True) if upto >= rank)) for rank in wanted
    )


def _in_words(total: int, spread: Sequence[str]) -> str:
    lowest, _, median, _, highest = spread
    counted = f"{number(total)} flag{'' if total == 1 else 's'}"
    return f"{counted} by eGFR: from {lowest} to {highest}, the median is {median}. The table below has the numbers."


def _columns(values: Counter[int]) -> tuple[tuple[Column, ...], int]:
    """Return a bar for each step in which there is a value, and how many flags the tallest stands for."""
    steps = _summed((min(value, LAST) // STEP * STEP, flags) for value, flags in values.items())
    tallest = max(steps.values())
    return tuple(_column(start, flags, tallest) for start, flags in sorted(steps.items())), tallest


def _column(start: int, flags: int, tallest: int) -> Column:
    height = round(max(1.0, flags / tallest * (HEIGHT - TOP - BOTTOM)), 1)
    span = f"{start} and above" if start == LAST else f"{start} to {start + STEP - 1}"
    return Column(
        x=round(_x(start) + GAP / 2, 1), y=round(HEIGHT - BOTTOM - height, 1),
        width=round(_x(STEP) - _x(0) - GAP, 1), height=height, words=f"{span}: {number(flags)}",
    )  # fmt: skip


def _x(value: int) -> float:
    """Return the place of a value on the axis, which ends with one bar for all that is more."""
    return round(SIDE + value / (LAST + STEP) * (WIDTH - 2 * SIDE), 1)


def _bands(edges: Sequence[int]) -> tuple[str, ...]:
    """Return in words what lies between the limits."""
    if not edges:
        return ("all",)
    between = [f"{low} to {high - 1}" for low, high in pairwise(edges)]
    return (f"below {edges[0]}", *between, f"{edges[-1]} and above")


def _ages() -> tuple[str, ...]:
    starts = (0, *(last + 1 for last in AGES_TO))
    spans = [f"{start} to {last}" for start, last in zip(starts, AGES_TO, strict=False)]
    return (*spans, f"over {AGES_TO[-1]}", UNDATED)
