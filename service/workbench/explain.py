"""Says a rule in words: its condition with definitions spelled out, what it says, and what it rests on."""

from collections.abc import Iterator

from service.knowledge.model import Claim, Pack, Rule
from service.knowledge.nodes import All, Any, Compare, Is, Node, Not, Unknown, facts_in

RELATIONS = {"below": "is below", "at_least": "is at least", "above": "is above", "at_most": "is at most"}


def explained(pack: Pack, known: str) -> str | None:
    """Return the rule in words, or None if there is none of that id."""
    rule = next((rule for rule in pack.rules if rule.id == known), None)
    return None if rule is None else "\n".join(_lines(pack, rule))


def _lines(pack: Pack, rule: Rule) -> Iterator[str]:
    yield f"{rule.title}  ({rule.id}, version {rule.version}, {rule.status})"
    yield f"{rule.category}, {rule.severity}; from {rule.file}"
    yield ""
    yield rule.summary
    yield rule.detail
    yield ""
    yield "It is raised when"
    yield from in_words(rule.condition, pack, 1)
    yield "It cannot say when that is left open by something not known; else it is clear."
    yield ""
    yield "Facts it uses"
    for fact in sorted(facts_in(rule.condition)):
        yield f"  {fact}: {pack.facts[fact].meaning}"
    for title, names in (
        ("It rests on", rule.claims),
        ("On the other side", rule.contrast),
        ("Background", rule.background),
    ):
        if names:
            yield ""
            yield title
            yield from (_claim(pack.claims[name]) for name in names)
    yield ""
    yield "It does not cover"
    yield from (f"  {line}" for line in rule.does_not_cover)


def _claim(claim: Claim) -> str:
    count = f"{claim.documents} document{'s' if claim.documents != 1 else ''}"
    return f"  {claim.id} ({claim.encode}, {count}, {len(claim.locations)} passages): {claim.statement}"


def in_words(node: Node, pack: Pack, depth: int = 0) -> Iterator[str]:
    """Yield a condition in words, one line a test, indented by depth."""
    indent = "  " * depth
    if isinstance(node, (All, Any)):
        yield f"{indent}{'all of' if isinstance(node, All) else 'at least one of'}"
        for part in node.parts:
            yield from in_words(part, pack, depth + 1)
    elif isinstance(node, Not):
        yield f"{indent}it is not so that"
        yield from in_words(node.part, pack, depth + 1)
    else:
        yield f"{indent}{_test(node, pack)}"


def _test(node: Is | Compare | Unknown, pack: Pack) -> str:
    if isinstance(node, Unknown):
        return f"nothing usable is known of {node.fact}"
    if isinstance(node, Compare):
        return f"{node.fact} {RELATIONS[node.relation]} {node.limit} {pack.facts[node.fact].unit}"
    if node.values == (True,):
        return f"{node.fact}"
    return f"{node.fact} is {' or '.join('no' if value is False else str(value) for value in node.values)}"
