"""The prefetch keys: which members of a profile each feeds, and what it leaves open when it was not given.

Source: CDS Hooks 2.0, Prefetch Template. A key that is absent, null, or an error are three things, and none is "none".
"""

from collections.abc import Iterator, Sequence

from schemas.hook import ABSENT, ERROR, FAILED, GIVEN, LATE, NULL, Part
from schemas.profile import Open
from service.intake.fhir.assemble import KIDNEY, LABS, MEDICINES
from service.intake.fhir.chart import Page

KEYS = (
    "patient", "conditions", "kidney", "electrolytes", "medrequests", "medstatements", "allergies", "procedures",
    "nutrition",
)  # fmt: skip
# Two are no members, but leave questions about conditions open that may be answered there: "procedures", and "dialysis"
# (results that exist only with it are asked for with the electrolytes).
FEEDS_OF_KEY = {
    "patient": ("patient.birth_date", "patient.sex"), "conditions": ("conditions",), "kidney": KIDNEY,
    "electrolytes": (*LABS, "dialysis"), "medrequests": MEDICINES, "medstatements": MEDICINES,
    "procedures": ("procedures",), "nutrition": ("diet.foods", "supplements"),
}  # fmt: skip
# What a key must hold at least one of, if it holds anything.
TYPES_OF_KEY = {
    "patient": ("Patient",), "conditions": ("Condition",), "kidney": ("Observation",), "electrolytes": ("Observation",),
    "medrequests": ("MedicationRequest",), "medstatements": ("MedicationStatement",),
    "allergies": ("AllergyIntolerance",), "procedures": ("Procedure",),
    "nutrition": ("NutritionOrder", "NutritionIntake"),
}  # fmt: skip
# Without the first, and one of the others, there is no answer: what each must hold to count as had.
MEDICINES_ASKED = frozenset(("MedicationRequest", "MedicationStatement"))
NEEDED = {"patient": frozenset(("Patient",)), "medrequests": MEDICINES_ASKED, "medstatements": MEDICINES_ASKED}
ANOTHER_KIND = "The EHR sent something else instead of {key}."
# No rule waits for these: that they were not sent is told beside other things, and by itself it is nothing to tell.
OPTIONAL = ("allergies",)
NOT_GIVEN = {
    ABSENT: ("key_absent", "The EHR did not send {key}."),
    NULL: ("key_null", "The EHR sent null for {key}, which may mean none or not asked."),
    ERROR: ("key_error", "The EHR sent an error instead of {key}."),
    FAILED: ("fetch_failed", "The FHIR server could not be asked for {key}."),
    LATE: ("fetch_late", "The FHIR server did not answer in time for {key}."),
}


# They stand beside data, or around it.
BESIDES = frozenset(("OperationOutcome", "Bundle"))


def place_of(part: Part, page: int = 0) -> str:
    """Return the JSON pointer of a page: of what the client sent where it is that, else of our own reading."""
    root = "fetched" if part.fetched else "prefetch"
    return f"/{root}/{part.key}/{page}" if len(part.pages) > 1 else f"/{root}/{part.key}"


def why_not_given(part: Part, pages: Sequence[Page]) -> Open | None:
    """Return why a key brought nothing; None where it was given."""
    if part.state == GIVEN:
        kinds = _kinds(part, pages)
        is_another = kinds and part.key in TYPES_OF_KEY and kinds.isdisjoint(TYPES_OF_KEY[part.key])
        return Open("key_error", place_of(part), ANOTHER_KIND.format(key=part.key)) if is_another else None
    reason, told = NOT_GIVEN[part.state]
    return Open(reason, f"/prefetch/{part.key}", part.detail or told.format(key=part.key))


def is_in_vain(part: Part, pages: Sequence[Page]) -> bool:
    """Whether a key that is needed was given and does not bring it: no Patient, or no order or statement but others.

    An empty Bundle says "none" of medicines; of a patient it cannot.
    """
    if part.state != GIVEN or part.key not in NEEDED:
        return False
    kinds = _kinds(part, pages)
    return kinds.isdisjoint(NEEDED[part.key]) and (bool(kinds) or part.key == "patient")


def _kinds(part: Part, pages: Sequence[Page]) -> set[str]:
    """Return the types of what a key holds."""
    return {kind for page in pages if page.part == part.key for kind in page.kinds} - BESIDES


def unread_pages(part: Part, pages: Sequence[Page]) -> Iterator[Page]:
    """Yield the last page of a key where a further one exists; pages before it were followed by the one after.

    So too where the server counts more results than all pages of the key hold.
    """
    own = [page for page in pages if page.part == part.key]
    if not own:
        yield from [Page(part.key, place_of(part))] if part.unread else ()
        return
    last_place = place_of(part, len(part.pages) - 1)
    last = [page for page in own if page.at.startswith(last_place)]
    unread = [page for page in last if page.unread]
    yield from unread
    counted = max((page.total for page in own if page.total is not None), default=0)
    if not unread and (part.unread or counted > sum(page.count for page in own)):
        yield own[-1]
