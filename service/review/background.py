"""What a page shows of an advisory beyond its answer: the advisory evaluated again with the rules of its own day."""

from dataclasses import dataclass, field

from schemas.profile import Profile
from service.assess import Advisory
from service.facts.model import Facts
from service.presenters.passages import Passages


@dataclass(frozen=True, slots=True)
class Background:
    """The profile as it was understood, the facts drawn from it, and the advisory with every rule not raised.

    `advisory.pack` is the pack that answered then, which need not be the one that answers now. Where these rules are
    no longer at hand, or this version of magflag reads the input differently, the answer that was kept still stands:
    `is_same` says whether evaluating again gave exactly the flags that were kept. `passages` are the documents, as far
    as they are at hand.
    """

    profile: Profile
    facts: Facts
    advisory: Advisory
    is_same: bool
    passages: Passages = field(default_factory=Passages)
