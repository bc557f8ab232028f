"""What is missing, partial or unusual about the patient."""

from service.population.generate.awkward.case import Case
from service.population.generate.resources import BIRTH_SEX, Resource


def birth_date_absent(case: Case) -> None:
    """No date of birth."""
    case.person(lambda person: _without(person, "birthDate"))


def birth_date_partial(case: Case) -> None:
    """Only the year of birth, or the month too."""
    length = case.pick([len("1952"), len("1952-04")])
    case.person(lambda person: person.update(birthDate=person.get("birthDate", "1952-04-01")[:length]))


def gender_other(case: Case) -> None:
    """A gender that no equation of kidney function knows."""
    case.person(lambda person: _with_gender(person, "other"))


def gender_unknown(case: Case) -> None:
    """A gender said to be unknown."""
    case.person(lambda person: _with_gender(person, "unknown"))


def gender_absent(case: Case) -> None:
    """No gender at all; the sex given at birth may still be there."""
    case.person(lambda person: _without(person, "gender"))


def deceased(case: Case) -> None:
    """Somebody who has died."""
    said: Resource = case.pick([{"deceasedBoolean": True}, {"deceasedDateTime": case.day(3)}])
    case.person(lambda person: person.update(said))


def patient_copy_differs(case: Case) -> None:
    """Two copies of the patient, of which nothing says which is the newer."""
    case.person(lambda person: _without(person, "meta"))
    other = case.copy("Patient") | case.pick([{"birthDate": "1950-02-03"}, {"gender": "unknown"}])
    other.pop("extension", None)
    case.add("Patient", other)


def _without(person: Resource, member: str) -> None:
    person.pop(member, None)


def _with_gender(person: Resource, gender: str) -> None:
    person["gender"] = gender
    person["extension"] = [each for each in person.pop("extension", []) if each["url"] != BIRTH_SEX]
    if not person["extension"]:
        del person["extension"]
