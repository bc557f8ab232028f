"""Makes sure that everything is about one patient.

Sources: FHIR R4 (4.0.1), subject and patient of the resources read; CDS Hooks 2.0, context.patientId.
"""

from schemas.problem import Problem, Refused
from service.intake.fhir.chart import PATIENT, UNNAMED, Chart, type_and_id
from service.intake.fhir.codes import target_of
from service.intake.fhir.located import Located

MOST_PROBLEMS = 20
NOT_A_PATIENT = "not a patient"
ONE_AT_A_TIME = "Send the resources of one patient at a time."


class Subjects:
    """Reads whom each resource is about.

    `people` holds everybody who is named, by "Patient/id", each with the first resource that does; `about_others` the
    places of what is about a group, a device or a place.
    """

    def __init__(self, chart: Chart) -> None:
        self.people: dict[str, Located] = {}
        self.about_others: set[str] = set()
        self._chart = chart
        self._known: dict[str, str | None] = {}
        self._keys = {id(found): key for key, found in chart.kept.items() if found.type == PATIENT}

        for key, found in chart.kept.items():
            self._note(key if id(found) in self._keys and not key.startswith(UNNAMED) else self._of(found), found)
        for found in chart.others:
            self._note(self._of(found), found)

    def _note(self, who: str | None, found: Located) -> None:
        if who == NOT_A_PATIENT:
            self.about_others.add(found.at)
        elif who is not None and who not in self.people:
            self.people[who] = found

    def _of(self, found: Located) -> str | None:
        """Return whom a resource is about: None where it does not say it in a way that names one."""
        resource = found.resource
        target = target_of(resource.get("subject") or resource.get("patient"))
        if target is None or target.startswith("#"):
            return None
        if target not in self._known:
            self._known[target] = self._named(target, found)
        return self._known[target]

    def _named(self, target: str, within: Located) -> str | None:
        found = self._chart.resolve(target, within)
        if found is not None:
            return self._keys.get(id(found), NOT_A_PATIENT)
        if target.startswith("urn:"):
            ending = f"{PATIENT}/{target.rsplit(':', 1)[-1]}"
            return ending if ending in self._chart.kept else target
        named = type_and_id(target)
        return NOT_A_PATIENT if named and not named.startswith(f"{PATIENT}/") else named


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
