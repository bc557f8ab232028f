"""Observations: which are results that rules use, with value, day and status; and which result of a test counts.

Sources: FHIR R4 (4.0.1), Observation (status, effective[x], component) and its value set observation-status.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any, NamedTuple

from schemas.fhir_terms import ResultCode, Terms
from schemas.profile import Open, Quantity
from service.intake.fhir.codes import LOINC, codes_in, day_and_moment_of, key_of, text_of
from service.intake.fhir.located import Located, Skip
from service.intake.fhir.values import value_of

MOST_EARLIER = 20
LONGEST_NAME = 200
FINAL = frozenset(("final", "amended", "corrected"))
VOID = frozenset(("entered-in-error", "cancelled"))
# Of two results that cannot be told apart in time, the worse stands first: a low eGFR, a high creatinine.
WORSE = {"kidney.egfr": 1, "kidney.creatinine": -1, "kidney.cystatin_c": -1}

CONCERN = "it may raise a concern, and it reassures of nothing"
TWO_TESTS = "The result has the codes of two different tests and was not used."
UNFINISHED = {
    "preliminary": f"The result is preliminary: {CONCERN}.",
    "registered": f"The result is registered and not yet final: {CONCERN}.",
}
NO_STATUS = f"The status of the result is not known: {CONCERN}."
NOT_YET = "There is no value for this result yet."
OF_ONE_MOMENT = "Two results of one moment differ: this one may raise a concern, and it reassures of nothing."
WITHOUT_DATE = "Two results without a date differ: this one may raise a concern, and it reassures of nothing."

Meaning = ResultCode | str


class Result(NamedTuple):
    """One result: what its code means, its value, and its time as text that sorts by time ("" where it has none)."""

    code: ResultCode
    quantity: Quantity
    moment: str


def results_of(found: Located, terms: Terms) -> tuple[Result, ...]:
    """Return the results that an Observation and its components hold; () where none is one that is used.

    Raise Skip where it is such a result and yet cannot be used: entered in error, cancelled, of red cells, not there.
    """
    parts = _parts(found, terms)
    if not parts:
        return ()
    doubt = _unfinished(found.resource.get("status"))
    day, moment = day_and_moment_of(_time_of(found.resource))
    results = []
    for code, part, at in parts:
        if isinstance(code, str) or (doubt and _says_nothing(part)):
            continue
        value = value_of(part, terms)
        why = ("preliminary", doubt) if doubt else value.doubt
        quantity = Quantity(
            at, value.number, value.unit, day, value.comparator, value.reading, found.reference, code.method,
            Open(why[0], at, why[1]) if why else None,
        )  # fmt: skip
        results.append(Result(code, quantity, moment))
    if not results:
        raise _nothing_used(parts)
    return tuple(results)


def _nothing_used(parts: list[tuple[Meaning, dict[str, Any], str]]) -> Skip:
    told = next((code for code, *_ in parts if isinstance(code, str)), None)
    return Skip("not_used", told) if told else Skip("skipped", NOT_YET)


def _parts(found: Located, terms: Terms) -> list[tuple[Meaning, Any, str]]:
    """Return the Observation and those of its components that are results we know, each with its place."""
    resource = found.resource
    components = resource.get("component")
    code = _meaning(resource.get("code"), terms)
    if not isinstance(components, list):
        return [] if code is None else [(code, resource, found.at)]
    parts: list[tuple[Meaning, Any, str]] = []
    if code is not None and not _says_nothing(resource):
        parts.append((code, resource, found.at))
    for index, part in enumerate(components):
        meaning = _meaning(part.get("code"), terms) if isinstance(part, dict) else None
        if meaning is not None:
            parts.append((meaning, part, f"{found.at}/component/{index}"))
    return parts


def _meaning(concept: Any, terms: Terms) -> Meaning | None:
    """Return what a code means: a result, a sentence why it is not used, or None.

    The text decides only where no LOINC code stands: "Magnesium" beside a code of urine is not serum. Without a text
    the display of a code in another system does.
    """
    if not isinstance(concept, dict):
        return None
    codes = codes_in(concept, LOINC, terms)
    if not codes:
        text = text_of(concept)
        return terms.result_names.get(key_of(text)) if text and len(text) <= LONGEST_NAME else None
    best: ResultCode | None = None
    for code in codes:
        if code in terms.not_used:
            return terms.not_used[code]
        meant = terms.results.get(code)
        if meant and best and meant.path != best.path:
            return TWO_TESTS
        if meant and (best is None or meant.rank < best.rank):
            best = meant
    return best


def _unfinished(status: Any) -> str | None:
    """Return why a result is not to be relied on yet, or None; raise Skip where it says that it is none."""
    if not isinstance(status, str):
        return NO_STATUS
    if status in FINAL:
        return None
    if status == "entered-in-error":
        raise Skip("entered_in_error", "The result is marked as entered in error and was not used.")
    if status == "cancelled":
        raise Skip("skipped", "The result was cancelled.")
    return UNFINISHED.get(status, NO_STATUS)


def _says_nothing(part: Mapping[str, Any]) -> bool:
    """Whether there is no value, nor a reason why: of an order, or of a panel that only groups its components.

    Such a thing must not stand before an older result that says something.
    """
    return not any(name.startswith("value") or name in ("dataAbsentReason", "interpretation") for name in part)


def _time_of(resource: Mapping[str, Any]) -> Any:
    """Return when the result was taken, not when it was written down; of a period the end."""
    period = resource.get("effectivePeriod")
    if isinstance(period, dict):
        return period.get("end") or period.get("start")
    return resource.get("effectiveDateTime") or resource.get("effectiveInstant")


def shows_dialysis(found: Located, terms: Terms) -> bool:
    """Whether this is a result that exists only with dialysis, and that was not withdrawn."""
    codes = codes_in(found.resource.get("code"), LOINC, terms)
    if terms.dialysis_codes.isdisjoint(codes):
        return False
    status = found.resource.get("status")
    return not (isinstance(status, str) and status in VOID)


def newest_first(results: Iterable[Result]) -> dict[str, Quantity]:
    """Return by path ("kidney.egfr") the newest result, with the older ones in `earlier`."""
    return {path: _with_earlier(ordered) for path, ordered in _by_path(results).items()}


def summary(results: Iterable[Result]) -> tuple[dict[str, Quantity], tuple[Open, ...]]:
    """Return by path the newest result with the older ones, and what has to be told of those that stand first."""
    by_path = _by_path(results)
    notes = tuple(
        Open("method", ordered[0].quantity.at, ordered[0].code.note)
        for ordered in by_path.values()
        if ordered[0].code.note
    )
    return {path: _with_earlier(ordered) for path, ordered in by_path.items()}, notes


def _by_path(results: Iterable[Result]) -> dict[str, list[Result]]:
    """Return the results of each path in order, each value of a moment once; the paths in order too."""
    by_path: dict[str, list[Result]] = {}
    for result in results:
        by_path.setdefault(result.code.path, []).append(result)
    return {path: _once(_ordered(by_path[path], WORSE.get(path, 0))) for path in sorted(by_path)}


def _ordered(results: list[Result], worse: int) -> list[Result]:
    """Newest first, the undated last; of one moment first the better method, then the worse value, then by source."""
    if len(results) > 1:
        results.sort(key=lambda result: _within_moment(result, worse))
        results.sort(key=lambda result: result.moment, reverse=True)
    return results


def _within_moment(result: Result, worse: int) -> tuple[int, bool, Decimal, bool, bool, str, str]:
    seen = result.quantity
    value = Decimal(0) if seen.value is None else seen.value * worse
    lacks = (seen.doubt is not None, seen.interpretation is None)
    return (result.code.rank, seen.value is None, value, *lacks, seen.source or "", seen.at)


def _once(results: list[Result]) -> list[Result]:
    """Return each value of a moment once: records hold the same result under several codes and keys."""
    kept: dict[tuple[Any, ...], Result] = {}
    for result in results:
        seen = result.quantity
        kept.setdefault((result.moment, seen.value, seen.comparator, seen.unit), result)
    return list(kept.values())


def _with_earlier(results: list[Result]) -> Quantity:
    first, rest = results[0], results[1 : 1 + MOST_EARLIER]
    # Those without a date stand last, and any of them may be the newest: they are not cut off with what is old.
    rest += [each for each in results[1 + MOST_EARLIER :] if not each.moment][:MOST_EARLIER]
    if not rest:
        return first.quantity
    quantity = first.quantity
    if quantity.doubt is None and any(_conflicts(first, other) for other in results[1:]):
        doubt = Open("conflict", quantity.at, OF_ONE_MOMENT if first.moment else WITHOUT_DATE)
        quantity = replace(quantity, doubt=doubt)
    return replace(quantity, earlier=tuple(result.quantity for result in rest))


def _conflicts(first: Result, other: Result) -> bool:
    """Whether two results by methods of one rank cannot be told apart in time; a day alone may be any time of it."""
    if other.code.rank != first.code.rank:
        return False
    return first.moment.startswith(other.moment) if other.moment else not first.moment
