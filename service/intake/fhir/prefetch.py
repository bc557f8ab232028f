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
FEEDS_OF_KEY = {
    "patient": ("patient.birth_date", "patient.sex"), "conditions": ("conditions",), "kidney": KIDNEY,
    "electrolytes": LABS, "medrequests": MEDICINES, "medstatements": MEDICINES, "nutrition": ("diet.foods",),
}  # fmt: skip
# No rule waits for these: that they are absent says nothing, and only an error is told.
OPTIONAL = ("allergies", "procedures")
NOT_GIVEN = {
    ABSENT: ("key_absent", "The EHR did not send {key}."),
    NULL: ("key_null", "The EHR sent null for {key}, which may mean none or not asked."),
    ERROR: ("key_error", "The EHR sent an error instead of {key}."),
    FAILED: ("fetch_failed", "The FHIR server could not be asked for {key}."),
    LATE: ("fetch_late", "The FHIR server did not answer in time for {key}."),
}


def place_of(part: Part, page: int = 0) -> str:
    """Return the JSON pointer of a page: of what the client sent where it is that, else of our own reading."""
    root = "fetched" if part.fetched else "prefetch"
    return f"/{root}/{part.key}/{page}" if len(part.pages) > 1 else f"/{root}/{part.key}"


def why_not_given(part: Part) -> Open | None:
    """Return why a key brought nothing; None where it was given, or where its absence says nothing."""
    if part.state == GIVEN or (part.key in OPTIONAL and part.state in (ABSENT, NULL)):
        return None
    reason, told = NOT_GIVEN[part.state]
    return Open(reason, f"/prefetch/{part.key}", part.detail or told.format(key=part.key))


def unread_pages(part: Part, pages: Sequence[Page]) -> Iterator[Page]:
    """Yield the last page of a key where a further one exists; pages before it were followed by the one after."""
    own = [page for page in pages if page.part == part.key]
    if not own:
        yield from [Page(part.key, place_of(part))] if part.unread else ()
        return
    last_place = place_of(part, len(part.pages) - 1)
    last = [page for page in own if page.at.startswith(last_place)]
    yield from (page for page in last if page.unread)
    if part.unread and not any(page.unread for page in last):
        yield own[-1]
