"""Makes sure that everything is about one patient.

Sources: FHIR R4 (4.0.1), subject and patient of the resources read, references (literal, logical, contained), and
Observation.focus; CDS Hooks 2.0, context.patientId.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from schemas.problem import Problem, Refused
from service.intake.fhir.addresses import base_of, type_and_id
from service.intake.fhir.chart import PATIENT, UNNAMED, Chart
from service.intake.fhir.codes import objects, target_of
from service.intake.fhir.located import Located

MOST_PROBLEMS = 20
NOT_A_PATIENT, UNCLEAR = "not a patient", "unclear"
ONE_AT_A_TIME = "Send the resources of one patient at a time."


class Subjects:
    """Reads whom each resource is about.

    `people` holds everybody who is named, by "Patient/id", each with the first resource that does; `about_others` the
    places of what is about a group, a device or a place; `unclear` of what says it in a way that cannot be read, or by
    an identifier that is not the patient's.
    """

    def __init__(self, chart: Chart) -> None:
        self.people: dict[str, Located] = {}
        self.about_others: set[str] = set()
        self.unclear: set[str] = set()
        self._chart = chart
        self._known: dict[str, str] = {}
        self._keys = {id(found): key for key, found in chart.kept.items() if found.type == PATIENT}
        self._bases = {key: base_of(chart.urls.get(key, "")) for key in self._keys.values()}
        patients = [found.resource for found in chart.kept.values() if found.type == PATIENT]
        self._identifiers = {pair for each in patients for pair in _identifiers(each)}
        self._systems = {system for system, _ in self._identifiers}

        for key, found in chart.kept.items():
            self._note(key if id(found) in self._keys and not key.startswith(UNNAMED) else self._of(found), found)
        for found in chart.others:
            self._note(self._of(found), found)

    def _note(self, who: str | None, found: Located) -> None:
        if who == NOT_A_PATIENT:
            self.about_others.add(found.at)
        elif who == UNCLEAR:
            self.unclear.add(found.at)
        elif who is not None and who not in self.people:
            self.people[who] = found

    def _of(self, found: Located) -> str | None:
        """Return whom a resource is about: None where it does not say it in a way that names one."""
        subject = found.resource.get("subject") or found.resource.get("patient")
        if not isinstance(subject, dict):
            return UNCLEAR if subject else None
        target = target_of(subject)
        if target is None or target.startswith("#"):
            return UNCLEAR if self._is_another(subject, found) else None
        if target not in self._known:
            self._known[target] = self._named(target, found)
        return self._known[target]

    def _is_another(self, subject: Mapping[str, Any], found: Located) -> bool:
        """Whether a logical or contained subject has an identifier of a kind that the patient has, and another one."""
        contained = [each for each in objects(found.resource.get("contained")) if each.get("resourceType") == PATIENT]
        said = {pair for each in (subject, *contained) for pair in _identifiers(each) if pair[0] in self._systems}
        return bool(said) and said.isdisjoint(self._identifiers)

    def _named(self, target: str, within: Located) -> str:
        found = self._chart.resolve(target, within)
        if found is not None:
            return self._at_server(self._keys.get(id(found), NOT_A_PATIENT), target)
        if target.startswith("urn:"):
            ending = f"{PATIENT}/{target.rsplit(':', 1)[-1]}"
            return ending if ending in self._chart.kept else target
        named = type_and_id(target if "/" in target else f"{PATIENT}/{target}")
        if named is None or "?" in target:
            return UNCLEAR
        return self._at_server(named, target) if named.startswith(f"{PATIENT}/") else NOT_A_PATIENT

    def _at_server(self, key: str, target: str) -> str:
        """Return the key; with the server before it if that is another than the one known to have this patient."""
        base = base_of(target)
        if not base or key == NOT_A_PATIENT:
            return key
        known = self._bases[key] = self._bases.get(key) or base
        return key if known == base else f"{base}/{key}"


def _identifiers(resource: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for each in objects(resource.get("identifier")):
        system, value = each.get("system"), each.get("value")
        if isinstance(system, str) and isinstance(value, str):
            yield system, value.strip().casefold()


def is_of_another(found: Located) -> bool:
    """Whether a result is of somebody else than the patient in whose record it stands: a donor, a newborn."""
    if "focus" not in found.resource:
        return False
    subject = type_and_id(target_of(found.resource.get("subject")) or "")
    focus = (type_and_id(target_of(each) or "") or "" for each in objects(found.resource.get("focus")))
    return any(each.startswith((f"{PATIENT}/", "RelatedPerson/")) and each != subject for each in focus)


def the_one_patient(chart: Chart, subjects: Subjects) -> str | None:
    """Return whom a Bundle is about, None where it does not say; raise Refused (422) where it is two people."""
    people = subjects.people
    patients = [found for found in chart.kept.values() if found.type == PATIENT]
    # A single Patient that nothing names may be the one that the rest is about; one of two cannot.
    everybody = [*people.values(), *patients] if len(patients) > 1 else [*people.values()]
    first, *others = {id(found): found for found in everybody}.values() or [None]
    if first and others:
        told = f"This is about another patient than {first.at}."
        problems = [Problem(found.at, told, ONE_AT_A_TIME) for found in others[:MOST_PROBLEMS] if found]
        raise Refused(422, problems)
    return next(iter(people), None)


def refuse_strangers(subjects: Subjects, patient_id: str) -> None:
    """Raise Refused (400) where anything in a hook call is about another patient than context.patientId."""
    expected = {f"{PATIENT}/{patient_id}", f"urn:uuid:{patient_id}"}
    parts = {found.part: found.at for who, found in subjects.people.items() if who not in expected}
    problems = [
        Problem(at, f"{part} holds a resource about another patient than context.patientId.", ONE_AT_A_TIME)
        for part, at in parts.items()
    ]
    if problems:
        raise Refused(400, problems)
