"""Numbers as people read them, and bars as long as what they stand for is large."""

from collections.abc import Sequence
from dataclasses import dataclass

NARROW_SPACE = "\N{NARROW NO-BREAK SPACE}"
# A bar of what is there must be seen, however rare it is; in hundredths of the whole.
SHORTEST = 0.6
# A share that is not nothing, or not all, is never written as if it were.
LEAST, MOST = 0.1, 99.9


@dataclass(frozen=True, slots=True)
class Bar:
    """A number, its share of a whole in words, and how wide its bar is; `kind` says how it is drawn."""

    number: str
    share: str
    width: str
    kind: str = "plain"


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a table of bars: its words, what is told more softly, and its bars from left to right."""

    words: str
    note: str
    bars: tuple[Bar, ...]
    code: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """A table of bars. What stands in `folded` is shown on demand, under the words `fold`."""

    caption: str
    heads: tuple[str, ...]
    rows: tuple[Row, ...]
    folded: tuple[Row, ...] = ()
    fold: str = ""


def number(count: int) -> str:
    """Return a number with its thousands apart."""
    return f"{count:,}"


def share(part: float, whole: float) -> str:
    """Return a part in hundredths of a whole."""
    if not whole:
        return "\N{EN DASH}"
    hundredths = 100 * part / whole
    if 0 < hundredths < LEAST:
        return f"<{LEAST}{NARROW_SPACE}%"
    if MOST < hundredths < 100:  # noqa: PLR2004 - All of it.
        return f">{MOST}{NARROW_SPACE}%"
    return f"{hundredths:.1f}".removesuffix(".0") + f"{NARROW_SPACE}%"


def bar(part: int, whole: int, kind: str = "plain") -> Bar:
    """Return the bar of a part of a whole."""
    length = max(SHORTEST, min(100.0, 100 * part / whole)) if part and whole else 0.0
    return Bar(number(part), share(part, whole), f"{length:.2f}%", kind)


def folded(rows: Sequence[Row], shown: int) -> tuple[tuple[Row, ...], tuple[Row, ...]]:
    """Return the rows to show at once and the others; a single one is not worth a fold."""
    most = shown if len(rows) > shown + 1 else len(rows)
    return tuple(rows[:most]), tuple(rows[most:])
