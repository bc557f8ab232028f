"""What a flag rests on, by claim: the passage in its paragraph where the documents are at hand, else our paraphrase.

Around a passage stands only what the passage itself may be: no amount, no schedule, no order, no figure.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from service.knowledge.model import Claim, Location
from service.presenters.passages import Passages, Quote, Span


@dataclass(frozen=True, slots=True)
class Place:
    """Where a claim stands: in a document (offsets, and its words if they may be shown), or in a reference."""

    document: str
    section: str
    start: int | None = None
    end: int | None = None
    quote: Quote | None = None
    what: str = ""
    address: str = ""
    link: str | None = None
    tier: str = ""


@dataclass(frozen=True, slots=True)
class Support:
    """One claim as a rule uses it: our paraphrase, whether it speaks for or against, and where it stands."""

    claim: str
    stance: str
    statement: str
    places: tuple[Place, ...]

    @property
    def is_contrast(self) -> bool:
        """Whether it is of the other side."""
        return self.stance == "contrasts"


class Library:
    """The documents as far as they are at hand, and which parts of them no claim may show."""

    def __init__(self, passages: Passages, claims: Iterable[Claim] = ()) -> None:
        self._passages = passages
        self._hidden: dict[str, list[Span]] = {}
        for claim in claims:
            for at in claim.locations if claim.statement is None else ():
                self._hidden.setdefault(at.document, []).append((at.start, at.end))
        self._quotes: dict[Location, Quote | None] = {}

    def quoted(self, at: Location) -> Quote | None:
        """Return the passage in its paragraph, or None."""
        if at not in self._quotes:
            self._quotes[at] = self._passages.quoted(at, self._hidden.get(at.document, ()))
        return self._quotes[at]


def supports(sources: Iterable[Mapping[str, Any]], library: Library | None = None) -> tuple[Support, ...]:
    """Return the sources of a flag or rule by claim, those that contrast after those that support."""
    found: dict[str, list[Mapping[str, Any]]] = {}
    for source in sources:
        found.setdefault(source["claim"], []).append(source)
    made = [_support(claim, rows, library or Library(Passages())) for claim, rows in found.items()]
    return tuple(sorted(made, key=lambda support: support.is_contrast))


def _support(claim: str, rows: list[Mapping[str, Any]], library: Library) -> Support:
    places = tuple(_place(row, library) for row in rows)
    return Support(claim, rows[0]["stance"], rows[0]["statement"] or "", places)


def _place(row: Mapping[str, Any], library: Library) -> Place:
    address = str(row.get("address") or "")
    return Place(
        document=row["document"], section=row["section"] or "", start=_offset(row["start"]), end=_offset(row["end"]),
        quote=_quote(row, library), what=row.get("what") or "", address=address, link=web_link(address),
        tier=row.get("tier") or "",
    )  # fmt: skip


def _offset(value: Any) -> int | None:
    return None if value is None else int(value)


def _quote(row: Mapping[str, Any], library: Library) -> Quote | None:
    """Return the passage in its paragraph; as it was kept with the answer where the documents are gone since."""
    if row["start"] is None:
        return None
    at = Location(row["document"], int(row["start"]), int(row["end"]), row["sha256"], row["section"] or "")
    quote = library.quoted(at)
    return quote or (Quote("", row["passage"], "") if row["passage"] else None)


def web_link(address: str | None) -> str | None:
    """Return an address that may stand in a link; of any other only the words are shown."""
    return address if address and address.startswith(("https://", "http://")) else None
