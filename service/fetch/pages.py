"""The pages of one prefetch key, read one after the other; after each, what is known so far."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from schemas.hook import ERROR, FAILED, GIVEN, LATE, Part
from schemas.problem import Refused
from service.fetch.guard import allowed, same_origin
from service.fetch.wire import FetchFailed, TooLate, bearer

TOO_LARGE = 413
SCHEME = re.compile("[a-z][a-z0-9+.-]*:", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Source:
    """Whom one call may ask, and with what: its FHIR server, what the client's file allows, and the token."""

    base: str
    bases: tuple[str, ...]
    token: str | None = field(repr=False)

    def address(self, link: str) -> str:
        """Return the whole address of a relative query or link; one that is whole stays as it is."""
        return link if SCHEME.match(link) else f"{self.base.rstrip('/')}/{link}"

    def may_ask(self, url: str) -> bool:
        """Say whether an address is allowed, and on the server that the token is for."""
        return allowed(url, self.bases) and same_origin(url, self.base)

    def headers(self) -> dict[str, str]:
        """Return what each request carries."""
        return {"Accept": "application/fhir+json"} | (bearer(self.token) if self.token is not None else {})


@dataclass(frozen=True, slots=True)
class Reader:
    """How pages are read: `get` gives the bytes at an address, at most so many; `parse` their data."""

    get: Callable[[str, int], bytes]
    parse: Callable[[bytes], Any]
    address: Callable[[str], str]
    most_pages: int
    most_bytes: int

    def grow(self, part: Part, url: str) -> Iterator[Part]:
        """Yield the part each time more of it is known, from the page at `url` to its last, or to a limit.

        `most_bytes` counts all pages of the key that are read here, `most_pages` also those that were given.
        """
        seen: set[str] = set()
        left = self.most_bytes
        while len(part.pages) < self.most_pages:
            seen.add(url)
            try:
                body = self.get(url, left)
                page = self._resource(body)
            except FetchFailed as failed:
                yield _ended(part, failed)
                return
            left -= len(body)
            link = next_link(page)
            part = _with(part, page, is_last=link is None)
            yield part
            if link is None:
                return
            url = self.address(link)
            if url in seen:
                yield replace(part, detail=f"The FHIR server's pages of {part.key} lead back to each other.")
                return
        yield replace(part, detail=f"There are more pages of {part.key} than the {self.most_pages} that are read.")

    def _resource(self, body: bytes) -> Any:
        """Return the resource that a body holds."""
        try:
            page = self.parse(body)
        except Refused as refused:
            told = "is more than can be read" if refused.status == TOO_LARGE else "is not JSON that can be read"
            raise FetchFailed(f"sent what {told}") from None
        kind = page.get("resourceType") if isinstance(page, dict) else None
        if not isinstance(kind, str):
            raise FetchFailed("sent what is not a FHIR resource")
        if kind == "OperationOutcome":
            raise Outcome
        return page


class Outcome(FetchFailed):
    """The server answered 200, with an OperationOutcome instead of data."""

    def __init__(self) -> None:
        super().__init__("answered with an OperationOutcome instead of data")


def late(key: str) -> Part:
    """Return what is known of a key before anything came."""
    return Part(key, LATE, detail=f"The FHIR server did not answer in time for {key}.")


def next_link(page: Any) -> str | None:
    """Return where the page after this one is (Bundle.link with relation `next`), or None if this is the last."""
    links = page.get("link") if isinstance(page, dict) else None
    for link in links if isinstance(links, list) else ():
        if isinstance(link, dict) and link.get("relation") == "next" and isinstance(link.get("url"), str):
            return str(link["url"])
    return None


def _with(part: Part, page: Any, *, is_last: bool) -> Part:
    """Return the part with one page more. What is said of a further page holds until it is read."""
    detail = "" if is_last else f"Not every page of {part.key} was read in time."
    pages = (*part.pages, page)
    return replace(part, state=GIVEN, pages=pages, unread=not is_last, detail=detail, fetched=True)


def _ended(part: Part, failed: FetchFailed) -> Part:
    """Return what is known when a page could not be had: the pages before it stay."""
    if part.pages:
        return replace(part, unread=True, detail=f"The FHIR server {failed} for a further page of {part.key}.")
    state = LATE if isinstance(failed, TooLate) else ERROR if isinstance(failed, Outcome) else FAILED
    return replace(part, state=state, detail=f"The FHIR server {failed} for {part.key}.")
