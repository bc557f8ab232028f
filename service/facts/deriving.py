"""What a derivation may look at, and the shape of one."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

from schemas.profile import Profile
from service.facts.entries import Entries
from service.facts.model import Fact, Facts
from service.knowledge.model import FactDeclaration, Pack


@dataclass
class Deriving:
    """One profile, one pack, one day; facts are gathered as they are derived, in the order of facts.yaml."""

    profile: Profile
    pack: Pack
    as_of: date
    entries: Entries
    facts: Facts

    def stated(self, path: str) -> Any:
        """Return the profile's member at a dotted path such as kidney.dialysis."""
        found: Any = self.profile
        for name in path.split("."):
            found = getattr(found, name)
        return found


Derive = Callable[[FactDeclaration, Deriving], Fact]


def pointer(path: str) -> str:
    """Return the JSON pointer of a dotted path."""
    return "/" + path.replace(".", "/")
