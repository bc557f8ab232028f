"""What a condition is made of, once read: a tree of these six nodes and nothing else."""

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class All:
    """True if every part is true."""

    parts: tuple["Node", ...]


@dataclass(frozen=True, slots=True)
class Any:
    """True if some part is true."""

    parts: tuple["Node", ...]


@dataclass(frozen=True, slots=True)
class Not:
    """True if the part is false; unknown stays unknown."""

    part: "Node"


@dataclass(frozen=True, slots=True)
class Is:
    """True if the fact's word (or yes/no) is one of `values`."""

    fact: str
    values: tuple[str | bool, ...]


@dataclass(frozen=True, slots=True)
class Compare:
    """True if the fact's number stands in `relation` (below, at_least, above, at_most) to `limit`."""

    fact: str
    relation: str
    limit: Decimal


@dataclass(frozen=True, slots=True)
class Unknown:
    """True if nothing usable is known of the fact, else false; never unknown itself."""

    fact: str


Node = All | Any | Not | Is | Compare | Unknown

RELATIONS = ("below", "at_least", "above", "at_most")


def facts_in(node: Node) -> frozenset[str]:
    """Return the names of all facts in the tree."""
    if isinstance(node, (All, Any)):
        return frozenset().union(*(facts_in(part) for part in node.parts))
    if isinstance(node, Not):
        return facts_in(node.part)
    return frozenset({node.fact})


def limits_in(node: Node) -> frozenset[Compare]:
    """Return every comparison with a limit in the tree."""
    if isinstance(node, (All, Any)):
        return frozenset().union(*(limits_in(part) for part in node.parts))
    if isinstance(node, Not):
        return limits_in(node.part)
    return frozenset({node}) if isinstance(node, Compare) else frozenset()
