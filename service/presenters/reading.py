"""What a kept advisory was made of, read again: for what the screen shows beyond the answer itself.

The answer on the screen is always the one that was kept. Only what explains it comes from here: which clauses hold,
what a value was converted to, older results, and why other rules were not raised.
"""

from dataclasses import dataclass

from schemas.profile import Profile
from service.assess import Advisory
from service.facts.entries import Entries, read_entries
from service.facts.model import Facts
from service.knowledge.model import Pack


@dataclass(frozen=True)
class Reading:
    """The profile of an advisory, its entries as understood, its facts, and the same advisory explained.

    `is_same` is False where this version of magflag answers otherwise than it did when the answer was kept.
    """

    profile: Profile
    entries: Entries
    facts: Facts
    advisory: Advisory
    is_same: bool = True

    @property
    def pack(self) -> Pack:
        """The rules of that day."""
        return self.advisory.pack


def reading_of(profile: Profile, facts: Facts, advisory: Advisory, is_same: bool) -> Reading:
    """Return a reading, with the entries of the profile as understood."""
    return Reading(profile, read_entries(profile, advisory.pack.vocabulary), facts, advisory, is_same)
