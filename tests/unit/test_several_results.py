"""Several results of one test, as records hold them: the newest that can be used counts, and doubt never reassures."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest

from schemas.profile import Entry, Kidney, Labs, Open, Patient, Profile, Quantity, Supplement
from service.facts.derive import derive
from service.facts.model import Fact, Interval
from service.knowledge.load import load_pack

PACK = load_pack()
TODAY = date(2026, 11, 21)
EGFR, MMOL = "mL/min/{1.73_m2}", "mmol/L"
PRELIMINARY = Open("preliminary", "/entry/0", "The result is preliminary.")


def result(value: str | None, days: int | None, unit: str | None = EGFR, **more: object) -> Quantity:
    day = None if days is None else TODAY - timedelta(days)
    given = Quantity("/entry/0", None if value is None else Decimal(value), unit, day, source="Observation/1")
    return replace(given, **more)  # type: ignore[arg-type]


def several(*results: Quantity) -> Quantity:
    return replace(results[0], earlier=results[1:])


def filtration(*results: Quantity) -> Fact:
    profile = Profile(patient=Patient(age=60, sex="female"), kidney=Kidney(egfr=several(*results)))
    return derive(profile, PACK, TODAY)["kidney.egfr"]


@pytest.mark.parametrize(
    ("results", "low", "high"),
    [
        ([result("80", 1), result("20", 30)], "80", "80"),
        ([result("80", 1, doubt=PRELIMINARY), result("20", 30)], None, "20"),
        ([result("20", 1, doubt=PRELIMINARY), result("80", 30)], None, "20"),
        ([result("80", 1, unit=None), result("70", 30)], None, "70"),
        ([result("80", 1, unit=None), result("20", 30)], None, "20"),
        ([result(None, 1), result("70", 30)], None, "70"),
        ([result("80", -3), result("70", 30)], None, "70"),
        ([result("80", 1), result("20", None)], None, "20"),
        ([result("80", 1), result("20", 2, unit=None)], "80", "80"),
    ],
)
def test_the_newest_sure_result_counts_and_a_doubtful_one_never_reassures(
    results: list[Quantity], low: str | None, high: str
) -> None:
    state = filtration(*results).state
    assert isinstance(state, Interval)
    assert (state.low, state.high) == (None if low is None else Decimal(low), Decimal(high))


def magnesium(*results: Quantity) -> tuple[Fact, Fact]:
    facts = derive(Profile(labs=Labs(magnesium=several(*results))), PACK, TODAY)
    return facts["labs.magnesium"], facts["labs.magnesium_flag"]


@pytest.mark.parametrize(
    ("results", "number", "flag"),
    [
        ([result("0.8", 1, MMOL, interpretation="normal")], True, "normal"),
        ([result("0.5", 1, MMOL, interpretation="low", doubt=PRELIMINARY)], False, "low"),
        ([result("0.8", 1, MMOL, interpretation="normal", doubt=PRELIMINARY)], False, None),
        ([result("0.8", 1, None), result("0.9", 5, MMOL, interpretation="normal")], False, None),
        ([result(None, 1, None), result("0.5", 5, MMOL, interpretation="low")], False, "low"),
        ([result(None, 1, None), result("0.9", 5, MMOL, interpretation="normal")], False, None),
        ([result("0.9", 1, MMOL), result("0.5", 5, MMOL, interpretation="low")], True, None),
    ],
)
def test_a_doubtful_laboratory_result_may_raise_and_gives_no_number(
    results: list[Quantity], number: bool, flag: str | None
) -> None:
    counted, reading = magnesium(*results)
    assert (counted.state is not None, reading.state) == (number, flag)


def test_what_a_record_leaves_open_keeps_absence_unknown_and_is_said() -> None:
    late = Open("fetch_late", "/prefetch/medstatements", "The FHIR server did not answer in time for medstatements.")
    profile = Profile(medications=(), supplements=(), open={"medications": (late,), "supplements": (late,)})
    facts = derive(profile, PACK, TODAY)
    assert facts["magnesium.listed"].state is None
    assert facts["magnesium.product_count"].state == Interval(Decimal(0), None)
    assert {gap.reason for gap in facts["magnesium.listed"].gaps} == {"fetch_late"}
    assert any(gap.reason == "fetch_late" for gap in facts.quality)


def test_what_was_found_in_a_list_read_in_part_still_counts() -> None:
    unread = Open("unread_page", "/prefetch/medrequests", "There is a further page that was not read.")
    product = Supplement("/entry/1", text="magnesium oxide", status="current", source="MedicationRequest/1")
    facts = derive(Profile(medications=(), supplements=(product,), open={"supplements": (unread,)}), PACK, TODAY)
    assert facts["magnesium.listed"].state is True
    assert facts["magnesium.product_count"].state == Interval(Decimal(1), None)


def test_notes_reach_the_data_quality() -> None:
    note = Open("skipped", "/entry/7", "This Observation has no code.")
    facts = derive(Profile(signs=(Entry("/signs/0", "muscle cramps"),), notes=(note,)), PACK, TODAY)
    assert [gap.detail for gap in facts.quality if gap.reason == "skipped"] == [note.detail]
