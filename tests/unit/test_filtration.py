"""Kidney filtration from awkward data: nothing that came in and cannot be used lets a better value reassure."""

from datetime import date
from typing import Any

import pytest

from service.assess import Assessor
from service.intake.profile import received
from service.knowledge.load import load_pack

TODAY = date(2026, 11, 21)
ASSESSOR = Assessor(load_pack())
DAY = {"date": "2026-11-01"}
GOOD = {"value": 90, "unit": "mL/min/{1.73_m2}", **DAY}
POOR = {"value": 6, "unit": "mg/dL", **DAY}
FINE = {"value": 1.0, "unit": "mg/dL", **DAY}
BOUND = {"value": 5, "unit": "mg/L", "comparator": ">", **DAY}
RULE = "kidney/magnesium-with-impaired-kidney"


def outcome(age: int | None = 60, **kidney: Any) -> str:
    data = {
        "patient": {"age": age, "sex": "male"},
        "conditions": [],
        "signs": [],
        "medications": [],
        "supplements": [{"nutrient": "magnesium", "form": "oxide", "route": "oral"}],
        "kidney": {"dialysis": False, "acute_kidney_injury": False, **kidney},
    }
    found = received(data, TODAY)
    flags = ASSESSOR.assess(found.profile, TODAY, found.sha256).flags
    return next((flag.outcome for flag in flags if flag.rule.id == RULE), "clear")


@pytest.mark.parametrize(
    ("kidney", "expected"),
    [
        ({"egfr": GOOD}, "clear"),
        ({"egfr": GOOD, "creatinine": FINE}, "clear"),
        ({"egfr": GOOD, "creatinine": POOR}, "raised"),
        ({"egfr": GOOD, "creatinine": POOR, "cystatin_c": {"value": 0, "unit": "mg/L", **DAY}}, "raised"),
        ({"creatinine": FINE, "cystatin_c": {"value": 0.8, "unit": "mg/L", **DAY}}, "clear"),
        ({"creatinine": FINE, "cystatin_c": {"value": 5, "unit": "mg/L", **DAY}}, "raised"),
        ({"egfr": GOOD, "cystatin_c": {"value": 5, "unit": "mg/L", **DAY}}, "cannot_say"),
        ({"egfr": GOOD, "creatinine": FINE, "cystatin_c": BOUND}, "cannot_say"),
        ({"creatinine": FINE, "cystatin_c": {"value": 0.8, "unit": "mg/L"}}, "cannot_say"),
        ({"creatinine": {**POOR}, "cystatin_c": {"value": 0.6, "unit": "mg/L"}}, "raised"),
        ({"egfr": {**GOOD, "value": 999999}}, "cannot_say"),
        ({"egfr": {**GOOD, "value": 0, "comparator": ">"}}, "cannot_say"),
        ({"egfr": {**GOOD, "value": 0, "comparator": "<"}}, "raised"),
        ({"egfr": {**GOOD, "value": 0}}, "raised"),
        ({"egfr": {**GOOD, "date": "2026-11-22"}}, "cannot_say"),
        ({"egfr": {**GOOD, "date": "2024-11-01"}}, "cannot_say"),
        ({"egfr": {**GOOD, "date": None}}, "cannot_say"),
        ({"egfr": {**GOOD, "value": 20, "date": None}}, "raised"),
        ({"egfr": {**GOOD, "unit": None}, "stage": "G1"}, "cannot_say"),
        ({"creatinine": {"value": 1.2, "unit": "umol/L", **DAY}}, "cannot_say"),
        ({"age": None, "egfr": GOOD, "creatinine": POOR}, "cannot_say"),
        ({"age": 4, "egfr": GOOD, "creatinine": POOR}, "cannot_say"),
        ({"egfr": {**GOOD, "date": "2024-11-01"}, "creatinine": FINE}, "clear"),
        ({"stage": "G2"}, "clear"),
        ({"stage": "G3a"}, "raised"),
        ({"stage": "G1", "egfr": {**GOOD, "value": 40}}, "raised"),
    ],
)  # fmt: skip
def test_outcome(kidney: dict[str, Any], expected: str) -> None:
    assert outcome(**kidney) == expected
