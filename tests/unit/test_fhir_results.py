"""Observations: the value, unit, comparator and day as they came, and nothing that the record does not say."""

import contextlib
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given

from schemas.profile import Quantity
from service.intake.fhir.codes import day_of, moment_of, reference_of
from service.intake.fhir.located import Skip
from service.intake.fhir.results import Result, results_of, shows_dialysis, summary
from tests.unit.fhir_terms_for_tests import (
    ANY_JSON,
    LOINC,
    LOINC_OID,
    READING,
    TERMS,
    UCUM,
    any_resource,
    concept,
    located,
)

MMOL = {"value": 0.62, "unit": "mmol/l", "system": UCUM, "code": "mmol/L"}


def observation(loinc: str = "19123-9", /, **members: Any) -> dict[str, Any]:
    default = {"status": "final", "effectiveDateTime": "2026-10-30", "valueQuantity": MMOL}
    return {"resourceType": "Observation", "code": concept(LOINC, loinc), **default, **members}


def results(resource: dict[str, Any]) -> tuple[Result, ...]:
    return results_of(located(resource), TERMS)


def quantity(loinc: str = "19123-9", /, **members: Any) -> Quantity:
    (result,) = results(observation(loinc, **members))
    return result.quantity


def skipped(resource: dict[str, Any]) -> tuple[str, str]:
    with pytest.raises(Skip) as caught:
        results(resource)
    return caught.value.reason, caught.value.detail


def test_a_result_is_read_with_its_unit_day_method_and_source() -> None:
    read = quantity("98979-8", valueQuantity={"value": Decimal("28.50"), "unit": "mL/min/1.73m2"})
    assert read == Quantity(
        "/entry/0/resource", Decimal("28.50"), "mL/min/1.73m2", date(2026, 10, 30), source="Observation/1",
        method="creatinine, CKD-EPI 2021",
    )  # fmt: skip


def test_results_that_no_rule_uses_are_passed_over() -> None:
    assert results(observation("8302-2")) == ()
    assert results(observation("8302-2", status="entered-in-error")) == ()


def test_another_spelling_of_loinc_is_understood_and_another_system_is_not() -> None:
    assert len(results(observation(code=concept(LOINC_OID, "19123-9")))) == 1
    assert results(observation(code=concept("http://local.example", "19123-9"))) == ()


def test_a_text_decides_only_where_no_loinc_code_stands() -> None:
    assert len(results(observation(code={"text": " Magnesium,  SERUM"}))) == 1
    assert results(observation(code=concept(LOINC, "19124-7", "Magnesium, serum"))) == ()


def test_what_is_read_and_not_used_says_why() -> None:
    assert skipped(observation("2597-3"))[0] == "not_used"
    both = {"coding": [{"system": LOINC, "code": code} for code in ("19123-9", "2823-3")]}
    assert skipped(observation(code=both)) == (
        "not_used", "The result has the codes of two different tests and was not used.",
    )  # fmt: skip


def test_of_several_codes_of_one_test_the_better_method_is_named() -> None:
    both = {"coding": [{"system": LOINC, "code": code} for code in ("88293-6", "98979-8", "88293-6")]}
    assert quantity(code=both).method == "creatinine, CKD-EPI 2021"


@pytest.mark.parametrize("status", ["final", "amended", "corrected"])
def test_a_finished_result_has_no_doubt(status: str) -> None:
    assert quantity(status=status).doubt is None


@pytest.mark.parametrize(
    ("status", "word"),
    [
        ("preliminary", "preliminary"),
        ("registered", "not yet final"),
        ("unknown", "status"),
        (None, "status"),
        (3, "st"),
    ],
)
def test_an_unfinished_result_reassures_of_nothing(status: Any, word: str) -> None:
    doubt = quantity(status=status).doubt
    assert doubt
    assert (doubt.reason, doubt.at) == ("preliminary", "/entry/0/resource")
    assert word in doubt.detail


def test_withdrawn_results_are_skipped() -> None:
    assert skipped(observation(status="entered-in-error"))[0] == "entered_in_error"
    assert skipped(observation(status="cancelled"))[0] == "skipped"


def test_a_result_that_is_still_awaited_does_not_stand_before_older_ones() -> None:
    awaited = observation(status="registered")
    del awaited["valueQuantity"]
    assert skipped(awaited) == ("skipped", "There is no value for this result yet.")


