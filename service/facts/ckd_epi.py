"""CKD-EPI 2021: filtration from creatinine, for adults.

Source: Inker et al., New England Journal of Medicine 2021;385:1737, as published by NKF and NIDDK.
"""

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Constants:
    """The constants of one sex: kappa in mg/dL, alpha, and the factor."""

    kappa: float
    alpha: float
    factor: float


CONSTANTS = {"female": Constants(0.7, -0.241, 1.012), "male": Constants(0.9, -0.302, 1.0)}
ADULT = 18


def ckd_epi_2021(creatinine: Decimal, age: int, sex: str) -> Decimal:
    """Return mL/min/1.73 m² from serum creatinine in mg/dL (above zero), age in years (18 or more) and sex."""
    own = CONSTANTS[sex]
    ratio = float(creatinine) / own.kappa
    value = 142 * min(ratio, 1.0) ** own.alpha * max(ratio, 1.0) ** -1.2 * 0.9938**age * own.factor
    return Decimal(repr(round(value, 6)))
