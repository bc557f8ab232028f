"""MedicationRequest and MedicationStatement: which medicine or product, in use or not, by which route. Never how much.

Sources: FHIR R4 (4.0.1), value sets medicationrequest-status, medicationrequest-intent and medication-statement-status;
R5 (5.0.0), medication-statement-adherence; US Core, medication list (reported medicines have the intent `plan`).
"""

from typing import Any

from schemas.fhir_terms import Terms
from schemas.profile import Medication, Open, Supplement
from service.intake.fhir.codes import first_code, loose_day_of, objects, route_of, word_of
from service.intake.fhir.located import Located, Resolve, Skip
from service.intake.fhir.named import NAMELESS, Name, ingredients_of, name_of

CURRENT, PLANNED, STOPPED, CONSIDERED = "current", "planned", "stopped", "considered"
# Any other status, an unknown one too, counts as in use: what may be taken is never left out.
STATUS = {
    "draft": PLANNED, "intended": PLANNED,
    "completed": STOPPED, "cancelled": STOPPED, "stopped": STOPPED, "ended": STOPPED, "not-taken": STOPPED,
}  # fmt: skip
ONLY_SUGGESTED = ("proposal", "option")
ON_HOLD = "on-hold"
IN_ERROR = "entered-in-error"
NAMED_BY = ("medicationCodeableConcept", "medicationReference", "medication")
SINCE = ("authoredOn", "effectiveDateTime", "dateAsserted")


def entry_of(found: Located, resolve: Resolve, terms: Terms) -> Medication | Supplement | None:
    """Return the medicine, as a supplement where it holds a nutrient; None for a resource of another type.

    Raise Skip where it is marked as entered in error, or names no medicine.
    """
    kind = found.resource.get("resourceType")
    if kind not in ("MedicationRequest", "MedicationStatement"):
        return None
    status = _status_of_request(found) if kind == "MedicationRequest" else _status_of_statement(found)
    name = _name(found, resolve, terms)
    if not name:
        raise _unnamed(found)
    route = _route(found.resource, terms)
    if terms.nutrients_of(name.coding, name.text):
        return supplement(found, found.at, name, status, route)
    return Medication(found.at, name.text, name.coding, status, found.reference, route, _since(found.resource))


def entries_of(found: Located, resolve: Resolve, terms: Terms) -> list[Medication | Supplement]:
    """Return the medicine, and beside it each ingredient that holds a nutrient of which its name says nothing.

    Raise Skip as entry_of does.
    """
    entry = entry_of(found, resolve, terms)
    if entry is None:
        return []
    entries = [entry]
    inside = _ingredients(found, resolve, terms)
    if not inside:
        return entries
    known = terms.nutrients_of(entry.coding, None) | terms.nutrients_of((), entry.text)
    for name in inside:
        held = terms.nutrients_of(name.coding, name.text)
        if not held <= known:
            known |= held
            entries.append(supplement(found, found.at, name, entry.status, entry.route))
    return entries


def supplement(found: Located, at: str, name: Name, status: str, route: str | None) -> Supplement:
    """Return a supplement; what it holds, and in which form, the vocabulary says later."""
    said = CONSIDERED if status == PLANNED else status
    return Supplement(at, name.text, name.coding, said, found.reference, route=route)


def notes_of(found: Located) -> tuple[Open, ...]:
    """Return what has to be told of an entry that is used: that it is on hold, and counted all the same."""
    on_hold = word_of(found.resource.get("status")) == ON_HOLD or _adherence(found.resource).startswith(ON_HOLD)
    return (Open("on_hold", found.at, "This is on hold; it is counted as in use."),) if on_hold else ()


def refuse_in_error(found: Located) -> None:
    """Raise Skip where a resource is marked as entered in error."""
    if found.resource.get("status") == IN_ERROR:
        raise Skip("entered_in_error", "This entry is marked as entered in error and was not used.")


def _status_of_request(found: Located) -> str:
    refuse_in_error(found)
    resource = found.resource
    status = STATUS.get(word_of(resource.get("status")), CURRENT)
    if status == STOPPED or resource.get("doNotPerform") is True:
        return STOPPED
    return PLANNED if found.is_draft or resource.get("intent") in ONLY_SUGGESTED else status


def _status_of_statement(found: Located) -> str:
    """Return the status; that of R5 says only that the statement was recorded, and adherence says the rest."""
    refuse_in_error(found)
    status = word_of(found.resource.get("status"))
    adherence = _adherence(found.resource)
    if STATUS.get(status) == STOPPED or adherence.startswith(("not-taking", "stopped")):
        return STOPPED
    return PLANNED if found.is_draft or status == "intended" else CURRENT


def _adherence(resource: Any) -> str:
    adherence = resource.get("adherence")
    return (first_code(adherence.get("code")) or "") if isinstance(adherence, dict) else ""


def _name(found: Located, resolve: Resolve, terms: Terms) -> Name:
    for member in NAMED_BY:
        given = found.resource.get(member)
        name = name_of(given, found, resolve, terms) if given else NAMELESS
        if name:
            return name
    return NAMELESS


def _ingredients(found: Located, resolve: Resolve, terms: Terms) -> list[Name]:
    given = (found.resource.get(member) for member in NAMED_BY)
    return [name for each in given if each for name in ingredients_of(each, found, resolve, terms)]


def _unnamed(found: Located) -> Skip:
    if found.is_draft or found.resource.get("status") == "draft":
        return Skip("draft_unnamed", "The order is still a draft and names no medicine.")
    return Skip("skipped", "This entry names no medicine.")


def _route(resource: Any, terms: Terms) -> str | None:
    """Return the route that all dosage instructions agree on; of these only the route is read, never an amount."""
    dosages = objects(resource.get("dosageInstruction")) or objects(resource.get("dosage"))
    return route_of([dosage["route"] for dosage in dosages if "route" in dosage], terms)


def _since(resource: Any) -> str | None:
    period = resource.get("effectivePeriod")
    day = loose_day_of(period.get("start")) if isinstance(period, dict) else None
    for member in SINCE:
        day = day or loose_day_of(resource.get(member))
    return day
