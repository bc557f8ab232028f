"""What a derivation may look at, and the shape of one."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

from schemas.profile import Profile
from service.facts.entries import Entries, gaps_of
from service.facts.model import Fact, Facts, Gap
from service.knowledge.model import FactDeclaration, Pack

SNOMED = "http://snomed.info/sct"
# The name under which rules/vocabulary knows it.
DIALYSIS = "dialysis"


@dataclass
class Deriving:
    """One profile, one pack, one day; facts are gathered as they are derived, in the order of facts.yaml."""

    profile: Profile
    pack: Pack
    as_of: date
    entries: Entries
    facts: Facts

    @cached_property
    def open_elsewhere(self) -> tuple[tuple[frozenset[str], Gap], ...]:
        """Return what is open beside the list of conditions, each with the classes of conditions that it may hold."""
        left_open = self.profile.open
        if left_open.keys().isdisjoint(("procedures", DIALYSIS)):
            return ()
        concepts = self.pack.vocabulary.concepts
        dialysis = concepts[DIALYSIS].classes if DIALYSIS in concepts else frozenset()
        kinds = (("procedures", procedure_classes(self.pack)), (DIALYSIS, dialysis))
        return tuple((asked, gap) for name, asked in kinds for gap in gaps_of(left_open.get(name, ())))

    def stated(self, path: str) -> Any:
        """Return the profile's member at a dotted path such as kidney.dialysis."""
        found: Any = self.profile
        for name in path.split("."):
            found = getattr(found, name)
        return found


def procedure_classes(pack: Pack) -> frozenset[str]:
    """Return the classes of everything that a procedure may say somebody has."""
    decoded = (pack.vocabulary.decode(SNOMED, code) for code in pack.terms.procedure_codes)
    return frozenset().union(*(concept.classes for concept in decoded if concept))


Derive = Callable[[FactDeclaration, Deriving], Fact]


def pointer(path: str) -> str:
    """Return the JSON pointer of a dotted path."""
    return "/" + path.replace(".", "/")
