"""Small builders that several tests share."""

from decimal import Decimal

from service.facts.model import Fact, Interval
from service.knowledge.model import FactDeclaration, Rule
from service.knowledge.nodes import Node

YES_NO = ("has_a", "has_b", "has_c", "has_d")
NUMBERS = ("count", "result")
WORDS = {"level": ("low", "moderate", "high"), "flag": ("no", "yes")}


def declarations() -> list[FactDeclaration]:
    """Return a small made-up set of facts of every type."""
    return [
        *(FactDeclaration(known, "entry", known) for known in YES_NO),
        *(FactDeclaration(known, "result", known, unit="1", decimals=2) for known in NUMBERS),
        *(FactDeclaration(known, "word", known, values=values) for known, values in WORDS.items()),
    ]


def rule(known: str, condition: Node) -> Rule:
    """Return a rule of which only the condition matters."""
    return Rule(
        id=known, version=1, status="draft", category="caution", severity="info",
        title=known, summary=known, detail=known, for_review=("check",), does_not_cover=("much",),
        condition=condition, written={}, claims=(), file="made up",
    )  # fmt: skip


def exact(number: str) -> Interval:
    """Return the interval of one number."""
    return Interval(Decimal(number), Decimal(number))


def facts(**states: bool | str | Interval | None) -> dict[str, Fact]:
    """Return every made-up fact, unknown where nothing is said."""
    everything = dict.fromkeys((*YES_NO, *NUMBERS, *WORDS))
    return {known: Fact(known, state) for known, state in {**everything, **states}.items()}
