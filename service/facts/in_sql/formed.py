"""A fact in SQL: what its columns and texts are made of."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from service.facts.in_sql.matches import HIT, LEFT
from service.facts.in_sql.words import literal, prefix_of
from service.knowledge.model import FactDeclaration

LISTS = ("conditions", "medications", "supplements", "signs", "foods")
AT = {name: f"/{name}" for name in LISTS} | {"foods": "/diet/foods"}
# How many facts share one word of bits; the sign of a BIGINT is left alone.
BITS = 62


class NoSqlForm(Exception):
    """A kind of fact, or a part of a condition, has no form in SQL: the pack cannot be used for populations."""


@dataclass(frozen=True, slots=True)
class Formed:
    """One fact as SQL over a row: its columns by name, and what it shows.

    `seen` and `gaps` give JSON objects with commas between, or NULL. `helpers` are columns that the others rest on.
    """

    columns: dict[str, str]
    seen: str
    gaps: str
    helpers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Declared:
    """A declaration, its number in the dictionary, and what beside its lists may leave it open."""

    fact: FactDeclaration
    number: int
    open_elsewhere: tuple[str, ...] = ()

    @property
    def told(self) -> str:
        """What the entries show that answer it with yes, as SQL; NULL where there are none."""
        return self._in("told", HIT)

    @property
    def count(self) -> str:
        """How many entries, or different concepts, answer it with yes, as SQL; NULL where there are none."""
        return self._in("counts", HIT)

    @property
    def doubted(self) -> str:
        """What the entries leave open that may answer it with yes, as SQL; NULL where there are none."""
        return self._in("doubted", LEFT)

    def _in(self, texts: str, what: str) -> str:
        """Return this fact's part of a list that has one for each fact whose bit is set, in the order of the bits."""
        word, bit = divmod(self.number, BITS)
        place = f"{what}_before{word} + bit_count({what}{word} & {(1 << bit) - 1}) + 1"
        return f"(CASE WHEN {self.has(what)} THEN {texts}[{place}] END)"

    @property
    def prefix(self) -> str:
        """How each JSON object begins that is about it, as SQL."""
        return literal(prefix_of(self.fact.id))

    def has(self, what: str) -> str:
        """Return whether an entry bears on it in this way, as SQL; never NULL."""
        word, bit = divmod(self.number, BITS)
        return f"(coalesce({what}{word}, 0) & {1 << bit}) <> 0"


def words_of(facts: int, what: str) -> Iterator[str]:
    """Yield the names of the words of bits that so many facts need."""
    yield from (f"{what}{word}" for word in range((facts - 1) // BITS + 1))
