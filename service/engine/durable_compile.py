"""Compiles conditions for durable-rules: each one twice, as written and negated, into plain conjunctions.

Negation is pushed down to the tests, then `any` is multiplied out. A test on an attribute that is not there is false
either way, so a conjunction of the first kind fires only if the condition is true, one of the second only if it is
false, and neither if it is unknown: Kleene's logic, with the safe default.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from itertools import product

from service.facts.model import Fact, Interval
from service.knowledge.model import FactDeclaration
from service.knowledge.nodes import All, Any, Compare, Is, Node, Not, Unknown

MOST_CONJUNCTS = 64
FLIPPED = {"$lt": "$gte", "$gte": "$lt", "$gt": "$lte", "$lte": "$gt", "==": "$neq", "$neq": "=="}
OPERATORS = {"below": "$lt", "at_least": "$gte", "above": "$gt", "at_most": "$lte"}
SENDS_HIGH = ("$lt", "$lte")


class TooLarge(Exception):
    """A condition that would need more conjunctions than the engine can hold."""


@dataclass(frozen=True, slots=True, order=True)
class Literal:
    """One test of one attribute."""

    attribute: str
    operator: str
    number: float


Conjunct = frozenset[Literal]


class Attributes:
    """The names under which facts are sent: short, plain, and the same for every request."""

    def __init__(self, declarations: Iterable[FactDeclaration]) -> None:
        self.declarations = {declared.id: declared for declared in declarations}
        self.names = {known: f"f{index}" for index, known in enumerate(self.declarations)}

    def code(self, fact: str, value: str | bool) -> float:
        """Return the number that stands for a word or a yes/no."""
        return float(value) if isinstance(value, bool) else float(self.declarations[fact].values.index(value))

    def sent(self, facts: Mapping[str, Fact]) -> dict[str, float]:
        """Return every attribute of a patient: only numbers, and nothing for what is not known."""
        attributes: dict[str, float] = {}
        for known, name in self.names.items():
            state = facts[known].state
            attributes[f"{name}k"] = 0 if state is None else 1
            if isinstance(state, Interval):
                attributes |= _bounds(name, state)
            elif state is not None:
                attributes[name] = self.code(known, state)
        return attributes


def _bounds(name: str, state: Interval) -> dict[str, float]:
    ends = ((f"{name}lo", state.low), (f"{name}hi", state.high))
    return {attribute: float(end) for attribute, end in ends if end is not None}


def compile_condition(node: Node, attributes: Attributes) -> tuple[list[Conjunct], list[Conjunct]]:
    """Return the conjunctions that mean true, and those that mean false; raise TooLarge above 64 either way."""
    return _normal(node, True, attributes), _normal(node, False, attributes)


def _normal(node: Node, wanted: bool, attributes: Attributes) -> list[Conjunct]:
    if isinstance(node, Not):
        return _normal(node.part, not wanted, attributes)
    if isinstance(node, (All, Any)):
        parts = [_normal(part, wanted, attributes) for part in node.parts]
        together = isinstance(node, All) == wanted
        return _smallest(_all_of(parts) if together else [conjunct for part in parts for conjunct in part])
    return _literals(node, wanted, attributes)


def _all_of(parts: list[list[Conjunct]]) -> Iterable[Conjunct]:
    combined: list[Conjunct] = [frozenset()]
    for part in parts:
        combined = _smallest(left | right for left, right in product(combined, part))
    return combined


def _smallest(conjuncts: Iterable[Conjunct]) -> list[Conjunct]:
    """Drop what cannot hold and what a shorter conjunction includes; keep the order stable."""
    possible = sorted({each for each in conjuncts if not _impossible(each)}, key=lambda each: (len(each), sorted(each)))
    kept: list[Conjunct] = []
    for each in possible:
        if not any(shorter <= each for shorter in kept):
            kept.append(each)
    if len(kept) > MOST_CONJUNCTS:
        raise TooLarge(f"more than {MOST_CONJUNCTS} alternatives")
    return kept


def _impossible(conjunct: Conjunct) -> bool:
    return any(len(each) > 1 and fitting(each) is None for each in by_attribute(conjunct).values())


def by_attribute(conjunct: Conjunct) -> dict[str, list[Literal]]:
    """Return the literals of a conjunction, by attribute."""
    found: dict[str, list[Literal]] = {}
    for literal in sorted(conjunct):
        found.setdefault(literal.attribute, []).append(literal)
    return found


def fitting(literals: Iterable[Literal]) -> float | None:
    """Return a number that passes every test of one attribute, or None: beside each limit, at it and far from it."""
    tests = list(literals)
    near = (test.number + step for test in tests for step in (0.0, 0.25, -0.25, 1.0, -1.0, 2.0))
    return next((number for number in near if all(_holds(test, number) for test in tests)), None)


def _holds(literal: Literal, number: float) -> bool:
    return {
        "==": number == literal.number, "$neq": number != literal.number, "$lt": number < literal.number,
        "$lte": number <= literal.number, "$gt": number > literal.number, "$gte": number >= literal.number,
    }[literal.operator]  # fmt: skip


def _literals(node: Is | Compare | Unknown, wanted: bool, attributes: Attributes) -> list[Conjunct]:
    name = attributes.names[node.fact]
    if isinstance(node, Unknown):
        return [frozenset({Literal(f"{name}k", "==", 0.0 if wanted else 1.0)})]
    if isinstance(node, Compare):
        return [frozenset({_comparison(node, wanted, name)})]
    codes = [attributes.code(node.fact, value) for value in node.values]
    if wanted:
        return [frozenset({Literal(name, "==", code)}) for code in codes]
    return [frozenset(Literal(name, "$neq", code) for code in codes)]


def _comparison(node: Compare, wanted: bool, name: str) -> Literal:
    operator = OPERATORS[node.relation] if wanted else FLIPPED[OPERATORS[node.relation]]
    end = "hi" if operator in SENDS_HIGH else "lo"
    return Literal(f"{name}{end}", operator, float(Decimal(node.limit)))
