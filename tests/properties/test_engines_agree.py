"""Several engines, one meaning: durable-rules against the reference evaluator, over random rules and random facts."""

from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from service.engine import reference
from service.engine.durable_compile import TooLarge
from service.engine.durable_engine import DurableEngine
from service.engine.self_test import self_test
from service.facts.model import Fact, Interval
from service.knowledge.model import Rule
from service.knowledge.nodes import RELATIONS, All, Any, Compare, Is, Node, Not, Unknown
from tests.making import NUMBERS, WORDS, YES_NO, declarations, rule

# Two decimals, close together, so that limits are met exactly, from below and from above.
LIMITS = st.integers(-3, 3).map(lambda whole: Decimal(whole) / 2)
TESTS: st.SearchStrategy[Node] = st.one_of(
    st.builds(Is, st.sampled_from(YES_NO), st.sampled_from([(True,), (False,)])),
    st.sampled_from(sorted(WORDS)).flatmap(
        lambda known: st.builds(
            Is, st.just(known), st.lists(st.sampled_from(WORDS[known]), min_size=1, unique=True).map(tuple)
        )
    ),
    st.builds(Compare, st.sampled_from(NUMBERS), st.sampled_from(RELATIONS), LIMITS),
    st.builds(Unknown, st.sampled_from([*YES_NO, *NUMBERS, *WORDS])),
)


def _wider(inner: st.SearchStrategy[Node]) -> st.SearchStrategy[Node]:
    parts = st.lists(inner, min_size=1, max_size=3).map(tuple)
    return st.one_of(st.builds(All, parts), st.builds(Any, parts), st.builds(Not, inner))


CONDITIONS = st.recursive(TESTS, _wider, max_leaves=8)


def _interval(ends: tuple[Decimal | None, Decimal | None]) -> Interval:
    low, high = ends
    if low is not None and high is not None and low > high:
        low, high = high, low
    # An open comparator moves an end by half a step, so half steps are drawn too.
    return Interval(low, high)


ENDS = st.one_of(st.none(), st.integers(-350, 350).map(lambda hundredth: Decimal(hundredth) / 200), LIMITS)
STATES: dict[str, st.SearchStrategy[object]] = {
    **{known: st.sampled_from([True, False, None]) for known in YES_NO},
    **{
        known: st.one_of(st.none(), st.tuples(ENDS, ENDS).map(_interval), LIMITS.map(lambda n: Interval(n, n)))
        for known in NUMBERS
    },
    **{known: st.sampled_from([*values, None]) for known, values in WORDS.items()},
}
FACTS = st.fixed_dictionaries(STATES).map(lambda states: {known: Fact(known, state) for known, state in states.items()})  # type: ignore[arg-type]


def _engine(rules: list[Rule]) -> DurableEngine | None:
    try:
        return DurableEngine(rules, declarations())
    except TooLarge:
        return None


@settings(max_examples=150, deadline=None)
@given(conditions=st.lists(CONDITIONS, min_size=1, max_size=6), patients=st.lists(FACTS, min_size=1, max_size=8))
def test_engines_agree(conditions: list[Node], patients: list[dict[str, Fact]]) -> None:
    rules = [rule(f"r/{index}", condition) for index, condition in enumerate(conditions)]
    engine = _engine(rules)
    if engine is None:
        return
    try:
        for facts in patients:
            assert engine.evaluate(facts) == reference.evaluate(rules, facts)
    finally:
        engine.close()


@settings(max_examples=60, deadline=None)
@given(conditions=st.lists(CONDITIONS, min_size=1, max_size=4))
def test_what_compiles_passes_its_own_test(conditions: list[Node]) -> None:
    engine = _engine([rule(f"r/{index}", condition) for index, condition in enumerate(conditions)])
    if engine is not None:
        self_test(engine)
        engine.close()


def _without_unknown(node: Node) -> bool:
    if isinstance(node, (All, Any)):
        return all(_without_unknown(part) for part in node.parts)
    return _without_unknown(node.part) if isinstance(node, Not) else not isinstance(node, Unknown)


@given(condition=CONDITIONS.filter(_without_unknown), facts=FACTS, forgotten=st.sets(st.sampled_from(sorted(STATES))))
def test_knowing_less_never_turns_an_answer_round(condition: Node, facts: dict[str, Fact], forgotten: set[str]) -> None:
    before = reference.truth(condition, facts)
    after = reference.truth(condition, {**facts, **{known: Fact(known, None) for known in forgotten}})
    assert after in (before, None)
