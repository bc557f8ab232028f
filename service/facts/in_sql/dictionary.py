"""What each distinct entry and each distinct value means: read once by the readers of one patient, then looked up."""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any

from schemas.profile import Quantity
from service.facts.entries import Read
from service.facts.in_sql.formed import BITS, words_of
from service.facts.in_sql.matches import GAP, HIT, LISTED, UNCLEAR, matches
from service.facts.in_sql.texts import gap_parts, reading_parts, seen_parts, value_parts
from service.facts.in_sql.words import prefix_of
from service.facts.quantities import Measured, Terms, measure
from service.facts.units import converter, says_less
from service.knowledge.model import Pack

# How finely the results are held from which filtration is computed with cystatin C (service.facts.computed).
FINE = Decimal("0.0001")
Row = dict[str, Any]


class Dictionary:
    """Numbers the distinct meanings of entries and of values.

    `meanings`, `hits` (how an entry bears on a fact) and `measures` are tables; `rows` says their columns.
    """

    def __init__(self, pack: Pack) -> None:
        self.pack = pack
        self.meanings: list[Row] = []
        self.hits: list[Row] = []
        self.measures: list[Row] = []
        self._meanings: dict[tuple[Any, ...], int] = {}
        self._measures: dict[tuple[Any, ...], int] = {}
        self._same: dict[tuple[Any, ...], int] = {}
        self._listed = [(number, fact) for number, fact in enumerate(pack.facts.values()) if fact.kind in LISTED]
        self._steps = dict(_steps(pack))

    def meaning(self, name: str, read: Read) -> int:
        """Return the number of what an entry of the list `name` means."""
        key = (
            name, getattr(read.entry, "status", None), read.status, read.name, tuple(each.id for each in read.concepts),
            read.classes, read.nutrients, read.form, read.route, read.high_dose, read.may_hold,
        )  # fmt: skip
        number = self._meanings.get(key)
        if number is None:
            number = self._meanings[key] = len(self._meanings)
            hits = list(self._hits(number, name, read))
            self.hits += hits
            self.meanings.append(
                {"meaning": number, "recognised": read.recognised, **_bits(hits, len(self.pack.facts))}
            )
        return number

    def _hits(self, meaning: int, name: str, read: Read) -> Iterator[Row]:
        seen = seen_parts(read)
        for number, declaration in self._listed:
            for match in matches(declaration, name, read):
                head, tail = gap_parts(match.gap, read.entry.at) if match.gap else seen
                yield {
                    "meaning": meaning, "fact": number, "what": match.what, "place": match.place,
                    "concept": match.concept, "prefix": prefix_of(declaration.id), "head": head, "tail": tail,
                }  # fmt: skip

    def measured(self, path: str, quantity: Quantity) -> int:
        """Return the number of what a value of the test at `path` means, its day and place aside."""
        key = (path, quantity.value, quantity.unit, quantity.comparator, quantity.interpretation, quantity.method)
        number = self._measures.get(key)
        if number is None:
            number = self._measures[key] = len(self._measures)
            self.measures.append({"measure": number, "path": path, **self._measured(path, quantity)})
        return number

    def _measured(self, path: str, quantity: Quantity) -> Row:
        test, vocabulary = path.rpartition(".")[2], self.pack.vocabulary
        plain = Quantity("", quantity.value, quantity.unit, None, quantity.comparator)
        found = measure(plain, Terms(test, 0, date.min, vocabulary, self._steps[path]))
        factor = converter(vocabulary, quantity.unit, test)
        usable = quantity.value is not None and factor is not None and found.gap is None
        exact = quantity.value * factor if usable and quantity.value is not None and factor is not None else None
        same = (quantity.value, quantity.comparator, quantity.unit)
        return {
            "number": None if quantity.value is None else float(quantity.value),
            "same": self._same.setdefault(same, len(self._same)),
            "comparator": quantity.comparator, "reading": quantity.interpretation,
            "says_less": exact is not None and says_less(vocabulary, quantity.unit, test),
            "exact": None if exact is None else float(exact),
            "fine": None if exact is None else float(exact.quantize(FINE)),
            **_ends(found), **value_parts(quantity), **reading_parts(quantity),
        }  # fmt: skip


def _bits(hits: list[Row], facts: int) -> Row:
    """Return words of bits, in which a fact's bit says that the entry bears on it in this way."""
    words = {name: 0 for what in (HIT, GAP, UNCLEAR) for name in words_of(facts, what)}
    for each in hits:
        word, bit = divmod(each["fact"], BITS)
        words[f"{each['what']}{word}"] |= 1 << bit
    return words


def _ends(found: Measured) -> Row:
    """Return the two ends, or why there are none and of which part of the value it is said."""
    interval, gap = found.interval, found.gap
    return {
        "low": None if interval is None or interval.low is None else format(interval.low, "f"),
        "high": None if interval is None or interval.high is None else format(interval.high, "f"),
        "is_usable": interval is not None,
        "gap_reason": gap and gap.reason, "gap_part": gap and gap.at, "gap_detail": gap and gap.detail,
    }  # fmt: skip


def _steps(pack: Pack) -> Iterator[tuple[str, Decimal]]:
    """Yield by the path of a test the step in which its fact is held; all kidney tests feed one fact."""
    for fact in pack.facts.values():
        step = Decimal(1).scaleb(-fact.decimals)
        if fact.kind == "filtration":
            yield from ((path, step) for path in ("kidney.egfr", "kidney.creatinine", "kidney.cystatin_c"))
        elif fact.kind == "result":
            yield fact.given["of"], step
