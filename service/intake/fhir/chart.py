"""Unpacks what was sent into resources, each once, with where it stood; and finds what a reference points to.

Sources: FHIR R4 (4.0.1), Bundle (entry, fullUrl, link) and references (literal, contained, absolute, versioned).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from schemas.problem import Problem, Refused
from schemas.profile import Open
from service.intake.fhir.addresses import are_apart, key_of_url, type_and_id
from service.intake.fhir.codes import objects, reference_of, word_of
from service.intake.fhir.copies import is_newer
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
# What a remark may say that makes the answer less than all there is (FHIR R4, issue-type).
CUT_SHORT = frozenset(("incomplete", "timeout", "too-costly", "throttled", "transient", "exception"))
# Entries of a searchset that are not what was searched for, and links to pages beside this one.
BESIDE = frozenset(("include", "outcome"))
PAGED = frozenset(("next", "previous", "prev"))
COPIES_DIFFER = "Two copies of one record differ, and nothing says which is the newer: both are taken into account."
# A place that is no reference: what stands there cannot be named.
UNNAMED = "at:"


@dataclass(slots=True)
class Page:
    """One Bundle, list or bare resource; `unread` says that the server has a further page, which is not here.

    `total` is how many results the server counts, None where it does not say, and `count` how many are here; `paged`
    says that there are pages beside this one. `kinds` are the types of all resources in it.
    """

    part: str
    at: str
    unread: bool = False
    newest_first: bool = False
    total: int | None = None
    count: int = 0
    paged: bool = False
    found: list[Located] = field(default_factory=list)
    kinds: set[str] = field(default_factory=set)

    @property
    def is_short(self) -> bool:
        """Whether the server counts more than it sent, with no further page: it counted only, or held some back."""
        return not self.paged and self.total is not None and self.total > self.count


class Chart:
    """Everything that was sent about one patient.

    `kept` holds each resource that is read once, by "Type/id" where it has one; `others` those whose type is not read;
    `told` what was skipped, with the page that lacks it, None where nothing is lacking; `orders` the drafts, in order.
    `changed` holds, by the place of a draft, the record that it would change; `unlike` the copies of a Patient that
    differ from the one kept; `urls` where a resource is, by its key, as far as a Bundle says it.
    """

    def __init__(self) -> None:
        self.kept: dict[str, Located] = {}
        self.others: list[Located] = []
        self.pages: list[Page] = []
        self.told: list[tuple[Page | None, Open]] = []
        self.orders: list[Located] = []
        self.changed: dict[str, Located] = {}
        self.unlike: list[Located] = []
        self.urls: dict[str, str] = {}
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
            page.paged = page.paged or link.get("relation") in PAGED
        entries, total = bundle.get("entry"), bundle.get("total")
        page.total = total if isinstance(total, int) and not isinstance(total, bool) else None
        if not isinstance(entries, list):
            if entries is not None:
                self._skip(page, f"{at}/entry", "The entries of this Bundle are not a list.")
            return
        for index, entry in enumerate(entries):
            if isinstance(entry, dict) and "resource" in entry:
                page.count += _is_result(entry)
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
            return
        page.kinds.add(kind)
        if kind in KEPT:
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
            key = key_of_url(url, kind) or UNNAMED + at
            reference = url if isinstance(url, str) and key == url and len(url) <= LONGEST_URN else None
        found = Located(resource, at, reference, page.part)
        page.found.append(found)
        if page.part == DRAFTS:
            self.orders.append(found)
        self._place(found, key, url if isinstance(url, str) else "", page)

    def _place(self, found: Located, key: str, url: str, page: Page) -> None:
        """Keep a resource; two copies that differ are both kept unless a version says which is the newer."""
        earlier = self.kept.get(key)
        if earlier is not None and are_apart(url, self.urls.get(key, "")):
            earlier, key = self.kept.get(url), url
        if url:
            self._by_url[url] = key
            self.urls.setdefault(key, url)
        newer = earlier is None or is_newer(found, earlier)
        if newer:
            self.kept[key] = found
        elif newer is None and earlier is not None:
            self._keep_both(found, earlier, page)

    def _keep_both(self, found: Located, earlier: Located, page: Page) -> None:
        if found.is_draft and not earlier.is_draft:
            self.changed[found.at] = earlier
        else:
            referred = found.type in REFERRED
            self.told.append((page if referred else None, Open("conflict", found.at, COPIES_DIFFER)))
        if found.type == PATIENT:
            self.unlike.append(found)
        elif found.type not in REFERRED:
            self.kept[UNNAMED + found.at] = found

    def _other(self, resource: dict[str, Any], kind: str, at: str, page: Page) -> None:
        self.not_read[kind] = self.not_read.get(kind, 0) + 1
        is_order = page.part == DRAFTS
        found = Located(resource, at, reference_of(resource) if is_order else None, page.part)
        self.others.append(found)
        if is_order:
            self.orders.append(found)

    def _outcome(self, resource: Mapping[str, Any], at: str, page: Page) -> None:
        """Servers add remarks to what they found; anything worse than a remark stands instead of data."""
        issues = objects(resource.get("issue"))
        if issues and all(_is_remark(issue) for issue in issues):
            told = "The server added a remark (OperationOutcome); it is not read."
            self.told.append((None, Open("skipped", at, told)))
        else:
            self.told.append((page, Open("key_error", at, "An error stands here instead of data.")))

    def _skip(self, page: Page, at: str, detail: str) -> None:
        self.told.append((page, Open("skipped", at, detail)))


def unpack(data: Any) -> Chart:
    """Return everything in a Bundle, a bare resource, a list, or Parameters; raise Refused (422) otherwise."""
    if not (isinstance(data, list) or (isinstance(data, dict) and isinstance(data.get("resourceType"), str))):
        raise Refused(422, [Problem("", "This is no FHIR resource.", "Send a Bundle, a resource or a list of them.")])
    chart = Chart()
    for at, each in _wrapped(data) or [("", data)]:
        chart.add(each, at)
    return chart


def _wrapped(data: Any) -> list[tuple[str, Any]]:
    """Return the resources in Parameters, in which FHIR lets a client send what an operation takes (R4, Operations)."""
    if not isinstance(data, dict) or data["resourceType"] != "Parameters":
        return []
    given = data.get("parameter")
    listed = enumerate(given if isinstance(given, list) else [])
    return [(f"/parameter/{at}/resource", each["resource"]) for at, each in listed if _holds_resource(each)]


def _holds_resource(parameter: Any) -> bool:
    return isinstance(parameter, dict) and isinstance(parameter.get("resource"), dict)


def _contained(known: str, within: Located) -> Located | None:
    for index, resource in enumerate(objects(within.resource.get("contained"))):
        if known and resource.get("id") == known:
            reference = f"{within.reference}#{known}" if within.reference else None
            return within._replace(resource=resource, at=f"{within.at}/contained/{index}", reference=reference)
    return None


def _is_result(entry: Mapping[str, Any]) -> bool:
    """Whether an entry of a searchset counts in its total: not what was included with it, nor a remark."""
    resource, search = entry["resource"], entry.get("search")
    mode = search.get("mode") if isinstance(search, dict) else None
    return mode not in BESIDE and isinstance(resource, dict) and resource.get("resourceType") != "OperationOutcome"


def _is_remark(issue: Mapping[str, Any]) -> bool:
    return word_of(issue.get("severity")) in REMARKS and word_of(issue.get("code")) not in CUT_SHORT
