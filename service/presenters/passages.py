"""The documents' own words, where this deployment has the documents and the hash agrees."""

import hashlib
import re
from pathlib import Path

from service.knowledge.dose_guard import dose_in
from service.knowledge.model import Location

# The articles' percentages and durations cannot be traced to a study, so they are never shown.
_NUMBER = r"(?:\d+|two|three|four|five|six|seven|eight|nine|ten|twelve)"
_FIGURE = re.compile(
    rf"\d\s?(?:%|per\s?cent)|\b{_NUMBER}[\s-]+(?:days?|weeks?|months?|years?|patients?)\b", re.IGNORECASE
)


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
        return None if passage is None or dose_in(passage) or _FIGURE.search(passage) else passage
