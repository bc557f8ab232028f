"""From FHIR R4, as plain data, to a Profile: a Bundle, or the parts of a CDS Hooks call."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from schemas.fhir_terms import Terms
from schemas.hook import GIVEN, Part
from schemas.profile import Diet, Kidney, Labs, Open, Profile
from service.intake.fhir.addresses import type_and_id
from service.intake.fhir.assemble import EVERYTHING, Gathering, fed_by
from service.intake.fhir.chart import DRAFTS, PATIENT, REFERRED, Chart, unpack
from service.intake.fhir.codes import text_of, word_of
from service.intake.fhir.people import Person, agreed, person_of, with_pregnancy
from service.intake.fhir.prefetch import FEEDS_OF_KEY, KEYS, is_in_vain, place_of, unread_pages, why_not_given
from service.intake.fhir.results import summary
from service.intake.fhir.subjects import Subjects, refuse_strangers, the_one_patient

# Beyond these a list of what was skipped is read by nobody; how many more there are is still said.
MOST_NOTES = 100
ORDERED = ("MedicationRequest", "MedicationStatement")
NOT_ASKED = "Some {list} are known from other resources; that there are no others is not said."
PRODUCTS = ("MedicationStatement", "NutritionOrder", "NutritionIntake")


@dataclass(frozen=True, slots=True)
class Order:
    """An order not yet signed: its reference ("Type/id"), its place, its type, what it names, and if it was chosen."""

    reference: str | None
    at: str
    type: str
    name: str | None = None
    selected: bool = False


@dataclass(frozen=True, slots=True)
class Reading:
    """A profile, the orders that are being written, and how many resources of which types were not read.

    `in_vain` are the keys that no answer can do without, and that were given without what they are needed for.
    """

    profile: Profile
    orders: tuple[Order, ...]
    not_read: Mapping[str, int]
    in_vain: frozenset[str] = frozenset()


def read_bundle(data: Any, terms: Terms, as_of: date) -> Reading:
    """Return what a Bundle, a bare resource or a list of resources says.

    Raise Refused (422) where it is none of these, holds more than 20,000 resources, or is about two patients.
    """
    chart = unpack(data)
    subjects = Subjects(chart)
    patient = the_one_patient(chart, subjects)
    gathering = Gathering(chart, subjects, terms, as_of)
    gathering.read_all()
    for page in chart.pages:
        if page.unread or page.is_short:
            gathering.leave_page_open(page, fed_by(page.found) if page.found else EVERYTHING)
    for lacking, told in chart.told:
        gathering.leave_open(sorted(fed_by(lacking.found or chart.kept.values())) if lacking else (), told)
    given = set()
    if not gathering.seen.isdisjoint(ORDERED):
        given.add("medications")
    if gathering.supplements or not gathering.seen.isdisjoint(PRODUCTS):
        given.add("supplements")
    _leave_lists_open(gathering)
    known = patient.removeprefix(f"{PATIENT}/") if patient else None
    return _reading(gathering, known, given, ())


def _leave_lists_open(gathering: Gathering) -> None:
    """Leave open a list of which a Bundle has entries, though nothing says that it was asked for."""
    for member, listed, kinds in (
        ("conditions", gathering.conditions, ("Condition",)),
        ("supplements", gathering.supplements, PRODUCTS),
    ):
        if listed and gathering.seen.isdisjoint(kinds):
            gathering.leave_open([member], Open("not_supplied", listed[0].at, NOT_ASKED.format(list=member)))


def read_parts(
    parts: Sequence[Part],
    patient_id: str,
    drafts: Mapping[str, Any] | None,
    selections: Sequence[str],
    terms: Terms,
    as_of: date,
) -> Reading:
    """Return what the parts of a hook call say, with context.draftOrders and context.selections.

    A key that is not among the parts counts as absent. Raise Refused (400) where anything is about another patient
    than context.patientId, and Refused (422) where there are more than 20,000 resources.
    """
    chart = Chart()
    by_key = {part.key: part for part in (*(Part(key, "absent") for key in KEYS), *parts)}
    for part in by_key.values():
        for index, page in enumerate(part.pages if part.state == GIVEN else ()):
            chart.add(page, place_of(part, index), part.key)
    if drafts is not None:
        chart.add(drafts, f"/context/{DRAFTS}", DRAFTS)
    subjects = Subjects(chart)
    refuse_strangers(subjects, patient_id.removeprefix(f"{PATIENT}/"))
    gathering = Gathering(chart, subjects, terms, as_of)
    gathering.read_all()
    _leave_parts_open(gathering, by_key)
    given = {member for part in by_key.values() if part.state == GIVEN for member in _lists_of(part.key)}
    if drafts is not None or not gathering.seen.isdisjoint((*ORDERED, *PRODUCTS)):
        given |= {"medications", "supplements"}
    reading = _reading(gathering, patient_id.removeprefix(f"{PATIENT}/"), given, selections)
    return replace(reading, in_vain=frozenset(key for key, part in by_key.items() if is_in_vain(part, chart.pages)))


def _lists_of(key: str) -> Iterator[str]:
    """Yield the lists that are given, if empty, where a key is."""
    yield from FEEDS_OF_KEY.get(key, ())
    if key == "nutrition":
        yield from ("medications", "supplements")


def _leave_parts_open(gathering: Gathering, by_key: Mapping[str, Part]) -> None:
    for part in by_key.values():
        why = why_not_given(part, gathering.chart.pages)
        if why:
            gathering.leave_open(FEEDS_OF_KEY.get(part.key, ()), why)
        for page in unread_pages(part, gathering.chart.pages):
            gathering.leave_page_open(page, set(FEEDS_OF_KEY.get(part.key, ())))
    for lacking, told in gathering.chart.told:
        gathering.leave_open(FEEDS_OF_KEY.get(lacking.part, ()) if lacking else (), told)


def _reading(gathering: Gathering, known: str | None, given: set[str], selections: Sequence[str]) -> Reading:
    person = _person(gathering, known)
    by_path, told = summary(gathering.results)
    for member, why in person.open.items():
        gathering.leave_open([member], why)
    results = {path.partition(".")[2]: quantity for path, quantity in by_path.items()}
    listed = {member for member in given if member in ("conditions", "medications", "supplements", "diet.foods")}
    listed |= {"conditions"} if "Condition" in gathering.seen or gathering.conditions else set()
    foods = tuple(gathering.foods) if gathering.foods or "diet.foods" in listed else None
    profile = Profile(
        patient=person.patient,
        as_of=gathering.as_of,
        conditions=tuple(gathering.conditions) if "conditions" in listed else None,
        kidney=Kidney(results.get("egfr"), results.get("creatinine"), results.get("cystatin_c")),
        labs=Labs(results.get("magnesium"), results.get("calcium"), results.get("potassium")),
        medications=tuple(gathering.medications) if "medications" in listed else None,
        supplements=tuple(gathering.supplements) if "supplements" in listed else None,
        diet=Diet(foods=foods),
        open={member: _bounded([*reasons]) for member, reasons in sorted(gathering.open.items())},
        notes=_bounded([*person.notes, *told, *gathering.notes]),
    )
    return Reading(profile, tuple(_orders(gathering, selections)), gathering.chart.not_read)


def _person(gathering: Gathering, known: str | None) -> Person:
    patient = next((found for found in gathering.chart.kept.values() if found.type == PATIENT), None)
    person = person_of(patient, known, gathering.terms, gathering.as_of)
    for copy in gathering.chart.unlike:
        person = agreed(person, person_of(copy, known, gathering.terms, gathering.as_of), copy.at)
    return with_pregnancy(person, gathering.pregnancies, gathering.terms, gathering.as_of)


def _orders(gathering: Gathering, selections: Sequence[str]) -> Iterator[Order]:
    chosen = {type_and_id(selection) or selection for selection in selections}
    for found in gathering.chart.orders:
        if found.type in REFERRED:
            continue
        known = word_of(found.resource.get("id"))
        reference = type_and_id(found.reference) if found.reference else None
        name = gathering.names.get(found.at) or text_of(found.resource.get("code"))
        yield Order(reference, found.at, found.type, name, bool(known) and bool({known, reference} & chosen))


def _bounded(notes: list[Open]) -> tuple[Open, ...]:
    """Return the first hundred, and how many more of each reason there are."""
    rest = Counter(note.reason for note in notes[MOST_NOTES:])
    more = (Open(reason, "", f"{count} more notes of this kind are left out.") for reason, count in rest.items())
    return (*notes[:MOST_NOTES], *more)
