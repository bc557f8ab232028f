"""What goes wrong with conditions, procedures and medicines: statuses, references, and whether they are named."""

from service.population.generate.awkward.case import Case
from service.population.generate.resources import HL7, Resource, coded

MEDICINE = ("medicationCodeableConcept", "medicationReference")


def condition_entered_in_error(case: Case) -> None:
    """A condition entered in error."""
    case.change("Condition", lambda condition: _verified(condition, "entered-in-error"))


def condition_refuted(case: Case) -> None:
    """A condition that was ruled out."""
    case.change("Condition", lambda condition: _verified(condition, "refuted"))


def condition_unconfirmed(case: Case) -> None:
    """A condition that nobody has confirmed yet."""
    word = case.pick(["unconfirmed", "provisional", "differential"])
    case.change("Condition", lambda condition: _verified(condition, word))


def _verified(condition: Resource, word: str) -> None:
    condition["verificationStatus"] = coded(f"{HL7}/condition-ver-status", word)
    if word == "entered-in-error":
        condition.pop("clinicalStatus", None)


def condition_without_status(case: Case) -> None:
    """A condition that does not say whether it is active."""
    case.change("Condition", lambda condition: _ended(condition, {}))


def condition_ended(case: Case) -> None:
    """A condition without a status, which ends on a day, in a year, or in words."""
    ends = (case.day(100), case.day()[:4], case.day(800)[:4], case.day(800)[:7], case.day(-40))
    days = [{"abatementDateTime": day} for day in ends]
    end = case.pick([*days, {"abatementString": "after surgery"}])
    case.change("Condition", lambda condition: _ended(condition, end))


def _ended(condition: Resource, end: dict[str, str]) -> None:
    condition.pop("clinicalStatus", None)
    condition.pop("abatementDateTime", None)
    condition.update(end)


def condition_without_code(case: Case) -> None:
    """A condition that names none."""
    case.change("Condition", lambda condition: condition.pop("code", None))


def medicine_on_hold(case: Case) -> None:
    """A medicine on hold."""
    _medicine(case, "on-hold")


def medicine_stopped(case: Case) -> None:
    """A medicine that was stopped."""
    _medicine(case, "stopped")


def medicine_completed(case: Case) -> None:
    """A medicine that was taken to the end."""
    _medicine(case, "completed")


def medicine_draft(case: Case) -> None:
    """An order that nobody has signed."""
    _medicine(case, "draft")


def medicine_entered_in_error(case: Case) -> None:
    """A medicine entered in error."""
    _medicine(case, "entered-in-error")


def _medicine(case: Case, status: str) -> None:
    case.change("MedicationRequest", lambda request: request.update(status=status))


def medicine_contained(case: Case) -> None:
    """A medicine whose product is contained in the request."""
    product = {"resourceType": "Medication", "id": "m1", "code": {"text": case.pick(case.words["contained"])}}
    named = {"contained": [product], "medicationReference": {"reference": "#m1"}}
    case.change("MedicationRequest", lambda request: _name(request, named))


def medicine_not_there(case: Case) -> None:
    """A reference to a product that the export does not hold, with or without its name."""
    reference = {
        "reference": f"Medication/{case.who}-gone",
        **case.pick([{}, {"display": "gabapentin 300 mg capsule"}]),
    }
    case.change("MedicationRequest", lambda request: _name(request, {"medicationReference": reference}))


def medicine_unnamed(case: Case) -> None:
    """A medicine that nothing names."""
    case.change("MedicationRequest", lambda request: _name(request, {}))


def _name(request: Resource, named: Resource) -> None:
    for member in MEDICINE:
        request.pop(member, None)
    request.update(named)


def procedure_not_done(case: Case) -> None:
    """A procedure that was not done, not yet, or not in truth."""
    status = case.pick(["not-done", "preparation", "entered-in-error", "stopped"])
    case.change("Procedure", lambda procedure: procedure.update(status=status))
