"""Condition, Procedure and AllergyIntolerance: what the patient has, and what was done that says so.

Sources: FHIR R4 (4.0.1), condition-clinical, condition-ver-status, event-status, allergyintolerance-clinical and
allergyintolerance-verification.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from schemas.fhir_terms import Terms
from schemas.profile import Condition, Open
from service.intake.fhir.codes import (
    codings_of,
    day_of,
    last_day_of,
    loose_day_of,
    objects,
    text_of,
    word_of,
)  # fmt: skip
from service.intake.fhir.located import Located, Skip

SNOMED = "http://snomed.info/sct"
ACTIVE, RESOLVED, REFUTED = "active", "resolved", "refuted"
CLINICAL = {
    "active": ACTIVE, "recurrence": ACTIVE, "relapse": ACTIVE,
    "inactive": RESOLVED, "remission": RESOLVED, "resolved": RESOLVED,
}  # fmt: skip
UNSURE = ("unconfirmed", "provisional", "differential")
ABATED = ("abatementAge", "abatementPeriod", "abatementRange", "abatementString")
HL7 = ("http://terminology.hl7.org/", "http://hl7.org/fhir/")
IN_ERROR = "entered-in-error"
DONE = ("completed", "in-progress")
NOT_DONE = ("not-done",)
# The name under which rules/vocabulary knows it.
DIALYSIS = "dialysis"
UNCONFIRMED = "This is not confirmed; it counts as if it were."
NOT_YET = "This is in preparation, and was not used."
NOT_SURELY_DONE = "Whether this was done to its end is not said; it counts as if it were."
PAST = "This is too old to say anything of today; it counts as past."


@dataclass(frozen=True, slots=True)
class Problem:
    """What a resource says the patient has, if it says so, and what is told with it."""

    entry: Condition | None = None
    notes: tuple[Open, ...] = ()


def condition_of(found: Located, terms: Terms, as_of: date) -> Problem:
    """Return the condition; raise Skip where it is marked as entered in error, or names nothing."""
    resource = found.resource
    verified = _code_of(resource.get("verificationStatus"))
    _refuse_in_error(verified)
    concept = resource.get("code")
    codings, text = codings_of(concept, terms), text_of(concept)
    if not codings and not text:
        raise Skip("skipped", "It names no condition.")
    status = REFUTED if verified == REFUTED else _clinical(resource, as_of)
    notes = (Open("unconfirmed", found.at, UNCONFIRMED),) if verified in UNSURE and status == ACTIVE else ()
    return Problem(Condition(found.at, text, codings, status, found.reference, _onset(resource)), notes)


def procedure_of(found: Located, terms: Terms, as_of: date) -> Problem:
    """Return what a procedure says the patient has; nothing where it is none that the vocabulary understands."""
    concept = found.resource.get("code")
    codings, text = codings_of(concept, terms), text_of(concept)
    classes = terms.understands("conditions", codings, text)
    if not classes:
        return Problem()
    status = word_of(found.resource.get("status"))
    _refuse_in_error(status)
    if status in NOT_DONE:
        raise Skip("not_done", "It was not done.")
    if status == "preparation":
        return Problem(None, (Open("not_used", found.at, NOT_YET),))
    day = _performed(found.resource)
    past = bool(day and (as_of - day).days > terms.procedure_days) and classes.isdisjoint(terms.lasting)
    entry = Condition(found.at, text, codings, RESOLVED if past else ACTIVE, found.reference)
    if past:
        return Problem(entry, (Open("stale", found.at, PAST),))
    unsure = status and status not in DONE
    return Problem(entry, (Open("unconfirmed", found.at, NOT_SURELY_DONE),) if unsure else ())


def is_unrecognised_procedure(found: Located, terms: Terms) -> bool:
    """Whether nothing says which procedure was done: its code is in no system that is asked for, its text not known."""
    concept = found.resource.get("code")
    if found.resource.get("status") in (*NOT_DONE, IN_ERROR):
        return False
    codings, text = codings_of(concept, terms), text_of(concept)
    in_snomed = any(coding.system == SNOMED and coding.code for coding in codings)
    return not in_snomed and not terms.understands("conditions", codings, text)


def dialysis_of(found: Located, terms: Terms, as_of: date) -> Problem:
    """Return dialysis as a condition, from a result that exists only where somebody is dialysed."""
    day = _last_seen(found.resource)
    past = bool(day and (as_of - day).days > terms.procedure_days)
    entry = Condition(found.at, DIALYSIS, (), RESOLVED if past else ACTIVE, found.reference)
    return Problem(entry, (Open("stale", found.at, PAST),) if past else ())


def observed_on(resource: Mapping[str, Any]) -> date | None:
    """Return the day an Observation is about; of a period the last that is known."""
    period = resource.get("effectivePeriod")
    if isinstance(period, dict):
        return day_of(period.get("end") or period.get("start"))
    return day_of(resource.get("effectiveDateTime") or resource.get("effectiveInstant"))


def _last_seen(resource: Mapping[str, Any]) -> date | None:
    """Return the last day that an Observation may be about; None where that is open."""
    period = resource.get("effectivePeriod")
    if isinstance(period, dict):
        return last_day_of(period.get("end"))
    return last_day_of(resource.get("effectiveDateTime") or resource.get("effectiveInstant"))


def is_allergy(found: Located) -> bool:
    """Whether this is an allergy or intolerance that the patient has: not refuted, resolved, or entered in error."""
    resource = found.resource
    verified = _code_of(resource.get("verificationStatus"))
    clinical = _code_of(resource.get("clinicalStatus"))
    return verified not in (REFUTED, IN_ERROR) and clinical not in ("inactive", "resolved")


def _refuse_in_error(status: str) -> None:
    if status == IN_ERROR:
        raise Skip("entered_in_error", "It is marked as entered in error and was not used.")


def _code_of(value: Any) -> str:
    """Return the code of a status: that of HL7 in a CodeableConcept, else the first, or a plain code as before R4."""
    if isinstance(value, str):
        return value
    codings = objects(value.get("coding")) if isinstance(value, dict) else []
    if len(codings) > 1:
        codings.sort(key=lambda each: not word_of(each.get("system")).startswith(HL7))
    return next((code for each in codings if (code := word_of(each.get("code")))), "")


def _clinical(resource: Mapping[str, Any], as_of: date) -> str:
    """Return active or resolved; without a status, what has ended by now has resolved."""
    status = CLINICAL.get(_code_of(resource.get("clinicalStatus")))
    if status:
        return status
    day = last_day_of(resource.get("abatementDateTime"))
    ended = any(name in resource for name in ABATED) or resource.get("abatementBoolean") is True
    ended = ended or (day is not None and day <= as_of)
    return RESOLVED if ended and not _code_of(resource.get("clinicalStatus")) else ACTIVE


def _onset(resource: Mapping[str, Any]) -> str | None:
    period = resource.get("onsetPeriod")
    start = period.get("start") if isinstance(period, dict) else None
    return loose_day_of(resource.get("onsetDateTime") or resource.get("onsetDate") or start)


def _performed(resource: Mapping[str, Any]) -> date | None:
    """Return the last day that a procedure may be of, R4 performed[x] or R5 occurrence[x]; None where that is open."""
    for name in ("performed", "occurrence"):
        period = resource.get(f"{name}Period")
        if isinstance(period, dict):
            return last_day_of(period.get("end"))
        if f"{name}DateTime" in resource:
            return last_day_of(resource[f"{name}DateTime"])
    return None
