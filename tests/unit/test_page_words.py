"""The words of the screen."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from service.presenters.page_words import ago, day_words, place_name, record_text, slug, unit_name, value_text


@pytest.mark.parametrize(
    ("pointer", "words"),
    [
        ("/kidney/egfr", "kidney \N{SINGLE RIGHT-POINTING ANGLE QUOTATION MARK} eGFR"),
        ("/medications/3", "medications, entry 4"),
        ("/entry/5/resource", "entry 6"),
        ("", "the record"),
    ],
)
def test_a_pointer_is_said_in_words(pointer: str, words: str) -> None:
    assert place_name(pointer) == words


def test_words_of_a_record_are_one_line_without_marks_and_amounts() -> None:
    shown = record_text("Lasix\n40 mg\u202e")
    assert (shown.startswith("Lasix"), "40" in shown, "\n" in shown, "\u202e" in shown) == (True, False, False, False)
    assert len(record_text("x" * 5000)) <= 301


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (True, "yes"),
        (False, "no"),
        (None, "not known"),
        (Decimal("1.50"), "1.5"),
        (Decimal("1E+2"), "100"),
        ("G4", "G4"),
    ],
)
def test_a_value_is_said_plainly(value: Any, words: str) -> None:
    assert value_text(value) == words


def test_days_ages_units_and_ids_are_said_plainly() -> None:
    days = [day_words(day) for day in (date(2026, 1, 5), "2024-01", "2024", "soon")]
    assert days == ["5 Jan 2026", "Jan 2024", "2024", "soon"]
    assert [ago(timedelta(minutes=minutes)) for minutes in (0, 59, 60, 1441)] == ["0 min", "59 min", "1 h", "1 day"]
    assert (unit_name("a"), unit_name(None), slug("/Kidney/x_y '\"")) == ("years", "", "kidney-x-y")
