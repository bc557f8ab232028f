"""CKD-EPI 2021: filtration from creatinine, alone or with cystatin C, for adults.

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


ALPHA_WITH_CYSTATIN = {"female": -0.219, "male": -0.144}
FACTOR_WITH_CYSTATIN = {"female": 0.963, "male": 1.0}


def ckd_epi_2021_with_cystatin(creatinine: Decimal, cystatin: Decimal, age: int, sex: str) -> Decimal:
    """Return mL/min/1.73 m² from creatinine in mg/dL and cystatin C in mg/L (both above zero), age in years and sex."""
    ratio, other = float(creatinine) / CONSTANTS[sex].kappa, float(cystatin) / 0.8
    from_creatinine = min(ratio, 1.0) ** ALPHA_WITH_CYSTATIN[sex] * max(ratio, 1.0) ** -0.544
    from_cystatin = min(other, 1.0) ** -0.323 * max(other, 1.0) ** -0.778
    value = 135 * from_creatinine * from_cystatin * 0.9961**age * FACTOR_WITH_CYSTATIN[sex]
    return Decimal(repr(round(value, 6)))
