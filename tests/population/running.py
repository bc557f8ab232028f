"""Runs a screening as tests need it: silently, on a fixed day."""

from datetime import date
from pathlib import Path
from typing import Any

from service.knowledge.load import load_pack
from service.population.request import Request
from service.population.screening import screen

AS_OF = date(2026, 11, 21)
PACK = load_pack()


class Silent:
    """Tells nobody."""

    def begin(self, what: str, total: int | None = None) -> None:
        """Say nothing."""

    def advance(self, patients: int) -> None:
        """Say nothing."""


def run(given: Path, out: Path, **more: Any) -> dict[str, Any]:
    """Screen and return the summary."""
    request = Request(given, out, AS_OF, AS_OF, **{"most_rejected": 0.2, **more})
    return screen(request, PACK, Silent())
