"""Filtration computed from creatinine, alone or with cystatin C, by CKD-EPI 2021; labelled as computed."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal

from schemas.profile import Profile, Quantity
from service.facts.ckd_epi import ADULT, CONSTANTS, ckd_epi_2021, ckd_epi_2021_with_cystatin
from service.facts.model import NOT_COMPUTABLE, Gap, Interval, Seen
from service.facts.quantities import Measured, Terms, measure

FROM_CREATININE = "computed here by CKD-EPI 2021 from creatinine"
FROM_BOTH = "computed here by CKD-EPI 2021 from creatinine and cystatin C"
UNIT = "mL/min/{1.73_m2}"
TURNED = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}


@dataclass(frozen=True, slots=True)
class Known:
    """What else the equation needs."""

    age: int | None
    sex: str | None
    unstable: str | None = None


def computed(profile: Profile, terms: Terms, known: Known) -> Iterator[tuple[Quantity, Measured]]:
    """Yield what can be computed, each with the result it came from; a reason instead where it cannot."""
    creatinine, cystatin = profile.kidney.creatinine, profile.kidney.cystatin_c
    for quantity in (creatinine, cystatin):
        why_not = None if quantity is None else _not_computable(quantity, known)
        if quantity is not None and why_not:
            yield quantity, Measured(None, gap=Gap(NOT_COMPUTABLE, quantity.at, why_not))
            return
    if creatinine is None or known.age is None or known.sex is None:
        return
    age, sex = known.age, known.sex
    alone = measure(
        creatinine, replace(terms, test="creatinine"), lambda value: ckd_epi_2021(value, age, sex), FROM_CREATININE
    )
    other = None if cystatin is None else measure(cystatin, replace(terms, test="cystatin_c", step=Decimal("0.0001")))
    both = _combined(profile, terms, known, alone, other)
    if cystatin is not None and other is not None and both is None and other.gap:
        yield cystatin, other
    yield creatinine, both or _with_result(alone)


def _combined(profile: Profile, terms: Terms, known: Known, alone: Measured, other: Measured | None) -> Measured | None:
    """Return the equation with both, where both are exact results; it then stands in place of creatinine alone."""
    plain = replace(terms, test="creatinine", step=Decimal("0.0001"))
    creatinine = None if profile.kidney.creatinine is None else measure(profile.kidney.creatinine, plain)
    exact = [each.interval.low for each in (creatinine, other) if each and _exact(each) and each.interval]
    if len(exact) != len((creatinine, other)) or known.age is None or known.sex is None or alone.seen is None:
        return None
    first, second = exact
    if first is None or second is None:
        return None
    value = ckd_epi_2021_with_cystatin(first, second, known.age, known.sex).quantize(terms.step)
    older = max((each.seen for each in (alone, other) if each and each.seen), key=lambda seen: seen.age_days or 0)
    seen = Seen(value.quantize(Decimal("0.1")), "/kidney", UNIT, older.date, older.age_days, FROM_BOTH)
    dated = alone.dated and bool(other and other.dated)
    return Measured(Interval(value, value), seen, dated=dated)


def _exact(measured: Measured) -> bool:
    return measured.interval is not None and measured.interval.low == measured.interval.high


def _with_result(measured: Measured) -> Measured:
    """Show the computed filtration, not the creatinine it came from."""
    if measured.interval is None or measured.seen is None:
        return measured
    end = measured.interval.low if measured.interval.low is not None else measured.interval.high
    old = measured.seen
    comparator = TURNED.get(old.comparator or "")
    seen = Seen(
        None if end is None else end.quantize(Decimal("0.1")), old.at, UNIT, old.date, old.age_days,
        old.origin, comparator, old.source,
    )  # fmt: skip
    return Measured(measured.interval, seen, measured.gap, measured.dated)


def _not_computable(quantity: Quantity, known: Known) -> str | None:
    if quantity.value is not None and quantity.value <= 0:
        return "A result of zero is not a result."
    if known.unstable:
        return f"CKD-EPI 2021 does not hold with {known.unstable}, so it was not computed."
    if known.age is None or known.sex not in CONSTANTS:
        return "CKD-EPI 2021 needs age and sex (female or male), so it was not computed."
    if known.age < ADULT:
        return "CKD-EPI 2021 is for adults, so it was not computed."
    return None
