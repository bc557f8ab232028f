"""What goes wrong with whom a resource is about, of which type it is, and how often it is there."""

from service.population.generate.awkward.case import Case, anything, is_plain_result, read
from service.population.generate.awkward.values import number_of
from service.population.generate.resources import Resource, coded, coding, line_of

SERVER = "https://ehr.example/fhir"


def type_unknown(case: Case) -> None:
    """A type that FHIR does not have, in a file of another."""
    sausage = {"resourceType": "Sausage", "id": case.new_id(), "subject": _me(case), "casing": "natural"}
    case.add("Observation", sausage)


def type_not_read(case: Case) -> None:
    """A type that exists, and that is not read."""
    visit = coding("http://terminology.hl7.org/CodeSystem/v3-ActCode", "AMB")
    encounter = {"resourceType": "Encounter", "id": case.new_id(), "status": "finished", "class": visit}
    encounter["subject"] = _me(case)
    given = {
        "resourceType": "MedicationAdministration",
        "id": case.new_id(),
        "status": "completed",
        "subject": _me(case),
    }
    given |= {"medicationCodeableConcept": {"text": "magnesium sulfate"}, "effectiveDateTime": case.day(5)}
    found = case.pick([encounter, given])
    case.add(str(found["resourceType"]), found)


def in_another_file(case: Case) -> None:
    """A resource in the file of another type."""
    at = case.place("Condition")
    case.lines("Observation").append(case.lines("Condition").pop(at))


def subject_absolute(case: Case) -> None:
    """The patient by the whole address."""
    _about(case, {"reference": f"{SERVER}/Patient/{case.who}"})


def subject_versioned(case: Case) -> None:
    """The patient in a version."""
    base = case.pick(["", f"{SERVER}/"])
    _about(case, {"reference": f"{base}Patient/{case.who}/_history/1"})


def subject_absent(case: Case) -> None:
    """Nobody is said."""
    _about(case, None)


def subject_is_group(case: Case) -> None:
    """A group, not a patient."""
    _about(case, {"reference": "Group/all-of-ward-3"})


def subject_not_in_export(case: Case) -> None:
    """A patient whom the export does not hold."""
    _about(case, {"reference": f"Patient/gone-{case.who}"})


def _me(case: Case) -> dict[str, str]:
    return {"reference": f"Patient/{case.who}"}


def _about(case: Case, whom: dict[str, str] | None) -> None:
    case.change(case.a_type(), lambda resource: _set_subject(resource, whom))


def _set_subject(resource: Resource, whom: dict[str, str] | None) -> None:
    member = "patient" if "patient" in resource else "subject"
    resource.pop(member, None)
    if whom:
        resource[member] = whom


def exact_duplicate(case: Case) -> None:
    """The same line twice."""
    kind = case.a_type(but=("Medication",))
    lines = case.lines(kind)
    lines.append(lines[case.place(kind)])


def newer_version(case: Case) -> None:
    """A second copy that says by its version that it is the newer; it may stand first."""
    kind, copy = _changed_copy(case)
    copy["meta"] = {"versionId": "2", "lastUpdated": f"{case.day()}T01:00:00.000Z"}
    case.lines(kind).insert(case.pick([0, len(case.lines(kind))]), line_of(copy))


def copy_differs(case: Case) -> None:
    """A second copy that differs, and nothing says which is the newer."""
    kind, copy = _changed_copy(case)
    copy.pop("meta", None)
    known, lines = f'"id":"{copy["id"]}"', case.lines(kind)
    plain = [line_of(_without_meta(read(line))) if known in line else line for line in lines]
    lines[:] = [*plain, line_of(copy)]


def _without_meta(resource: Resource) -> Resource:
    return {name: value for name, value in resource.items() if name != "meta"}


def _changed_copy(case: Case) -> tuple[str, Resource]:
    """Return a resource of some type, changed in what rules would see."""
    kind = case.pick(["Condition", "Observation", "MedicationRequest"])
    copy = case.copy(kind, is_plain_result if kind == "Observation" else anything)
    if kind == "Observation":
        copy["valueQuantity"]["value"] = round(number_of(copy) * 0.5, 2)
    elif kind == "Condition":
        copy["clinicalStatus"] = coded("http://terminology.hl7.org/CodeSystem/condition-clinical", "resolved")
    else:
        copy["status"] = "stopped" if copy["status"] != "stopped" else "active"
    return kind, copy


def alone(case: Case) -> None:
    """A patient of whom nothing else is known."""
    for kind, lines in case.chart.items():
        if kind != "Patient":
            lines.clear()
