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
TWO_COPIES = "Two copies of this patient differ here, and nothing says which is the newer."
TWO_STATEMENTS = "Two statements of one day differ on whether this patient is pregnant."


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
    if any(link.get("type") == "replaced-by" for link in objects(resource.get("link"))):
        notes.append(Open("conflict", at, "The record says that another record of this patient has replaced it."))
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
    dated = [(observed_on(found.resource), found) for found in statements if is_final(found)]
    if not dated:
        return person
    day = max((day for day, _ in dated if day), default=None)
    newest = [found for when, found in dated if when == day]
    why = _not_of_today(day, newest[0].at, terms, as_of)
    if why:
        return _told(person, why)
    said = {each for found in newest for each in meant(found, terms)}
    if len(said) > 1:
        return _told(person, Open("conflict", newest[0].at, TWO_STATEMENTS))
    return replace(person, patient=replace(person.patient, pregnant=said.pop())) if said else person


def _not_of_today(day: date | None, at: str, terms: Terms, as_of: date) -> Open | None:
    if day is None:
        return Open("undated", at, "When somebody was or was not pregnant is not given.")
    if day > as_of:
        return Open("future", at, "The pregnancy status is dated in the future.")
    if (as_of - day).days > terms.pregnancy_days:
        return Open("stale", at, "The pregnancy status is too old to say anything of today.")
    return None


def meant(found: Located, terms: Terms) -> set[bool]:
    """Return what the value of a statement means: whether somebody is pregnant."""
    codings = codings_of(found.resource.get("valueCodeableConcept"), terms)
    known = (terms.pregnancy.get((code.system or "", code.code or "")) for code in codings)
    return {pregnant for pregnant in known if pregnant is not None}


def agreed(person: Person, other: Person, at: str) -> Person:
    """Return the person with what two copies of a Patient agree on, and what they differ in left open."""
    left_open, patient = dict(person.open) | dict(other.open), person.patient
    if patient.birth_date != other.patient.birth_date:
        patient = replace(patient, birth_date=None)
        left_open["patient.birth_date"] = Open("conflict", at, TWO_COPIES)
    if patient.sex != other.patient.sex:
        patient = replace(patient, sex=None)
        left_open["patient.sex"] = Open("conflict", at, TWO_COPIES)
    return Person(patient, left_open, tuple(dict.fromkeys((*person.notes, *other.notes))))


def _told(person: Person, why: Open) -> Person:
    return replace(person, open={**person.open, "patient.pregnant": why})


def is_final(found: Located) -> bool:
    """Return whether a statement is one that counts."""
    return found.resource.get("status") in FINAL
