"""The same record told otherwise gives the same outcomes: order, copies, keys, wrapping, contained or referenced."""

import copy
import random
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from tests.properties.fhir_charts import Chart, charts, given_parts, outcomes, outcomes_of_bundle, searchset

KINDS = {
    "Condition": "conditions", "MedicationRequest": "medrequests", "MedicationStatement": "medstatements",
    "Procedure": "procedures", "NutritionOrder": "nutrition", "Observation": "kidney", "Patient": "patient",
}  # fmt: skip
OTHER_CODING = {"system": "http://local.example/codes", "code": "4711"}
IRRELEVANT: list[Chart] = [
    {"resourceType": "Encounter", "id": "e1", "status": "finished", "subject": {"reference": "Patient/p1"}},
    {"resourceType": "Organization", "id": "o1", "name": "Laboratory"},
    {"resourceType": "AllergyIntolerance", "id": "a1", "patient": {"reference": "Patient/p1"}},
    {"resourceType": "Observation", "id": "w1", "status": "final", "subject": {"reference": "Patient/p1"},
     "code": {"coding": [{"system": "http://loinc.org", "code": "29463-7"}]}, "valueQuantity": {"value": 70}},
]  # fmt: skip
chances = st.randoms(use_true_random=False)
Whole = dict[str, list[Chart]]


def everything(chart: Whole) -> list[Chart]:
    return [each for resources in chart.values() for each in resources]


def shuffled(chance: random.Random, resources: list[Any]) -> list[Any]:
    return chance.sample(resources, len(resources))


@given(charts, chances)
def test_the_order_of_entries_changes_nothing(chart: Whole, chance: random.Random) -> None:
    other = {key: shuffled(chance, resources) for key, resources in chart.items()}
    assert outcomes(given_parts(chart)) == outcomes(given_parts(other))
    resources = everything(chart)
    assert outcomes_of_bundle(searchset(resources)) == outcomes_of_bundle(searchset(shuffled(chance, resources)))


@given(charts, chances)
def test_what_came_twice_under_one_key_or_two_counts_once(chart: Whole, chance: random.Random) -> None:
    resources = everything(chart)
    again = [copy.deepcopy(each) for each in resources if chance.random() < 0.5]
    assert outcomes_of_bundle(searchset([*resources, *again])) == outcomes_of_bundle(searchset(resources))
    twice = {key: [*own, *(each for each in again if KINDS[each["resourceType"]] == key)] for key, own in chart.items()}
    assert outcomes(given_parts(twice)) == outcomes(given_parts(chart))


@given(charts, chances)
def test_a_result_may_stand_under_either_key_of_results(chart: Whole, chance: random.Random) -> None:
    results = [*chart["kidney"], *chart["electrolytes"]]
    kept = {each["id"] for each in results if chance.random() < 0.5}
    split = {"kidney": [each for each in results if each["id"] in kept]}
    split["electrolytes"] = [each for each in results if each["id"] not in kept]
    assert outcomes(given_parts({**chart, **split})) == outcomes(given_parts(chart))


@given(charts)
def test_a_collection_a_searchset_and_a_list_say_the_same(chart: Whole) -> None:
    resources = everything(chart)
    told = outcomes_of_bundle(searchset(resources))
    assert outcomes_of_bundle(searchset(resources, type="collection")) == told
    assert outcomes_of_bundle(resources) == told
    assert outcomes_of_bundle([searchset([each]) for each in resources]) == told
    paged = [{"fullUrl": f"https://ehr.example/fhir/{each['resourceType']}/{each['id']}", "resource": each}
             for each in resources]  # fmt: skip
    assert outcomes_of_bundle({"resourceType": "Bundle", "entry": paged, "total": len(paged)}) == told


@given(charts, chances)
def test_what_no_rule_uses_changes_nothing(chart: Whole, chance: random.Random) -> None:
    resources = everything(chart)
    more = shuffled(chance, [*resources, *IRRELEVANT])
    assert outcomes_of_bundle(searchset(more)) == outcomes_of_bundle(searchset(resources))
    beside = {key: [*own, *IRRELEVANT] if own else own for key, own in chart.items()}
    assert outcomes(given_parts(beside)) == outcomes(given_parts(chart))


@given(charts, chances)
def test_the_order_of_codings_and_one_of_a_local_system_change_nothing(chart: Whole, chance: random.Random) -> None:
    def coded(each: Chart) -> Chart:
        code = each.get("code")
        if not code:
            return each
        return {**each, "code": {**code, "coding": shuffled(chance, [*code["coding"], OTHER_CODING])}}

    other = {key: [coded(each) for each in resources] for key, resources in chart.items()}
    assert outcomes(given_parts(other)) == outcomes(given_parts(chart))


@given(charts, charts)
def test_of_two_copies_that_differ_it_does_not_matter_which_came_first(chart: Whole, other: Whole) -> None:
    one, two = everything(chart), everything(other)
    assert outcomes_of_bundle([*one, *two]) == outcomes_of_bundle([*two, *one])


def referring(each: Chart, where: str) -> list[Chart]:
    """Return the medicine with its name in a Medication: contained, beside it, or below the address of a server."""
    concept = each.get("medicationCodeableConcept")
    if not concept:
        return [each]
    rest = {name: value for name, value in each.items() if name != "medicationCodeableConcept"}
    known = f"of-{each['resourceType']}-{each['id']}"
    product = {"resourceType": "Medication", "id": known, "code": concept}
    if where == "contained":
        return [{**rest, "contained": [product], "medicationReference": {"reference": f"#{known}"}}]
    base = "" if where == "beside" else "https://ehr.example/fhir/"
    return [{**rest, "medicationReference": {"reference": f"{base}Medication/{known}"}}, product]


@given(charts, st.sampled_from(["contained", "beside", "absolute"]))
def test_a_medicine_may_be_named_in_a_medication(chart: Whole, where: str) -> None:
    other = {key: [part for each in own for part in referring(each, where)] for key, own in chart.items()}
    assert outcomes(given_parts(other)) == outcomes(given_parts(chart))
    resources = everything(chart)
    parts = [part for each in resources for part in referring(each, where)]
    assert outcomes_of_bundle(searchset(parts)) == outcomes_of_bundle(searchset(resources))
