"""The dose guard, as two tables: what is a dose or an order, and what only looks like one."""

import pytest

from service.knowledge.dose_guard import dose_in


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("400 mg", "an amount"),
        ("Some take 200-400 mg of it", "an amount"),
        ("200 to 400 elemental mg", "an amount"),
        ("about 5 mmol", "an amount"),
        ("two tablets", "an amount"),
        ("1.5 g of magnesium", "an amount"),
        ("1000 IU", "an amount"),
        ("310–420 mg/day", "an amount"),
        ("250 mg / kg", "an amount"),
        ("twice daily", "a frequency"),
        ("three times a day", "a frequency"),
        ("2 x daily", "a frequency"),
        ("every 8 hours", "a frequency"),
        ("every evening", "a frequency"),
        ("in divided doses", "a frequency"),
        ("at bedtime", "a frequency"),
        ("given BID", "a frequency"),
        ("2 hours apart", "an interval"),
        ("two hours before", "an interval"),
        ("4-6 hours after the antibiotic", "an interval"),
        ("for 12 weeks", "an interval"),
        ("Stop the supplement.", "an order"),
        ("The supplement should be stopped.", "an order"),
        ("Please start magnesium", "an order"),
        ("You must not take it", "an order"),
        ("We recommend starting glycinate", "an order"),
        ("Check first. Then switch to citrate", "an order"),
        ("Do not give it", "an order"),
        ("has to be reduced", "an order"),
    ],
)
def test_found(text: str, kind: str) -> None:
    assert any(found.startswith(kind) for found in dose_in(text)), dose_in(text)


@pytest.mark.parametrize(
    "text",
    [
        "magnesium in mg/dL",
        "2.1 mg/dL",
        "0.62 mmol/L",
        "filtration of 28 mL/min/{1.73_m2}",
        "a ratio of 30 mg/g",
        "one article says so",
        "Whether a serum magnesium is at hand.",
        "Four documents call oxide poorly absorbed.",
        "magnesium may reduce absorption of the antibiotic",
        "The result is 700 days old, beyond the window of 365 days.",
        "stage G4",
        "type 2 diabetes",
        "vitamin B12 and omega-3",
        "A healthcare provider should be consulted before any new product.",
        "Whether the two are separated in time.",
        "daily life",
    ],
)
def test_not_found(text: str) -> None:
    assert dose_in(text) == ()
