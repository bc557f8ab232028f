"""Unpacks what was sent into resources, each once, with where it stood; and finds what a reference points to.

Sources: FHIR R4 (4.0.1), Bundle (entry, fullUrl, link) and references (literal, contained, absolute, versioned).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from schemas.problem import Problem, Refused
from schemas.profile import Open
from service.intake.fhir.codes import moment_of, objects, reference_of, word_of
from service.intake.fhir.located import Located

MOST_RESOURCES = 20_000
LONGEST_TYPE, LONGEST_URN = 40, 64
DRAFTS = "draftOrders"
PATIENT = "Patient"
READ = frozenset(
    (
        PATIENT, "Condition", "Procedure", "AllergyIntolerance", "Observation", "MedicationRequest",
        "MedicationStatement", "NutritionOrder", "NutritionIntake",
    )
)  # fmt: skip
# These are read only where another resource refers to them.
REFERRED = frozenset(("Medication", "Substance", "NutritionProduct"))
KEPT = READ | REFERRED
REMARKS = frozenset(("information", "warning", "success"))
# A place that is no reference: what stands there cannot be named.
UNNAMED = "at:"


@dataclass(slots=True)
class Page:
    """One Bundle, list or bare resource; `unread` says that the server has a further page, which is not here."""

    part: str
    at: str
    unread: bool = False
    newest_first: bool = False
    found: list[Located] = field(default_factory=list)


class Chart:
    """Everything that was sent about one patient.

    `kept` holds each resource that is read once, by "Type/id" where it has one; `others` those whose type is not read;
    `told` what was skipped, with the part it came in; `orders` the drafts, in order.
    """

    def __init__(self) -> None:
        self.kept: dict[str, Located] = {}
        self.others: list[Located] = []
        self.pages: list[Page] = []
        self.told: list[tuple[str, Open]] = []
        self.orders: list[Located] = []
        self.not_read: dict[str, int] = {}
        self._by_url: dict[str, str] = {}
        self._count = 0

    def add(self, data: Any, at: str, part: str = "") -> None:
        """Unpack a Bundle of any type or none, a bare resource, or a list of these."""
        if isinstance(data, list):
            page = self._page(part, at)
            for index, each in enumerate(data):
                self._take(each, f"{at}/{index}", page, None)
        elif isinstance(data, dict) and data.get("resourceType") == "Bundle":
            self._bundle(data, at, part)
        else:
            self._take(data, at, self._page(part, at), None)

    def resolve(self, reference: str, within: Located) -> Located | None:
        """Return what a reference points to, or None where it is not here (Resolve)."""
        if reference.startswith("#"):
            return _contained(reference[1:], within)
        key = self._by_url.get(reference) or (reference if reference in self.kept else type_and_id(reference))
        return self.kept.get(key) if key else None

    def _page(self, part: str, at: str) -> Page:
        page = Page(part, at)
        self.pages.append(page)
        return page

    def _bundle(self, bundle: Mapping[str, Any], at: str, part: str) -> None:
        page = self._page(part, at)
        for link in objects(bundle.get("link")):
            page.unread = page.unread or link.get("relation") == "next"
            page.newest_first = page.newest_first or "_sort=-date" in word_of(link.get("url"))
        entries = bundle.get("entry")
        if not isinstance(entries, list):
            if entries is not None:
                self._skip(page, f"{at}/entry", "The entries of this Bundle are not a list.")
            return
        for index, entry in enumerate(entries):
            if isinstance(entry, dict) and "resource" in entry:
                self._take(entry["resource"], f"{at}/entry/{index}/resource", page, entry.get("fullUrl"))
            else:
                self._skip(page, f"{at}/entry/{index}", "This entry of a Bundle holds no resource.")

    def _take(self, resource: Any, at: str, page: Page, url: Any) -> None:
        self._count += 1
        if self._count > MOST_RESOURCES:
            told = f"This holds more than {MOST_RESOURCES} resources."
            raise Refused(422, [Problem(at, told, "Send what is current only.")])
        kind = resource.get("resourceType") if isinstance(resource, dict) else None
        if not isinstance(kind, str):
            self._skip(page, at, "This is no resource: it is not an object with a resourceType.")
        elif kind in KEPT:
            self._keep(resource, kind, at, page, url)
        elif kind == "Bundle":
            self._bundle(resource, at, page.part)
        elif kind == "OperationOutcome":
            self._outcome(resource, at, page)
        elif len(kind) <= LONGEST_TYPE and kind.isascii() and kind.isalpha():
            self._other(resource, kind, at, page)
        else:
            self._skip(page, at, "This resource has no type that FHIR knows.")

    def _keep(self, resource: dict[str, Any], kind: str, at: str, page: Page, url: Any) -> None:
        known = resource.get("id")
        reference = reference_of(resource)
        if isinstance(known, str) and known:
            key = f"{kind}/{known}"
        else:
            key = _key_of_url(url, kind) or UNNAMED + at
            reference = url if isinstance(url, str) and key == url and len(url) <= LONGEST_URN else None
        found = Located(resource, at, reference, page.part)
        page.found.append(found)
        if page.part == DRAFTS:
            self.orders.append(found)
        if isinstance(url, str):
            self._by_url[url] = key
        earlier = self.kept.get(key)
        if earlier is None or _replaces(found, earlier):
            self.kept[key] = found

    def _other(self, resource: dict[str, Any], kind: str, at: str, page: Page) -> None:
        self.not_read[kind] = self.not_read.get(kind, 0) + 1
        is_order = page.part == DRAFTS
        found = Located(resource, at, reference_of(resource) if is_order else None, page.part)
        self.others.append(found)
        if is_order:
            self.orders.append(found)

    def _outcome(self, resource: Mapping[str, Any], at: str, page: Page) -> None:
        """Servers add remarks to what they found; anything worse than a remark stands instead of data."""
        severities = {word_of(issue.get("severity")) for issue in objects(resource.get("issue"))}
        if severities and severities <= REMARKS:
            self.told.append(("", Open("skipped", at, "The server added a remark (OperationOutcome); it is not read.")))
        else:
            self.told.append((page.part, Open("key_error", at, "An error stands here instead of data.")))

    def _skip(self, page: Page, at: str, detail: str) -> None:
        self.told.append((page.part, Open("skipped", at, detail)))


def unpack(data: Any) -> Chart:
    """Return everything in a Bundle, a bare resource, or a list; raise Refused (422) where it is none of these."""
    if not (isinstance(data, list) or (isinstance(data, dict) and isinstance(data.get("resourceType"), str))):
        raise Refused(422, [Problem("", "This is no FHIR resource.", "Send a Bundle, a resource or a list of them.")])
    chart = Chart()
    chart.add(data, "")
    return chart


def type_and_id(reference: str) -> str | None:
    """Return "Type/id" of a relative or absolute reference, with or without a version; None where it has neither."""
    parts = reference.rsplit("/", 4)
    if parts[-2:-1] == ["_history"]:
        parts = parts[:-2]
    if len(parts) == 1 or not parts[-1]:
        return None
    kind, known = parts[-2:]
    return f"{kind}/{known}" if kind.isalpha() and kind[0].isupper() else None


def _key_of_url(url: Any, kind: str) -> str | None:
    """Return the key of a resource without an id: its fullUrl, or the end of it where that is "Type/id"."""
    if not isinstance(url, str) or not url:
        return None
    ending = type_and_id(url)
    return ending if ending and ending.startswith(f"{kind}/") else url


def _contained(known: str, within: Located) -> Located | None:
    for index, resource in enumerate(objects(within.resource.get("contained"))):
        if known and resource.get("id") == known:
            reference = f"{within.reference}#{known}" if within.reference else None
            return replace(within, resource=resource, at=f"{within.at}/contained/{index}", reference=reference)
    return None


def _replaces(found: Located, earlier: Located) -> bool:
    """Whether the later of two copies counts: a draft before what it changes, else the newer version."""
    if found.is_draft != earlier.is_draft:
        return found.is_draft
    new, old = _version(found), _version(earlier)
    if new[0] is not None and old[0] is not None and new[0] != old[0]:
        return new[0] > old[0]
    return new[1] > old[1]


def _version(found: Located) -> tuple[int | None, str]:
    meta = found.resource.get("meta")
    if not isinstance(meta, dict):
        return None, ""
    said = word_of(meta.get("versionId"))
    number = int(said) if said.isascii() and said.isdigit() and len(said) < LONGEST_TYPE else None
    return number, moment_of(meta.get("lastUpdated"))
