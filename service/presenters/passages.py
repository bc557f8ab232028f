"""The documents' own words, where this deployment has the documents and the hash agrees."""

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from service.knowledge.dose_guard import dose_in
from service.knowledge.model import Location

# The articles' percentages and durations cannot be traced to a study, so they are never shown.
_NUMBER = r"(?:\d+|two|three|four|five|six|seven|eight|nine|ten|twelve)"
_FIGURE = re.compile(
    rf"\d\s?(?:%|per\s?cent)|\b{_NUMBER}[\s-]+(?:days?|weeks?|months?|years?|patients?)\b", re.IGNORECASE
)

Span = tuple[int, int]
# A sentence with the space behind it; what is left at an end counts as one.
_SENTENCE = re.compile(r".+?(?:[.!?]+(?:\s+|$)|$)", re.DOTALL)
WITHHELD = " […] "


@dataclass(frozen=True, slots=True)
class Quote:
    """A passage, and what stands before and after it in its paragraph as far as that may be shown."""

    before: str
    passage: str
    after: str


class Passages:
    """Looks passages up in a folder of documents; without a folder there are none."""

    def __init__(self, folder: Path | None = None) -> None:
        self._texts: dict[str, str] = {}
        for file in sorted(folder.glob("*.txt")) if folder else ():
            self._texts[file.name] = file.read_bytes().decode("utf-8", "replace")

    @property
    def available(self) -> bool:
        """Whether any document is at hand."""
        return bool(self._texts)

    def has(self, document: str) -> bool:
        """Say whether a document is at hand."""
        return document in self._texts

    def words(self, location: Location) -> str | None:
        """Return the passage; None if the document is not at hand or its hash differs."""
        text = self._texts.get(location.document)
        if text is None:
            return None
        passage = text[location.start : location.end]
        agrees = hashlib.sha256(passage.encode()).hexdigest() == location.sha256
        return passage if agrees else None

    def shown(self, location: Location) -> str | None:
        """Return the passage as it may be shown: not where it holds an amount, a schedule, an order or a figure."""
        passage = self.words(location)
        return passage if passage is not None and _may_be_shown(passage) else None

    def quoted(self, location: Location, hidden: Iterable[Span] = ()) -> Quote | None:
        """Return the passage inside its paragraph (a line of its document), or None where it may not be shown.

        Sentences around it that may not be shown are withheld, and that is visible: those with an amount, a schedule,
        an order or a figure, and those that `hidden` parts of the document touch.
        """
        passage = self.shown(location)
        if passage is None:
            return None
        text, spans = self._texts[location.document], tuple(hidden)
        start = text.rfind("\n", 0, location.start) + 1
        end = text.find("\n", location.end)
        before = _allowed(text, (start, location.start), spans)
        after = _allowed(text, (location.end, len(text) if end < 0 else end), spans)
        return Quote(before, passage, after) if _may_be_shown(f"{before}{passage}{after}") else Quote("", passage, "")


def _may_be_shown(text: str) -> bool:
    return not (dose_in(text) or _FIGURE.search(text))


def _allowed(text: str, around: Span, hidden: Iterable[Span]) -> str:
    """Return what stands around a passage, with a mark for each run of sentences that may not be shown."""
    said: list[str] = []
    for found in _SENTENCE.finditer(text, *around):
        is_hidden = any(start < found.end() and found.start() < end for start, end in hidden)
        shown = found.group() if not is_hidden and _may_be_shown(found.group()) else WITHHELD
        if shown != WITHHELD or not said or said[-1] != WITHHELD:
            said.append(shown)
    return "".join(said)
