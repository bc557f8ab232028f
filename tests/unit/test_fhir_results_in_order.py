"""Several Observations of one test: the newest stands first, of one moment the worse, each value once."""

from datetime import date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.intake.fhir.codes import day_of, moment_of
from service.intake.fhir.results import Result, newest_first, results_of, summary
from tests.unit.fhir_terms_for_tests import LOINC, TERMS, concept, located


def egfr(value: float, time: str | None, code: str = "98979-8", source: str = "a") -> Result:
    resource = {
        "resourceType": "Observation", "id": source, "status": "final", "code": concept(LOINC, code),
        "valueQuantity": {"value": value, "unit": "u"}, "effectiveDateTime": time,
    }  # fmt: skip
    (result,) = results_of(located(resource), TERMS)
    return result


def ordered(*given_results: Result) -> tuple[list[int], str | None]:
    read = newest_first(given_results)["kidney.egfr"]
    return [int(each.value or 0) for each in (read, *read.earlier)], read.doubt.reason if read.doubt else None


@pytest.mark.parametrize(
    ("times", "order", "doubt"),
    [
        (["2026-01-01", "2026-02-01", None], [2, 1, 3], None),
        (["2026-01-01T08:00:00Z", "2026-01-01T10:00:00+04:00", "2026-01-01T08:30:00Z"], [3, 1, 2], None),
        (["2026-01-01T08:00:00Z", "2026-01-01T09:00:00+01:00", "2025-01-01"], [1, 2, 3], "conflict"),
        (["2026-01-01", "2026-01-01T08:00:00Z", None], [2, 1, 3], "conflict"),
        ([None, None, None], [1, 2, 3], "conflict"),
    ],
)
def test_the_newest_counts_and_of_two_of_one_moment_the_worse(
    times: list[str | None], order: list[int], doubt: str | None
) -> None:
    read = [egfr(index + 1, time) for index, time in enumerate(times)]
    assert ordered(*reversed(read)) == (order, doubt)


def test_of_one_moment_the_better_method_counts_without_a_doubt() -> None:
    assert ordered(egfr(40, "2026-01-01"), egfr(55, "2026-01-01", "98980-6")) == ([55, 40], None)


def test_the_same_result_under_two_keys_counts_once() -> None:
    assert ordered(egfr(40, "2026-01-01"), egfr(40.0, "2026-01-01", source="b")) == ([40], None)


def test_at_most_twenty_older_results_are_kept() -> None:
    order, _ = ordered(*(egfr(day, f"2026-01-{day:02}") for day in range(1, 31)))
    assert (len(order), order[0]) == (21, 30)


def test_what_a_code_has_to_tell_is_told_only_where_it_counts() -> None:
    race = egfr(40, "2026-01-01", "88293-6")
    told = summary([race])[1]
    assert [note.detail for note in told] == ["The equation uses race."]
    assert summary([race, egfr(40, "2026-02-01")])[1] == ()


@given(st.datetimes())
def test_a_time_in_utc_is_read_alike_however_it_is_written(moment: datetime) -> None:
    whole = moment.replace(microsecond=0).isoformat()
    assert moment_of(f"{whole}Z") == moment_of(f"{whole}+00:00") == moment_of(f"{whole}.000Z") == whole
    assert day_of(f"{whole}Z") == day_of(f"{whole}+00:00") == moment.date()


@pytest.mark.parametrize("clock", ["25:00:00Z", "08:61:00Z", "08:30:99Z"])
def test_of_a_time_that_no_clock_shows_the_day_is_left(clock: str) -> None:
    assert (day_of(f"2026-10-30T{clock}"), moment_of(f"2026-10-30T{clock}")) == (date(2026, 10, 30), "2026-10-30")
