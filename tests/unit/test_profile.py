"""The profile: strict, all mistakes at once, null told from empty, and no patient's words in a message."""

import json
from datetime import date
from typing import Any

import pytest

from schemas.problem import Refused
from schemas.profile import Profile
from service.intake.profile import receive

TODAY = date(2026, 11, 21)


def read(data: Any) -> Profile:
    return receive(json.dumps(data).encode(), TODAY).profile


def refused(data: Any) -> dict[str, str]:
    with pytest.raises(Refused) as caught:
        read(data)
    assert caught.value.status == 422
    return {problem.at: f"{problem.message} {problem.hint}" for problem in caught.value.problems}


def test_nothing_supplied_is_not_the_same_as_none() -> None:
    assert read({}).medications is None
    assert read({"medications": None}).medications is None
    assert read({"medications": []}).medications == ()


def test_a_string_stands_for_a_text() -> None:
    plain = read({"conditions": ["migraine"], "medications": ["omeprazole"], "signs": ["cramps"]})
    whole = read(
        {"conditions": [{"text": "migraine"}], "medications": [{"text": "omeprazole"}], "signs": [{"text": "cramps"}]}
    )
    assert plain == whole
    assert plain.conditions is not None
    assert plain.conditions[0].status == "active"


def test_the_example_of_the_contract_is_read() -> None:
    read(
        {
            "patient": {"id": "p-17", "age": 74, "birth_date": "1952-04-01", "sex": "female", "pregnant": None},
            "as_of": "2026-11-21",
            "conditions": ["trigeminal neuralgia", {"text": "CKD stage 4", "status": "active", "onset": "2021-03-01"}],
            "kidney": {"egfr": {"value": 28, "unit": "mL/min/{1.73_m2}", "date": "2026-10-30"}, "cystatin_c": None},
            "medications": [{"text": "Lasix", "coding": [], "status": "current", "route": "oral", "since": "2024-01"}],
            "supplements": [{"nutrient": "magnesium", "form": "citrate", "route": "oral", "status": "considered"}],
            "diet": {"magnesium_rich_foods": "low", "foods": ["spinach"]},
            "signs": ["muscle cramps"],
        }
    )


@pytest.mark.parametrize(
    ("data", "at", "says"),
    [
        ({"kidny": {}}, "/kidny", "Did you mean kidney?"),
        ({"kidney": {"egfr": {"vlaue": 3}}}, "/kidney/egfr/vlaue", "Did you mean value?"),
        ({"patient": {"age": 400}}, "/patient/age", "impossible"),
        ({"patient": {"age": "74"}}, "/patient/age", "must be a number"),
        ({"patient": {"age": True}}, "/patient/age", "must be a number"),
        ({"patient": {"age": 7.5}}, "/patient/age", "whole number"),
        ({"patient": {"birth_date": "2027-01-01"}}, "/patient/birth_date", "after the day of evaluation"),
        ({"patient": {"birth_date": "1600-01-01"}}, "/patient/birth_date", "impossible"),
        ({"as_of": "2020-01-01", "patient": {"birth_date": "2020-01-02"}}, "/patient/birth_date", "after the day"),
        ({"as_of": "21.11.2026"}, "/as_of", "YYYY-MM-DD"),
        ({"as_of": "2026-02-30"}, "/as_of", "no such day"),
        ({"patient": {"sex": "f"}}, "/patient/sex", "female, male, other, unknown"),
        ({"kidney": {"dialysis": "no"}}, "/kidney/dialysis", "true or false"),
        ({"kidney": {"dialysis": 0}}, "/kidney/dialysis", "true or false"),
        ({"kidney": {"stage": "3a"}}, "/kidney/stage", "G3a"),
        ({"kidney": {"egfr": 28}}, "/kidney/egfr", "must be an object"),
        ({"kidney": {"egfr": {"value": -1}}}, "/kidney/egfr/value", "impossible"),
        ({"kidney": {"egfr": {"value": 1, "comparator": "~"}}}, "/kidney/egfr/comparator", "<, <=, >=, >"),
        ({"conditions": "migraine"}, "/conditions", "must be a list"),
        ({"conditions": [None]}, "/conditions/0", "may not be null"),
        ({"conditions": [{}]}, "/conditions/0", "says nothing"),
        ({"conditions": [7]}, "/conditions/0", "text or an object"),
        ({"conditions": [""]}, "/conditions/0", "empty"),
        ({"conditions": ["x"] * 501}, "/conditions", "longer than 500"),
        ({"supplements": [{"nutrient": "magnesium", "form": "bisglycinate"}]}, "/supplements/0/form", "glycinate"),
        ({"medications": [{"text": "x", "status": "considered"}]}, "/medications/0/status",
         "current, planned, stopped"),
        ([], "", "JSON object"),
        ("profile", "", "JSON object"),
    ],
)  # fmt: skip
def test_a_mistake_is_told_where_it_is(data: Any, at: str, says: str) -> None:
    found = refused(data)
    assert says in found[at]


def test_all_mistakes_at_once() -> None:
    data = {"patient": {"age": 400, "sex": "f"}, "kidny": {}, "medications": [{"txt": "x"}], "as_of": "today"}
    assert set(refused(data)) >= {"/patient/age", "/patient/sex", "/kidny", "/medications/0/txt", "/as_of"}


def test_a_message_quotes_no_value() -> None:
    found = refused({"patient": {"id": 7, "sex": "Zebedee"}, "signs": [{"text": ["Zebedee"]}]})
    assert "Zebedee" not in str(found)


def test_the_hash_does_not_depend_on_order_or_spacing() -> None:
    one = receive(b'{"signs": [], "conditions": null}', TODAY).sha256
    assert one == receive(b'{"conditions":null,"signs":[]}', TODAY).sha256
    assert one != receive(b'{"conditions":[],"signs":[]}', TODAY).sha256


def test_an_invented_name_is_not_repeated() -> None:
    assert "Zebedee" not in str(refused({"patient": {"Zebedee Smith 1952": 1}}))
