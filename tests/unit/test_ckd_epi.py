"""CKD-EPI 2021 against the test vectors of the clinical reference."""

from decimal import Decimal

import pytest

from service.facts.ckd_epi import ckd_epi_2021, ckd_epi_2021_with_cystatin


@pytest.mark.parametrize(
    ("creatinine", "age", "sex", "expected"),
    [
        ("0.9", 55, "female", 75.5),
        ("0.6", 30, "female", 123.76),
        ("1.0", 50, "male", 91.69),
        ("1.4", 70, "male", 54.07),
        ("2.5", 65, "female", 20.82),
        ("4.5", 72, "male", 13.15),
        ("0.7", 40, "female", 112.05),
        ("0.9", 40, "male", 110.73),
    ],
)
def test_vectors(creatinine: str, age: int, sex: str, expected: float) -> None:
    assert float(ckd_epi_2021(Decimal(creatinine), age, sex)) == pytest.approx(expected, abs=0.006)


@pytest.mark.parametrize(
    ("creatinine", "cystatin", "age", "sex", "expected"),
    [
        ("0.9", "0.9", 55, "female", 83.45),
        ("1.4", "1.3", 70, "male", 55.35),
        ("0.6", "0.7", 30, "female", 124.87),
        ("2.5", "2.2", 65, "female", 22.97),
        ("1.0", "0.8", 50, "male", 104.85),
    ],
)
def test_vectors_with_cystatin(creatinine: str, cystatin: str, age: int, sex: str, expected: float) -> None:
    found = ckd_epi_2021_with_cystatin(Decimal(creatinine), Decimal(cystatin), age, sex)
    assert float(found) == pytest.approx(expected, abs=0.006)