@pytest.mark.parametrize("comparator", ["<", "<=", ">=", ">"])
def test_a_comparator_is_kept(comparator: str) -> None:
    read = quantity(valueQuantity={**MMOL, "comparator": comparator})
    assert (read.value, read.comparator) == (Decimal("0.62"), comparator)


@pytest.mark.parametrize("comparator", ["ad", "~", 1, ["<"]])
def test_a_comparator_that_is_not_known_leaves_no_value(comparator: Any) -> None:
    read = quantity(valueQuantity={**MMOL, "comparator": comparator})
    assert read.value is None
    assert read.doubt
    assert read.doubt.reason == "comparator"


@pytest.mark.parametrize(
    "value", [True, "0.62", None, -1, -0.5, float("nan"), Decimal("NaN"), Decimal("Infinity"), 10**400, 1e300, [1]]
)
def test_what_is_no_plain_number_is_no_value(value: Any) -> None:
    assert quantity(valueQuantity={**MMOL, "value": value}).value is None


@pytest.mark.parametrize(
    "value", [{"valueString": ">60"}, {"valueInteger": 60}, {"dataAbsentReason": {"text": "haemolysed"}}, {}]
)
def test_another_kind_of_value_is_no_value_and_is_still_a_result(value: dict[str, Any]) -> None:
    resource = observation("98979-8")
    del resource["valueQuantity"]
    (result,) = results({**resource, **value}) if value else results({**resource, "valueQuantity": {}})
    assert result.quantity.value is None


def test_a_value_beside_a_reason_for_its_absence_is_doubtful() -> None:
    doubt = quantity(dataAbsentReason={"text": "error"}).doubt
    assert doubt
    assert doubt.reason == "conflict"


@pytest.mark.parametrize(
    ("given", "unit"),
    [
        ({"unit": "x", "code": "mg/dL", "system": UCUM}, "mg/dL"),
        ({"unit": "x", "code": "mg/dL"}, "mg/dL"),
        ({"unit": "mg/dL"}, "mg/dL"),
        ({"unit": "mg/dL", "code": "258797006", "system": "http://snomed.info/sct"}, "mg/dL"),
        ({"unit": " "}, None),
        ({"unit": 5, "code": None}, None),
    ],
)
def test_the_unit_is_the_ucum_code_or_the_text_and_never_made_up(given: dict[str, Any], unit: str | None) -> None:
    assert quantity(valueQuantity={"value": 1, **given}).unit == unit


@pytest.mark.parametrize(
    ("time", "day"),
    [
        ({"effectiveDateTime": "2026-10-30T23:30:00-05:00"}, date(2026, 10, 31)),
        ({"effectiveDateTime": "2026-10-31T07:00:00+10:00"}, date(2026, 10, 30)),
        ({"effectiveDateTime": "2026-10"}, date(2026, 10, 1)),
        ({"effectiveDateTime": "2026"}, date(2026, 1, 1)),
        ({"effectiveInstant": "2026-10-30T08:00:00.000Z"}, date(2026, 10, 30)),
        ({"effectivePeriod": {"start": "2026-10-01", "end": "2026-10-30"}}, date(2026, 10, 30)),
        ({"effectivePeriod": {"start": "2026-10-01"}}, date(2026, 10, 1)),
        ({"effectiveDateTime": "30/10/2026"}, None),
        ({"effectiveDateTime": "2026-W44-5"}, None),
        ({"effectiveDateTime": "2026-02-30"}, None),
        ({"effectiveDateTime": 20261030}, None),
        ({"issued": "2026-10-30T08:00:00Z"}, None),
    ],
)
def test_the_day_is_when_the_sample_was_taken(time: dict[str, Any], day: date | None) -> None:
    resource = observation()
    del resource["effectiveDateTime"]
    assert results({**resource, **time})[0].quantity.date == day


def test_components_are_results_of_their_own() -> None:
    parts = [{"code": concept(LOINC, code), "valueQuantity": MMOL} for code in ("8302-2", "19123-9", "2823-3")]
    panel = {"resourceType": "Observation", "status": "preliminary", "code": concept(LOINC, "24323-8")}
    read = results({**panel, "component": parts, "effectiveDateTime": "2026-10-30"})
    assert [(each.code.path, each.quantity.at[-12:], each.quantity.source) for each in read] == [
        ("labs.magnesium", "/component/1", "Observation/1"), ("labs.potassium", "/component/2", "Observation/1"),
    ]  # fmt: skip
    assert all(each.quantity.date and each.quantity.doubt for each in read)


