"""Facts from single values of a profile: age, words, laboratory results, kidney filtration."""

from datetime import date
from decimal import Decimal

from schemas.profile import Quantity
from service.facts.computed import Known
from service.facts.deriving import Derive, Deriving, pointer
from service.facts.entries import gaps_of
from service.facts.filtration import filtration
from service.facts.model import CONFLICT, NOT_SUPPLIED, Fact, Gap, Interval, Seen
from service.facts.quantities import (
    Measured,
    Terms,
    dating_gap,
    doubt_of,
    measure,
    newest_first,
    overtaken,
    seen_of,
    until_sure,
)
from service.knowledge.model import FactDeclaration

AGES_DIFFER = Gap(CONFLICT, "/patient/age", "The age and the birth date differ by more than a year; neither is used.")
NO_AGE = Gap(NOT_SUPPLIED, "/patient/birth_date", "Neither birth date nor age was supplied.")
NO_RESULT = "No result was supplied."
WITHOUT_READING = "The laboratory's own reading (low, normal, high) was not supplied."


def _word(declaration: FactDeclaration, on: Deriving) -> Fact:
    at = pointer(declaration.given["of"])
    said = on.stated(declaration.given["of"])
    if said in declaration.values:
        return Fact(declaration.id, said, (Seen(said, at),))
    detail = f"Not said; {' or '.join(declaration.values)} would answer it."
    return Fact(declaration.id, None, gaps=(Gap(NOT_SUPPLIED, at, detail),))


def _age(declaration: FactDeclaration, on: Deriving) -> Fact:
    stated, born = on.profile.patient.age, on.profile.patient.birth_date
    computed = None if born is None else years_between(born, on.as_of)
    if computed is not None and stated is not None and abs(computed - stated) > 1:
        on.facts.quality.append(AGES_DIFFER)
        return Fact(declaration.id, None, gaps=(AGES_DIFFER,))
    age = stated if computed is None else computed
    if age is None:
        return Fact(declaration.id, None, gaps=gaps_of(on.profile.open.get("patient.birth_date", ())) or (NO_AGE,))
    at, origin = ("/patient/age", "as stated") if computed is None else ("/patient/birth_date", "from the birth date")
    return Fact(declaration.id, Interval(Decimal(age), Decimal(age)), (Seen(age, at, "a", origin=origin),))


def years_between(born: date, day: date) -> int:
    """Return whole years; someone born on 29 February has a birthday on 1 March in other years."""
    return day.year - born.year - ((day.month, day.day) < (born.month, born.day))


def _window(declaration: FactDeclaration, on: Deriving) -> int:
    return int(on.pack.policy[declaration.given["window"]].value)


def _no_result(declaration: FactDeclaration, on: Deriving) -> Fact:
    gap = Gap(NOT_SUPPLIED, pointer(declaration.given["of"]), NO_RESULT)
    return Fact(declaration.id, None, gaps=gaps_of(on.profile.open.get(declaration.given["of"], ())) or (gap,))


def _left_open(declaration: FactDeclaration, on: Deriving) -> Gap | None:
    """Return why the record may hold a newer result than those that were read, or None."""
    return next(iter(gaps_of(on.profile.open.get(declaration.given["of"], ()))), None)


def _result(declaration: FactDeclaration, on: Deriving) -> Fact:
    results = newest_first(on.stated(declaration.given["of"]))
    if not any(each.value is not None or each.source for each in results):
        return _no_result(declaration, on)
    test, step = declaration.given["of"].rpartition(".")[2], Decimal(1).scaleb(-declaration.decimals)
    terms = Terms(test, _window(declaration, on), on.as_of, on.pack.vocabulary, step)
    measured = _newest_usable([*until_sure(measure(each, terms) for each in results)])
    gap = measured.gap or measured.doubt or _left_open(declaration, on)
    if gap:
        on.facts.quality.append(gap)
        return Fact(declaration.id, None, gaps=(gap,))
    return Fact(declaration.id, measured.interval, (measured.seen,) if measured.seen else ())


def _newest_usable(results: list[Measured]) -> Measured:
    """Return the newest result that can be used at all, or the newest; an older one does not outvote a doubtful one."""
    return next((each for each in results if each.interval is not None), results[0])


def _result_flag(declaration: FactDeclaration, on: Deriving) -> Fact:
    results = newest_first(on.stated(declaration.given["of"]))
    if not results:
        return _no_result(declaration, on)
    quantity = next((each for each in results if each.interpretation or each.value is not None), results[0])
    doubt = overtaken(quantity.at) if quantity is not results[0] else doubt_of(quantity)
    doubt = doubt or _left_open(declaration, on)
    gap = dating_gap(quantity, on.as_of, _window(declaration, on)) or _no_reading(quantity, doubt)
    if gap:
        on.facts.quality.append(gap)
        return Fact(declaration.id, None, gaps=(gap,))
    seen = seen_of(quantity, on.as_of, origin="the laboratory's own reading")
    return Fact(declaration.id, quantity.interpretation, (_flagged(quantity, seen),))


def _no_reading(quantity: Quantity, doubt: Gap | None) -> Gap | None:
    """Return why the reading cannot be used; a doubtful one may raise a concern, and reassures of nothing."""
    if quantity.interpretation is None:
        return Gap(NOT_SUPPLIED, quantity.place("interpretation"), WITHOUT_READING)
    return doubt if quantity.interpretation == "normal" else None


def _flagged(quantity: Quantity, seen: Seen) -> Seen:
    return Seen(quantity.interpretation, seen.at, None, seen.date, seen.age_days, seen.origin, None, seen.source)


def _filtration(declaration: FactDeclaration, on: Deriving) -> Fact:
    age = on.facts.by_id.get("patient.age")
    years = int(age.state.low) if age and isinstance(age.state, Interval) and age.state.low is not None else None
    unstable = next(iter(_holding(declaration, "not_valid_with", on)), None)
    known = Known(years, on.profile.patient.sex, unstable)
    fact = filtration(declaration, on.profile, on.pack, on.as_of, known, on.facts.quality)
    _outweighed(fact, declaration, on)
    return fact


def _holding(declaration: FactDeclaration, key: str, on: Deriving) -> list[str]:
    """Return, in words, which facts that a declaration names under `key` hold; they stand above it in facts.yaml."""
    named = [name for name in declaration.given.get(key, ()) if on.facts.by_id[name].state is True]
    return [name.rpartition(".")[2].replace("_", " ") for name in named]


def _outweighed(fact: Fact, declaration: FactDeclaration, on: Deriving) -> None:
    """Say what stands against a reassuring filtration: it outweighs it, and that they differ is said."""
    cut_off = on.pack.policy[declaration.given["cut_off"]].value
    if not isinstance(fact.state, Interval) or fact.state.low is None or fact.state.low < cut_off:
        return
    against = _holding(declaration, "outweighed_by", on)
    if against:
        detail = f"Filtration looks unimpaired, yet the record holds {' and '.join(against)}; that outweighs it."
        on.facts.quality.append(Gap(CONFLICT, "/kidney", detail))


KINDS: dict[str, Derive] = {
    "word": _word, "age": _age, "result": _result, "result_flag": _result_flag, "filtration": _filtration,
}  # fmt: skip
