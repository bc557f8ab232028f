"""Reads every resource of a chart, each by the reader of its type; one that cannot be read never spoils the rest."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from functools import cached_property
from itertools import pairwise
from typing import Any, TypeVar

from schemas.fhir_terms import Terms
from schemas.profile import Condition, Entry, Medication, Open, Supplement
from service.intake.fhir import medicines, nutrition, problems, results
from service.intake.fhir.chart import Chart, Page
from service.intake.fhir.codes import LOINC, codes_in
from service.intake.fhir.located import Located, Skip
from service.intake.fhir.results import Result
from service.intake.fhir.subjects import Subjects, is_of_another

KIDNEY = ("kidney.egfr", "kidney.creatinine", "kidney.cystatin_c")
LABS = ("labs.magnesium", "labs.calcium", "labs.potassium")
MEDICINES = ("medications", "supplements")
# The members of a profile that cannot be known wholly while a resource of this type is not read.
FEEDS: Mapping[str, tuple[str, ...]] = {
    "Condition": ("conditions",), "Observation": (*KIDNEY, *LABS), "MedicationRequest": MEDICINES,
    "MedicationStatement": MEDICINES, "Procedure": ("procedures",),
    "NutritionOrder": ("diet.foods", "supplements"), "NutritionIntake": ("diet.foods", "supplements"),
}  # fmt: skip
UNKNOWN_PROCEDURE = "This procedure is in codes or words that are not known here; it may be dialysis."
# They tell of medicines too, which may stand nowhere else.
NOT_READ = ("MedicationAdministration", "MedicationDispense")
EVERYTHING = {member for members in FEEDS.values() for member in members}
LISTS = ("conditions", *MEDICINES, "diet.foods")
# What a resource of wrong types raises in a reader that did not expect it; anything else is a mistake of ours.
MISSHAPEN = (TypeError, AttributeError, ValueError, KeyError, IndexError, ArithmeticError)
UNREADABLE = "Its parts are not what FHIR says they are, so it was not used."
NO_PATIENT = "It is about a group, a device or a place, not about a patient."
WHOSE = "It says whom it is about in a way that cannot be read, or by an identifier that is not the patient's."
OF_ANOTHER = "The result is of somebody else than the patient in whose record it stands, and was not used."
NAMELESS = "It names no test."
UNREAD = "The server has a further page, which was not read."
COUNTS_MORE = "The server counts more results than it sent."


class Gathering:
    """What was read, in the order in which it stood."""

    def __init__(self, chart: Chart, subjects: Subjects, terms: Terms, as_of: date) -> None:
        self.chart = chart
        self.terms = terms
        self.as_of = as_of
        self.conditions: list[Condition] = []
        self.medications: list[Medication] = []
        self.supplements: list[Supplement] = []
        self.foods: list[Entry] = []
        self.results: list[Result] = []
        self.pregnancies: list[Located] = []
        self.allergies: list[Located] = []
        self.names: dict[str, str | None] = {}
        self.seen: set[str] = set()
        self.notes: list[Open] = []
        self.open: dict[str, dict[Open, None]] = {}
        self._about_others = subjects.about_others
        self._unclear = subjects.unclear

    def read_all(self) -> None:
        """Read every resource of the chart."""
        for found in self.chart.kept.values():
            kind = found.resource["resourceType"]
            reader = READERS.get(kind)
            if reader:
                self.seen.add(kind)
                self._read(found, reader)
        self.medications = _with_drafts(self.medications, self.chart.changed)
        self.supplements = _with_drafts(self.supplements, self.chart.changed)
        for kind in NOT_READ:
            places = [found.at for found in self.chart.others if found.type == kind]
            if places:
                self.notes.append(Open("not_used", places[0], f"{len(places)} of type {kind} came, which is not read."))
        if self.allergies:
            count = len(self.allergies)
            told = "1 allergy was read" if count == 1 else f"{count} allergies were read"
            self.notes.append(Open("not_used", self.allergies[0].at, f"{told}; no rule of this pack uses allergies."))

    @cached_property
    def _results_of(self) -> Mapping[str, Sequence[Result]]:
        """Return the results by place, because a record may come on thousands of pages, and each is asked for its own.

        Made only where a page is asked: most records have no further one.
        """
        by_place: dict[str, list[Result]] = {}
        for result in self.results:
            by_place.setdefault(_at(result), []).append(result)
        return by_place

    def leave_open(self, members: Iterable[str], why: Open) -> None:
        """Note why members cannot be known wholly; tell it where none is concerned."""
        concerned = False
        for member in members:
            concerned = True
            self.open.setdefault(member, {})[why] = None
        if not concerned:
            self.notes.append(why)

    def leave_page_open(self, page: Page, members: set[str]) -> None:
        """Note what a further page could hold; of results that run from newer to older, it holds only older ones."""
        newest = self._newest_on(page)
        # Of kidney function the newest result counts, by whichever test.
        left = members - newest - (set() if newest.isdisjoint(KIDNEY) else set(KIDNEY))
        if left or not members:
            told = UNREAD if page.unread or page.total is None or page.total <= page.count else COUNTS_MORE
            self.leave_open(sorted(left), Open("unread_page", page.at, told))

    def _newest_on(self, page: Page) -> set[str]:
        """Return the results of which a page has the newest, because it runs from newer to older."""
        here = [result for found in page.found for result in self._results_of.get(found.at, ())]
        days = [result.moment[:10] for result in here]
        ordered = all(earlier >= later for earlier, later in pairwise(days))
        shown = page.newest_first or len(set(days)) > 1
        return {result.code.path for result in here} if ordered and shown and all(days) else set()

    def _read(self, found: Located, reader: "Reader") -> None:
        if found.at in self._about_others:
            self._skipped(found, "skipped", NO_PATIENT)
            return
        if found.at in self._unclear:
            self._skipped(found, "skipped", WHOSE)
            return
        try:
            reader(self, found)
        except Skip as skip:
            self._skipped(found, skip.reason, skip.detail)
        except MISSHAPEN:
            self._skipped(found, "skipped", UNREADABLE)

    def _skipped(self, found: Located, reason: str, detail: str) -> None:
        """Tell what was not used; a list of which an entry could not be read is not known wholly."""
        name = found.reference or found.type
        if reason == "draft_unnamed":
            self.notes.append(Open(reason, found.at, f"The order {name} names no medicine yet."))
            return
        lists = [member for member in FEEDS.get(found.type, ()) if member in LISTS] if reason == "skipped" else []
        self.leave_open(lists if detail != NO_PATIENT else (), Open(reason, found.at, f"{name}: {detail}"))


Reader = Callable[[Gathering, Located], None]
Product = TypeVar("Product", Medication, Supplement)


def _with_drafts(listed: list[Product], changed: Mapping[str, Located]) -> list[Product]:
    """Let a draft of what is already in use stand for it, as in use: it is one product, not two."""
    by_place = {each.at: each for each in listed}
    pairs = ((by_place.get(at), by_place.get(earlier.at)) for at, earlier in changed.items())
    same = {draft.at: old for draft, old in pairs if draft and old and _is_same(draft, old)}
    replaced = {old.at for old in same.values()}
    kept = (each for each in listed if each.at not in replaced)
    return [replace(each, status=same[each.at].status) if each.at in same else each for each in kept]


def _is_same(draft: Medication | Supplement, old: Medication | Supplement) -> bool:
    """Whether a draft names what is in use, by the same route, and does not end it."""
    named = (draft.text, draft.coding, draft.route) == (old.text, old.coding, old.route)
    return named and old.status == medicines.CURRENT and draft.status != medicines.STOPPED


def fed_by(found: Iterable[Located]) -> set[str]:
    """Return the members that resources of these types feed."""
    return {member for kind in {each.type for each in found} for member in FEEDS.get(kind, ())}


def _at(result: Result) -> str:
    """Return the place of the resource a result stood in; a component has a place of its own."""
    return result.quantity.at.partition("/component/")[0]


def _problem(into: Gathering, said: problems.Problem) -> None:
    if said.entry:
        into.conditions.append(said.entry)
    into.notes += said.notes


def _condition(into: Gathering, found: Located) -> None:
    _problem(into, problems.condition_of(found, into.terms, into.as_of))


def _procedure(into: Gathering, found: Located) -> None:
    _problem(into, problems.procedure_of(found, into.terms, into.as_of))
    if problems.is_unrecognised_procedure(found, into.terms):
        into.leave_open(["procedures"], Open("unrecognised", found.at, UNKNOWN_PROCEDURE))


def _allergy(into: Gathering, found: Located) -> None:
    if problems.is_allergy(found):
        into.allergies.append(found)


def _observation(into: Gathering, found: Located) -> None:
    if is_of_another(found):
        raise Skip("not_used", OF_ANOTHER)
    read = results.results_of(found, into.terms)
    if read:
        into.results += read
        return
    if not isinstance(found.resource.get("code"), dict):
        raise Skip("skipped", NAMELESS)
    codes = codes_in(found.resource["code"], LOINC, into.terms)
    if not into.terms.dialysis_codes.isdisjoint(codes) and results.shows_dialysis(found, into.terms):
        _problem(into, problems.dialysis_of(found, into.terms, into.as_of))
    if into.terms.pregnancy_code in codes:
        into.pregnancies.append(found)


def _medicine(into: Gathering, found: Located) -> None:
    for entry in medicines.entries_of(found, into.chart.resolve, into.terms):
        if isinstance(entry, Medication):
            into.medications.append(entry)
        else:
            into.supplements.append(entry)
        into.names.setdefault(found.at, entry.text)
    into.notes += medicines.notes_of(found)


def _nutrition(into: Gathering, found: Located) -> None:
    said = nutrition.entries_of(found, into.chart.resolve, into.terms)
    into.supplements += said.supplements
    into.foods += said.foods
    into.notes += said.notes
    into.names[found.at] = next((each.text for each in said.supplements), None)


READERS: Mapping[Any, Reader] = {
    "Condition": _condition, "Procedure": _procedure, "AllergyIntolerance": _allergy, "Observation": _observation,
    "MedicationRequest": _medicine, "MedicationStatement": _medicine,
    "NutritionOrder": _nutrition, "NutritionIntake": _nutrition,
}  # fmt: skip