def flag(*codes: str) -> str | None:
    return quantity(interpretation=[concept(READING, code) for code in codes]).interpretation


def test_the_laboratorys_flag_is_read() -> None:
    assert [flag("L"), flag("H"), flag("N"), flag("L", "LL")] == ["low", "high", "normal", "low"]


def test_flags_that_differ_are_none_and_nothing_makes_an_abnormal_result_normal() -> None:
    assert [flag("L", "H"), flag("A", "N"), flag("A", "L"), flag("A")] == [None, None, "low", None]


def limits(low: float | None, high: float | None, unit: str = "mmol/L", **more: Any) -> dict[str, Any]:
    ends = {"low": low, "high": high}
    return {name: {"value": value, "unit": unit} for name, value in ends.items() if value is not None} | more


CRITICAL = {"coding": [{"code": "critical"}]}
NORMAL = {"coding": [{"code": "normal"}]}


@pytest.mark.parametrize(
    ("ranges", "reading"),
    [
        ([limits(0.7, 1.0)], "low"),
        ([None, 3, limits(0.7, 1.0)], "low"),
        ([limits(0.62, 1.0)], "normal"),
        ([limits(0.2, 0.5)], "high"),
        ([limits(0.7, None)], "low"),
        ([limits(0.5, None)], None),
        ([limits(None, 1.0)], None),
        ([limits(1.7, 2.4, "mg/dL")], None),
        ([limits(1.0, 0.7)], None),
        ([limits(0.7, 1.0, type=CRITICAL)], None),
        ([limits(0.4, 1.4, type=CRITICAL), limits(0.7, 1.0, type=NORMAL)], "low"),
        ([limits(0.6, 1.0, age={}), limits(0.7, 1.0)], "low"),
        ([limits(0.6, 1.0), limits(0.7, 1.0)], None),
    ],
)
def test_without_a_flag_the_laboratorys_own_range_decides(ranges: list[Any], reading: str | None) -> None:
    assert quantity(referenceRange=ranges).interpretation == reading


def test_a_bound_is_not_held_against_a_range_nor_is_a_flagged_result() -> None:
    assert quantity(valueQuantity={**MMOL, "comparator": "<"}, referenceRange=[limits(0.7, 1.0)]).interpretation is None
    abnormal = [concept(READING, "A")]
    assert quantity(interpretation=abnormal, referenceRange=[limits(0.1, 1.0)]).interpretation is None


def test_a_result_that_exists_only_with_dialysis_shows_it() -> None:
    assert shows_dialysis(located(observation("51618-7")), TERMS)
    assert not shows_dialysis(located(observation("51618-7", status="cancelled")), TERMS)
    assert not shows_dialysis(located(observation()), TERMS)


def test_a_reference_names_the_version_and_repeats_nothing_strange() -> None:
    assert (
        reference_of({"resourceType": "Observation", "id": "x", "meta": {"versionId": "3"}})
        == "Observation/x/_history/3"
    )
    assert reference_of({"resourceType": "Observation", "id": "two words"}) is None


def test_a_time_at_the_end_of_the_calendar_keeps_its_day() -> None:
    assert moment_of("0001-01-01T00:00:00+05:00") == "0001-01-01"
    assert moment_of("2026-10-30T23:30:00-05:00") == "2026-10-31T04:30:00"


@given(ANY_JSON)
def test_a_time_is_read_or_not_and_never_raises(value: Any) -> None:
    assert bool(day_of(value)) == bool(moment_of(value))


MEMBERS = ["status", "code", "component", "valueQuantity", "valueString", "dataAbsentReason", "effectiveDateTime"]
MEMBERS += ["effectivePeriod", "interpretation", "referenceRange"]


@given(any_resource(MEMBERS, ["Observation"]), any_resource(MEMBERS, ["Observation"]))
def test_whatever_an_observation_holds_only_skip_is_raised(whole: dict[str, Any], part: dict[str, Any]) -> None:
    read: list[Result] = []
    for resource in (whole, {**whole, "code": concept(LOINC, "19123-9"), "component": [part, {**whole, **part}]}):
        with contextlib.suppress(Skip):
            read += results_of(located(resource), TERMS)
        shows_dialysis(located(resource), TERMS)
    summary(read)
