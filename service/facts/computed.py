"""Filtration computed from creatinine, alone or with cystatin C, by CKD-EPI 2021; labelled as computed."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal

from schemas.profile import Profile, Quantity
from service.facts.ckd_epi import ADULT, CONSTANTS, ckd_epi_2021, ckd_epi_2021_with_cystatin
from service.facts.model import NOT_COMPUTABLE, NOT_USED, Gap, Interval, Seen
from service.facts.quantities import Measured, Terms, measure, newest_first, until_sure

FROM_CREATININE = "computed here by CKD-EPI 2021 from creatinine"
FROM_BOTH = "computed here by CKD-EPI 2021 from creatinine and cystatin C"
UNIT = "mL/min/{1.73_m2}"
NOT_TOGETHER = "Cystatin C counts only beside creatinine, both exact and dated; here it was not used."
ZERO = "A result of zero is not a result."
NOT_HELD = "CKD-EPI 2021 does not hold with {what}, so it was not computed."
NEEDS_BOTH = "CKD-EPI 2021 needs age and sex (female or male), so it was not computed."
ADULTS_ONLY = "CKD-EPI 2021 is for adults, so it was not computed."
FINE = Decimal("0.0001")
TURNED = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}


@dataclass(frozen=True, slots=True)
class Known:
    """What else the equation needs."""

    age: int | None
    sex: str | None
    unstable: str | None = None


def computed(profile: Profile, terms: Terms, known: Known) -> Iterator[Measured]:
    """Yield what can be computed; a reason instead where it cannot.

    Cystatin C is used together with creatinine. Where that cannot be, it is said, and leaves the lower end open.
    """
    creatinine = newest_first(profile.kidney.creatinine)
    if _not_with(known):
        # It holds for every one of them, and is said once.
        creatinine = creatinine[:1]
    cystatin = newest_first(profile.kidney.cystatin_c)
    dated = [each for each in creatinine if each.date]
    alone = list(until_sure(_alone(each, terms, known) for each in dated))
    both = _together(dated[len(alone) - 1], cystatin, terms, known) if alone and alone[-1].is_sure else None
    if cystatin and both is None:
        yield Measured(None, gap=Gap(NOT_USED, cystatin[0].at, NOT_TOGETHER))
    yield from (*alone[:-1], both) if both else alone
    # Any of those without a day may be the newest, and the worst.
    yield from (_alone(each, terms, known) for each in creatinine if not each.date)


def _alone(creatinine: Quantity, terms: Terms, known: Known) -> Measured:
    nothing = creatinine.value is not None and creatinine.value <= 0
    why_not = ZERO if nothing else _not_with(known)
    if why_not or known.age is None or known.sex is None:
        return Measured(None, gap=Gap(NOT_COMPUTABLE, creatinine.at, why_not or "Age or sex is not known."))
    age, sex = known.age, known.sex
    plain = replace(terms, test="creatinine")
    return _with_result(measure(creatinine, plain, lambda value: ckd_epi_2021(value, age, sex), FROM_CREATININE))


def _together(creatinine: Quantity, cystatin: tuple[Quantity, ...], terms: Terms, known: Known) -> Measured | None:
    """Return the equation with both, if both are exact and sure; it then stands in place of creatinine alone."""
    fine = replace(terms, step=FINE)
    first = measure(creatinine, replace(fine, test="creatinine"))
    others = [*until_sure(measure(each, replace(fine, test="cystatin_c")) for each in cystatin)]
    second = others[-1] if others else Measured(None)
    ends = [each.interval.low for each in (first, second) if each.interval and _exact(each) and each.is_sure]
    if len(ends) != len((first, second)) or known.age is None or known.sex is None:
        return None
    if ends[0] is None or ends[1] is None or not ends[0] or not ends[1]:
        return None
    value = ckd_epi_2021_with_cystatin(ends[0], ends[1], known.age, known.sex).quantize(terms.step)
    older = max((each.seen for each in (first, second) if each.seen), key=lambda seen: seen.age_days or 0)
    seen = Seen(value.quantize(Decimal("0.1")), "/kidney", UNIT, older.date, older.age_days, FROM_BOTH)
    return Measured(Interval(value, value), seen)


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
    return replace(measured, seen=seen)


def _not_with(known: Known) -> str | None:
    if known.unstable:
        return NOT_HELD.format(what=known.unstable)
    if known.age is None or known.sex not in CONSTANTS:
        return NEEDS_BOTH
    if known.age < ADULT:
        return ADULTS_ONLY
    return None
