"""Less information never clears: whatever happens to a prefetch key, no rule that spoke falls silent."""

from collections.abc import Callable
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.hook import ABSENT, ERROR, FAILED, GIVEN, LATE, NULL, Part
from service.engine.reference import CLEAR
from tests.properties.fhir_charts import Chart, charts, given_parts, outcomes, searchset

Degrade = Callable[[str, list[Chart]], Part]
FAILURE = {"resourceType": "OperationOutcome", "issue": [{"severity": "error", "code": "exception"}]}
CUT_SHORT = {"resourceType": "OperationOutcome", "issue": [{"severity": "warning", "code": "incomplete"}]}
NEXT = [{"relation": "next", "url": "https://ehr.example/fhir?page=2"}]


def state(word: str) -> Degrade:
    return lambda key, _: Part(key, word)


def given_as(make: Callable[[list[Chart]], Any], *, unread: bool = False) -> Degrade:
    return lambda key, resources: Part(key, GIVEN, (make(resources),), unread=unread)


DEGRADED: dict[str, Degrade] = {
    **{word: state(word) for word in (ABSENT, NULL, ERROR, FAILED, LATE)},
    "an error as a resource": given_as(lambda _: FAILURE),
    "another kind of resource": given_as(lambda _: {"resourceType": "Parameters"}),
    "a count and no entries": given_as(lambda rest: {"resourceType": "Bundle", "total": len(rest) + 1}),
    "fewer entries than counted": given_as(lambda rest: searchset(rest[:1], total=len(rest) + 1)),
    "an error among the entries": given_as(lambda rest: searchset([*rest[:1], FAILURE])),
    "a remark that not all is there": given_as(lambda rest: searchset([CUT_SHORT, *rest[:1]])),
    "an entry that holds nothing": given_as(lambda rest: searchset([*rest[:1], None])),
    "a page not read": given_as(lambda rest: searchset(rest[:1], link=NEXT), unread=True),
    "a page not read, and nothing here": given_as(lambda _: searchset([], link=NEXT), unread=True),
}
DRAFTED: dict[str, Chart] = {
    "draft": {"status": "draft"},
    "cancelled": {"status": "cancelled"},
    "in error": {"status": "entered-in-error"},
    "not to be done": {"status": "draft", "doNotPerform": True},
    "unnamed": {"status": "draft", "medicationCodeableConcept": None},
}
KEYS = ["patient", "conditions", "kidney", "electrolytes", "medrequests", "medstatements", "procedures", "nutrition"]


@pytest.mark.parametrize("how", DEGRADED)
@given(charts, st.sampled_from(KEYS))
def test_less_of_a_key_clears_no_rule(how: str, chart: dict[str, list[Chart]], key: str) -> None:
    whole = given_parts(chart)
    before = outcomes(whole)
    after = outcomes({**whole, key: DEGRADED[how](key, chart[key])})
    assert [rule for rule, outcome in after.items() if outcome == CLEAR and before[rule] != CLEAR] == []


@given(charts, st.sampled_from(sorted(DRAFTED)), st.randoms(use_true_random=False))
def test_a_draft_of_what_the_record_has_clears_no_rule(chart: dict[str, list[Chart]], how: str, chance: Random) -> None:
    whole = given_parts(chart)
    drafts = searchset([{**each, **DRAFTED[how]} for each in chart["medrequests"] if chance.random() < 0.7])
    before, after = outcomes(whole, searchset([])), outcomes(whole, drafts)
    assert [rule for rule, outcome in after.items() if outcome == CLEAR and before[rule] != CLEAR] == []
