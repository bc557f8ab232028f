"""Patient, and what an Observation says of a pregnancy.

Sources: FHIR R4 (4.0.1), Patient and administrative-gender; US Core, sex extensions and Observation Pregnancy Status
(their codes are in rules/fhir.yaml).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from schemas.fhir_terms import Terms
from schemas.profile import Open, Patient
from service.intake.fhir.codes import codings_of, day_of, objects, word_of
from service.intake.fhir.located import Located
from service.intake.fhir.problems import observed_on

GENDERS = ("male", "female", "other", "unknown")
FULL_DATE = len("1952-04-01")
OLDEST = 130
FINAL = ("final", "amended", "corrected")
TWO_SEXES = "The record gives the sex twice, differently; the one given as birth sex or sex is used, not the gender."


@dataclass(frozen=True, slots=True)
class Person:
    """The patient, what is left open about them by member, and what is told."""

    patient: Patient
    open: Mapping[str, Open] = field(default_factory=dict)
    notes: tuple[Open, ...] = ()


def person_of(found: Located | None, known: str | None, terms: Terms, as_of: date) -> Person:
    """Return the patient that a Patient resource describes; `known` is the id as far as references say it."""
    if found is None:
        return Person(Patient(id=known))
    resource, at = found.resource, found.at
    notes: list[Open] = []
    born, left_open = _born(resource, at, as_of)
    sex = _sex(resource, terms)
    gender = resource.get("gender") if resource.get("gender") in GENDERS else None
    if sex and gender and sex != gender:
        notes.append(Open("conflict", f"{at}/gender", TWO_SEXES))
    if resource.get("deceasedBoolean") is True or resource.get("deceasedDateTime"):
        notes.append(Open("deceased", at, "The record says that this patient has died."))
    patient = Patient(id=word_of(resource.get("id")) or known, birth_date=born, sex=sex or gender)
    return Person(patient, {"patient.birth_date": left_open} if left_open else {}, tuple(notes))


def _born(resource: Mapping[str, Any], at: str, as_of: date) -> tuple[date | None, Open | None]:
    """Return the day of birth, or why it is not known: an age in whole years needs the full date."""
    given, place = resource.get("birthDate"), f"{at}/birthDate"
    if given is None:
        return None, None
    born = day_of(given) if isinstance(given, str) and len(given) == FULL_DATE else None
    if born is None:
        return None, Open("not_supplied", place, "The date of birth is not given in full.")
    if born > as_of:
        return None, Open("future", place, "The date of birth lies in the future.")
    if as_of.year - born.year > OLDEST:
        return None, Open("implausible", place, "The date of birth is too long ago.")
    return born, None


def _sex(resource: Mapping[str, Any], terms: Terms) -> str | None:
    """Return the sex that the first of the known extensions gives, None where none does."""
    given = {word_of(each.get("url")): each for each in objects(resource.get("extension"))}
    said = (terms.sex_codes.get(_code(given[url])) for url in terms.sex_extensions if url in given)
    return next((sex for sex in said if sex), None)


def _code(extension: Mapping[str, Any]) -> str:
    coding = extension.get("valueCoding")
    return word_of(extension.get("valueCode")) or (word_of(coding.get("code")) if isinstance(coding, dict) else "")


def with_pregnancy(person: Person, statements: Iterable[Located], terms: Terms, as_of: date) -> Person:
    """Return the person with what the newest statement says; one that is too old, or without a date, says nothing."""
    dated = [(observed_on(found.resource), found) for found in statements if _counts(found)]
    if not dated:
        return person
    day, found = max(dated, key=lambda each: (each[0] or date.min, each[1].at))
    if day is None:
        return _told(person, Open("undated", found.at, "When somebody was or was not pregnant is not given."))
    if day > as_of:
        return _told(person, Open("future", found.at, "The pregnancy status is dated in the future."))
    if (as_of - day).days > terms.pregnancy_days:
        return _told(person, Open("stale", found.at, "The pregnancy status is too old to say anything of today."))
    codings = codings_of(found.resource.get("valueCodeableConcept"), terms)
    said = {terms.pregnancy.get((code.system or "", code.code or "")) for code in codings} - {None}
    if len(said) != 1:
        return person
    return replace(person, patient=replace(person.patient, pregnant=said.pop()))


def _told(person: Person, why: Open) -> Person:
    return replace(person, open={**person.open, "patient.pregnant": why})


def _counts(found: Located) -> bool:
    return found.resource.get("status") in FINAL
