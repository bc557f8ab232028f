"""The real rules under random profiles: both engines agree, nothing breaks, less knowledge never silences a caution."""

import json
from copy import deepcopy
from datetime import date
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.assess import Advisory, Assessor
from service.intake.profile import received
from service.knowledge.dose_guard import doses_in
from service.knowledge.load import load_pack
from service.presenters.plain import Writer

TODAY = date(2026, 11, 21)
EXAMPLES = sorted((Path(__file__).parents[2] / "examples").glob("*.json"))
PACK = load_pack()
ASSESSOR = Assessor(PACK)
WRITER = Writer(PACK)

SPOKEN = {world: st.sampled_from(names) for world, names in PACK.vocabulary.spoken.items()}
ODD = st.sampled_from(["Zyvorol", "omeprazol", "??", "水", "a" * 200])
DAYS = st.sampled_from(["2026-11-20", "2026-11-21", "2026-11-22", "2025-11-21", "2024-02-29", None])
UNITS = st.sampled_from(["mL/min/{1.73_m2}", "mL/min/1.73m2", "mg/dL", "umol/L", "mmol/L", "meq/L", "furlong", None])
MAYBE = st.sampled_from([True, False, None])


def _maybe(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.one_of(st.none(), strategy)


def _entries(world: str, **more: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    text = st.one_of(SPOKEN[world], SPOKEN[world], ODD)
    one = st.one_of(text, st.fixed_dictionaries({"text": text}, optional=more))
    return _maybe(st.lists(one, max_size=4))


QUANTITIES = st.fixed_dictionaries(
    {"value": _maybe(st.sampled_from([0, 0.6, 1.05, 22, 59, 60, 61, 90, 400])), "unit": UNITS, "date": DAYS},
    optional={
        "comparator": st.sampled_from(["<", "<=", ">=", ">", None]),
        "interpretation": st.sampled_from(["low", "normal", "high", None]),
    },
)
SUPPLEMENTS = st.fixed_dictionaries(
    {"nutrient": st.sampled_from(["magnesium", "calcium", "vitamin d"])},
    optional={
        "form": st.sampled_from(
            ["glycinate", "citrate", "oxide", "sulfate", "chloride", "l-threonate", "malate", None]
        ),
        "route": st.sampled_from(["oral", "iv", "topical", None]),
        "status": st.sampled_from(["current", "considered", "stopped"]),
        "high_dose": MAYBE,
    },
)
PROFILES = st.fixed_dictionaries(
    {},
    optional={
        "patient": st.fixed_dictionaries(
            {}, optional={"age": st.sampled_from([4, 17, 18, 70, None]),
                          "sex": st.sampled_from(["female", "male", "other", None]),
                          "birth_date": st.sampled_from(["1950-02-28", "2012-01-01", None]),
                          "pregnant": MAYBE, "breastfeeding": MAYBE},
        ),
        "conditions": _entries("conditions", status=st.sampled_from(["active", "resolved", "refuted"])),
        "kidney": st.fixed_dictionaries(
            {}, optional={"egfr": _maybe(QUANTITIES), "creatinine": _maybe(QUANTITIES), "dialysis": MAYBE,
                          "acute_kidney_injury": MAYBE, "stage": st.sampled_from(["G1", "G2", "G3a", "G5", None])},
        ),
        "labs": st.fixed_dictionaries({}, optional={"magnesium": _maybe(QUANTITIES)}),
        "medications": _entries("medicines", status=st.sampled_from(["current", "planned", "stopped"])),
        "supplements": _maybe(st.lists(SUPPLEMENTS, max_size=3)),
        "diet": st.fixed_dictionaries(
            {}, optional={"magnesium_rich_foods": st.sampled_from(["low", "moderate", "high", None]),
                          "foods": _entries("foods")},
        ),
        "signs": _entries("conditions"),
    },
)  # fmt: skip


def assess(data: dict[str, Any]) -> Advisory:
    found = received(data, TODAY)
    return ASSESSOR.assess(found.profile, found.profile.as_of or TODAY, found.sha256)


@settings(max_examples=250, deadline=None)
@given(data=PROFILES)
def test_both_engines_agree_and_no_dose_leaves(data: dict[str, Any]) -> None:
    # Assessor.assess raises Disagreement when the engines differ, so that it returns at all is the property.
    advisory = assess(data)
    answer = json.loads(WRITER.advisory(advisory, "id", "now"))
    for flag in answer["flags"]:
        said = {name: value for name, value in flag.items() if name != "because"}
        assert not list(doses_in(said))
        assert (flag["outcome"] == "cannot_say") == bool(flag["missing"])


@settings(max_examples=100, deadline=None)
@given(data=PROFILES)
def test_same_profile_same_bytes(data: dict[str, Any]) -> None:
    assert WRITER.advisory(assess(data), "id", "now") == WRITER.advisory(assess(deepcopy(data)), "id", "now")


def _members(data: Any, path: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    found = [path] if path else []
    if isinstance(data, dict):
        found += [each for key, inner in data.items() if key != "as_of" for each in _members(inner, (*path, key))]
    return found


def _forgetting(data: dict[str, Any], path: tuple[str, ...]) -> dict[str, Any]:
    changed = deepcopy(data)
    inner = changed
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = None
    return changed


@pytest.mark.parametrize("file", EXAMPLES, ids=lambda file: file.stem)
def test_forgetting_one_member_never_silences_a_caution(file: Path) -> None:
    data = json.loads(file.read_text())
    before = {flag.rule.id for flag in assess(data).flags if flag.outcome == "raised" and flag.rule.severity != "info"}
    for path in _members(data):
        after = {flag.rule.id for flag in assess(_forgetting(data, path)).flags}
        assert before <= after, f"forgetting {'/'.join(path)} silenced {before - after}"


def spoken(advisory: Advisory) -> set[tuple[str, str]]:
    return {(flag.rule.id, flag.outcome) for flag in advisory.flags}


@settings(max_examples=60, deadline=None)
@given(data=PROFILES, seed=st.randoms(use_true_random=False))
def test_the_order_of_a_list_changes_nothing(data: dict[str, Any], seed: Random) -> None:
    changed = deepcopy(data)
    for name in ("conditions", "medications", "supplements", "signs"):
        if changed.get(name):
            seed.shuffle(changed[name])
    assert spoken(assess(changed)) == spoken(assess(data))


DAY = {"date": "2026-11-01"}
SAME = {
    "magnesium": [(0.62, "mmol/L"), (1.507, "mg/dL"), (1.24, "meq/L"), (1.24, "mEq/L"), (620, "umol/L")],
    "creatinine": [(2.1, "mg/dL"), (185.64, "umol/L"), (0.18564, "mmol/L"), (21, "mg/L")],
}


@pytest.mark.parametrize(("test", "value", "unit"), [(test, *each) for test, all_ in SAME.items() for each in all_])
def test_the_same_value_in_another_unit_changes_nothing(test: str, value: float, unit: str) -> None:
    at = {"magnesium": "labs", "creatinine": "kidney"}[test]
    data = {"patient": {"age": 70, "sex": "male"}, "conditions": ["migraine"], "supplements": ["magnesium citrate"]}
    first, first_unit = SAME[test][0]
    one = {**data, at: {test: {"value": first, "unit": first_unit, **DAY}}}
    other = {**data, at: {test: {"value": value, "unit": unit, **DAY}}}
    assert spoken(assess(other)) == spoken(assess(one))
    assert not [gap for gap in assess(other).data_quality if gap.reason == "unusable_unit"]


def test_two_codes_that_mean_different_things_are_a_conflict_and_both_count() -> None:
    icd = "http://hl7.org/fhir/sid/icd-10-cm"
    coding = [{"system": icd, "code": "N18.4"}, {"system": icd, "code": "G43.909"}]
    found = ASSESSOR.facts(received({"conditions": [{"coding": coding}]}, TODAY).profile, TODAY)
    assert found["condition.kidney_disease"].state is True
    assert found["condition.migraine"].state is True
    assert [(gap.reason, gap.at) for gap in found.quality] == [("conflict", "/conditions/0")]


def test_a_code_nobody_knows_is_unrecognised_and_shown() -> None:
    coding = [{"system": "http://hl7.org/fhir/sid/icd-10-cm", "code": "Q99.999", "display": "Something"}]
    found = ASSESSOR.facts(received({"conditions": [{"coding": coding}]}, TODAY).profile, TODAY)
    assert [(each.at, each.text) for each in found.unrecognised] == [("/conditions/0", "Something Q99.999")]
