"""The SQL engine against the reference evaluator, over random rules and facts: outcome, and every reason of it."""

import json
from dataclasses import replace

import duckdb
from hypothesis import given, settings
from hypothesis import strategies as st

from service.assess.advisory import Because
from service.assess.reasons import Reasons
from service.engine import reference
from service.engine.sql import Conditions
from service.engine.sql_reasons import Reasons as SqlReasons
from service.facts.in_sql.columns import GAPS, HIGH, KNOWN, LOW, SEEN, UNKNOWN, column_of
from service.facts.in_sql.words import literal
from service.facts.model import Fact, Gap, Interval, Seen
from service.knowledge.nodes import Node
from tests.making import NUMBERS, WORDS, rule
from tests.properties.test_engines_agree import CONDITIONS, FACTS

# One database for all examples; nothing is kept in it.
DUCK = duckdb.connect()


def told(fact: Fact) -> Fact:
    """Return a fact with something seen behind it and a reason why it may not be known."""
    return replace(fact, seen=(Seen("seen", "/seen"),), gaps=(Gap("not_supplied", "/gap", "Not said."),))


def columns(facts: dict[str, Fact]) -> str:
    found = []
    for name, fact in facts.items():
        state = fact.state
        if name in NUMBERS:
            low, high = (state.low, state.high) if isinstance(state, Interval) else (None, None)
            found += [f"{str(state is not None).upper()} AS {column_of(name, KNOWN)}"]
            found += [f"{number(low)} AS {column_of(name, LOW)}", f"{number(high)} AS {column_of(name, HIGH)}"]
        elif name in WORDS:
            found.append(f"CAST({'NULL' if state is None else literal(str(state))} AS VARCHAR) AS {column_of(name)}")
        else:
            found.append(f"CAST({'NULL' if state is None else state} AS BOOLEAN) AS {column_of(name)}")
        found += [f"""'"{part} {name}"' AS {column_of(name, part)}""" for part in (SEEN, GAPS, UNKNOWN)]
    return ", ".join(found)


def number(value: object) -> str:
    return f"CAST({'NULL' if value is None else value} AS DECIMAL(18,4))"


def asked(conditions: list[Node], facts: dict[str, Fact]) -> list[tuple[object, ...]]:
    made = Conditions(NUMBERS, conditions)
    reasons = SqlReasons(made)
    shared = "".join(f", {value} AS {name}" for name, value in made.shared.items())
    answers = ", ".join(
        f"{made.value(each)}, {reasons.because(each)}, {reasons.known_so_far(each)}, {reasons.missing(each)}"
        for each in conditions
    )
    parts = "".join(f", {query} AS {name}" for name, query in reasons.parts.items())
    source = f"(SELECT *{shared} FROM (SELECT {columns(facts)}) AS f) AS c"
    row = DUCK.execute(f"SELECT {answers} FROM (SELECT *{parts} FROM {source}) AS p").fetchall()[0]
    return [tuple(row[place : place + 4]) for place in range(0, len(row), 4)]


def listed(inside: object) -> list[str]:
    """Return what stands inside a list; NULL where there is nothing."""
    return list(json.loads(f"[{inside or ''}]"))


def named(because: tuple[Because, ...]) -> list[str]:
    return [f"{UNKNOWN if (each.origin or '').startswith('not known') else SEEN} {each.fact}" for each in because]


@settings(max_examples=250, deadline=None)
@given(conditions=st.lists(CONDITIONS, min_size=1, max_size=5), drawn=FACTS)
def test_sql_means_what_the_reference_means(conditions: list[Node], drawn: dict[str, Fact]) -> None:
    facts = {name: told(fact) for name, fact in drawn.items()}
    reasons = Reasons(facts)
    for condition, (truth, because, so_far, missing) in zip(conditions, asked(conditions, facts), strict=True):
        wanted, of = reference.truth(condition, facts), rule("r/one", condition)
        assert truth is wanted
        if wanted is True:
            assert listed(because) == named(reasons.because(of))
        if wanted is None:
            assert listed(so_far) == named(reasons.known_so_far(of))
            assert listed(missing) == [f"{GAPS} {each.fact}" for each in reasons.missing(of)]
