"""The timeline: eGFR and magnesium as points for an inline SVG, limits, the stale zone, bars of medicines below.

Only coordinates and words are made here; the template draws. The same rows are told as a table.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from service.facts.entries import GONE, Read
from service.knowledge.model import Convention, FactDeclaration, Pack
from service.knowledge.nodes import limits_in
from service.presenters.page_facts import window_of
from service.presenters.page_results import STALE, Result, charted, results_of
from service.presenters.page_words import day_words, plain_number, record_text, spelt
from service.presenters.reading import Reading

# The facts that are drawn, with the member of a profile whose results they rest on.
DRAWN = (("kidney.egfr", "kidney.egfr"), ("labs.magnesium", "labs.magnesium"))
PRODUCT_LISTS = ("supplements", "medications")
# The drawing, in its own units: with a margin around.
WIDTH, LEFT, RIGHT, TOP, HEIGHT = 760, 12, 12, 14, 150
ROW, MOST_BARS, MOST_NUMBERS = 26, 12, 10
LONGEST_BACK, LEAST_BACK = 3 * 365, 120
STEPS = (1, 2, 3, 6, 12)
MOST_TICKS = 8


@dataclass(frozen=True, slots=True)
class Point:
    """One result in a chart."""

    x: float
    y: float
    label: str
    kind: str
    words: str


@dataclass(frozen=True, slots=True)
class Mark:
    """A line across a chart or an axis, with its words; `at` is its place."""

    at: float
    label: str


@dataclass(frozen=True, slots=True)
class Chart:
    """One test over time. `stale_to` is where the zone of results too old to be used ends."""

    name: str
    title: str
    unit: str
    points: tuple[Point, ...]
    limits: tuple[Mark, ...]
    stale_to: float
    stale_words: str
    words: str


@dataclass(frozen=True, slots=True)
class Bar:
    """A medicine or product: from when on it was in use; `is_open` where its start is not recorded."""

    name: str
    x: float
    y: float
    words: str
    is_open: bool


@dataclass(frozen=True, slots=True)
class Timeline:
    """Charts over one axis of days, bars, and all of it as rows."""

    charts: tuple[Chart, ...]
    bars: tuple[Bar, ...]
    more_bars: int
    ticks: tuple[Mark, ...]
    results: tuple[Result, ...]
    width: int = WIDTH
    height: int = HEIGHT
    left: int = LEFT
    top: int = TOP

    @property
    def right(self) -> int:
        """Where the drawing ends."""
        return WIDTH - RIGHT

    @property
    def bars_height(self) -> int:
        """How high the drawing of the bars is."""
        return ROW * len(self.bars) + 4


@dataclass(frozen=True, slots=True)
class Axis:
    """Days on the way from left to right."""

    first: date
    last: date

    def x(self, day: date) -> float:
        """Return the place of a day; what lies before the axis stands at its start."""
        part = (max(day, self.first) - self.first) / (self.last - self.first)
        return round(LEFT + part * (WIDTH - LEFT - RIGHT), 1)


def timeline(reading: Reading, told: frozenset[str] = frozenset()) -> Timeline | None:
    """Return the timeline, or None where there is no result; `told` are the places that flags rest on."""
    found = [(reading.pack.facts[name], member) for name, member in DRAWN if name in reading.pack.facts]
    results = {fact.id: results_of(fact, reading, member) for fact, member in found}
    rows = tuple(each for of_fact in results.values() for each in of_fact)
    if not rows:
        return None
    products = _products(reading, told)
    axis = _axis(reading, rows, products)
    charts = tuple(_chart(fact, results[fact.id], axis, reading.pack) for fact, _ in found if results[fact.id])
    bars = tuple(_bar(read, index, axis) for index, read in enumerate(products[:MOST_BARS]))
    return Timeline(charts, bars, len(products) - len(bars), tuple(_ticks(axis)), rows)


def _axis(reading: Reading, rows: Iterable[Result], products: Iterable[Read]) -> Axis:
    last = reading.advisory.as_of
    windows = [
        window_of(reading.pack.facts[name], reading.pack) or 0 for name, _ in DRAWN if name in reading.pack.facts
    ]
    days = [each.day for each in rows if each.day] + [day for read in products if (day := _since(read))]
    least = last - timedelta(days=max(LEAST_BACK, int(max(windows, default=0) * 1.15)))
    first = max(min([least, *days]), last - timedelta(days=LONGEST_BACK))
    return Axis(min(first, least), last)


def _chart(fact: FactDeclaration, results: Sequence[Result], axis: Axis, pack: Pack) -> Chart:
    drawn = list(charted(results, axis.last))
    limits = _limits(fact, pack)
    scale = _Scale([each.number for each in drawn if each.number is not None] + [row.value for row in limits])
    window = window_of(fact, pack) or 0
    name, unit = results[0].test, next((each.unit for each in results if each.unit), "")
    with_number = {id(each) for each in drawn[-MOST_NUMBERS:]}
    points = tuple(_point(each, axis, scale, id(each) in with_number) for each in drawn)
    return Chart(
        name=fact.id.replace(".", "-"), title=name, unit=unit, points=points,
        limits=tuple(Mark(scale.y(row.value), f"{spelt(row.id)} {plain_number(row.value)}") for row in limits),
        stale_to=axis.x(axis.last - timedelta(days=window)),
        stale_words=f"older than {window} days: too old to be used", words=_in_words(name, drawn, limits),
    )  # fmt: skip


class _Scale:
    """Numbers on the way from bottom to top."""

    def __init__(self, numbers: Sequence[Decimal]) -> None:
        low, high = float(min(numbers, default=Decimal(0))), float(max(numbers, default=Decimal(1)))
        room = (high - low or abs(high) or 1.0) * 0.18
        self.low, self.high = max(0.0, low - room), high + room

    def y(self, number: Decimal) -> float:
        part = (float(number) - self.low) / (self.high - self.low)
        return round(TOP + (1 - part) * (HEIGHT - 2 * TOP), 1)


def _limits(fact: FactDeclaration, pack: Pack) -> list[Convention]:
    """Return the conventions that rules compare this fact with."""
    used = {node.limit for rule in pack.active_rules for node in limits_in(rule.condition) if node.fact == fact.id}
    return [row for row in pack.policy.values() if row.value in used and row.unit == fact.unit]


def _point(each: Result, axis: Axis, scale: _Scale, has_number: bool) -> Point:
    kind = "computed" if each.is_computed else "stale" if each.state == STALE else "reported"
    number, day = each.number or Decimal(0), each.day or axis.last
    words = f"{each.value} {each.unit}, {each.when}, {each.origin or 'as recorded'}, {each.state}"
    return Point(axis.x(day), scale.y(number), each.value if has_number else "", kind, words)


def _in_words(name: str, drawn: Sequence[Result], limits: Sequence[Convention]) -> str:
    """Return what a chart shows, for those who do not see it; the table has every value."""
    lines = ", ".join(f"{spelt(row.id)} {plain_number(row.value)}" for row in limits)
    span = f"from {drawn[0].when} to {drawn[-1].when}" if drawn else "none with a day and a usable unit"
    return f"{name}: {len(drawn)} in the chart, {span}. Lines: {lines or 'none'}. Every value is in the table below."


def _products(reading: Reading, told: frozenset[str]) -> list[Read]:
    """Return the nutrient products, and the medicines that a flag rests on."""
    entries = [read for name in PRODUCT_LISTS for read in reading.entries.lists[name].entries or ()]
    return [read for read in entries if read.status != GONE and (read.nutrients or read.entry.at in told)]


def _since(read: Read) -> date | None:
    """Return the first day that an entry's start may be: a year alone begins in January."""
    text = getattr(read.entry, "since", None) or ""
    try:
        return date.fromisoformat(f"{text}-01-01"[:10] if len(text) <= len("2024-01") else text[:10])
    except ValueError:
        return None


def _bar(read: Read, index: int, axis: Axis) -> Bar:
    since = _since(read)
    status = read.entry.status
    said = f"since {day_words(getattr(read.entry, 'since', None))}" if since else "start not recorded"
    words = f"{status}, {said}"
    return Bar(record_text(read.name), axis.x(since or axis.first), index * ROW + 4.0, words, since is None)


def _ticks(axis: Axis) -> Iterator[Mark]:
    months = (axis.last.year - axis.first.year) * 12 + axis.last.month - axis.first.month
    step = next((step for step in STEPS if months / step <= MOST_TICKS), STEPS[-1])
    at = axis.first.year * 12 + axis.first.month
    while True:
        day = date(at // 12, at % 12 + 1, 1)
        if day > axis.last:
            return
        if at % step == 0 or step == 1:
            yield Mark(axis.x(day), day_words(day.isoformat()[:7]))
        at += 1
