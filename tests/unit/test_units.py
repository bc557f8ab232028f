"""Units, as a table: what converts, to what, and what is refused."""

from decimal import Decimal

import pytest

from service.facts.units import converter
from service.knowledge.load import load_pack

VOCABULARY = load_pack().vocabulary


@pytest.mark.parametrize(
    ("test", "unit", "value", "expected"),
    [
        ("egfr", "mL/min/{1.73_m2}", "28", "28"),
        ("egfr", "mL/min/1.73m2", "28", "28"),
        ("egfr", "mL/min/1.73 m²", "28", "28"),
        ("egfr", "mL/s/{1.73_m2}", "1", "60"),
        ("creatinine", "mg/dL", "2.1", "2.1"),
        ("creatinine", "umol/L", "88.4", "1.0"),
        ("creatinine", "µmol/L", "186", "2.104"),
        ("creatinine", "mmol/L", "0.0884", "1.0"),
        ("magnesium", "mmol/L", "0.62", "0.62"),
        ("magnesium", "mg/dL", "2.4305", "1.0"),
        ("magnesium", "meq/L", "2", "1.0"),
        ("magnesium", "mEq/L", "1.6", "0.8"),
        ("potassium", "meq/L", "4.1", "4.1"),
        ("calcium", "mg/dL", "10", "2.495"),
        ("cystatin_c", "mg/dL", "0.1", "1.0"),
    ],
)
def test_converts(test: str, unit: str, value: str, expected: str) -> None:
    """The factors agree with the clinical reference (molar masses: Mg 24.305, Ca 40.078, creatinine 113.12)."""
    factor = converter(VOCABULARY, unit, test)
    assert factor is not None
    assert float(Decimal(value) * factor) == pytest.approx(float(expected), rel=1e-3)


@pytest.mark.parametrize(
    ("test", "unit"),
    [
        ("egfr", None),
        ("egfr", ""),
        ("egfr", "mg/dL"),
        ("egfr", "mL/min/m2"),
        ("egfr", "furlong"),
        ("egfr", "%"),
        ("creatinine", "mL/min"),
        ("creatinine", "meq/L"),
        ("cystatin_c", "umol/L"),
        ("magnesium", "mmol"),
        ("magnesium", "1"),
        ("magnesium", "mg/dL; DROP TABLE"),
        ("magnesium", "((((((((((mmol/L"),
        ("magnesium", "10*99999999.mmol/L"),
        ("magnesium", "Ymol.10*300/L"),
        ("magnesium", "10^-999.mol/L"),
        ("magnesium", "99999999999.mmol/L"),
    ],
)
def test_refuses(test: str, unit: str | None) -> None:
    assert converter(VOCABULARY, unit, test) is None
