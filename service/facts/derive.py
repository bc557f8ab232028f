"""From a profile to facts, as facts.yaml declares them: one function per kind, and no fact has code of its own."""

from datetime import date
from itertools import chain

from schemas.profile import Profile
from service.facts import from_lists, from_values
from service.facts.deriving import Deriving
from service.facts.entries import gaps_of, read_entries
from service.facts.model import Facts
from service.knowledge.model import Pack

KINDS = {**from_lists.KINDS, **from_values.KINDS}


def derive(profile: Profile, pack: Pack, as_of: date) -> Facts:
    """Return every declared fact of the patient on the day `as_of`."""
    entries = read_entries(profile, pack.vocabulary)
    facts = Facts(unrecognised=entries.unrecognised, quality=entries.quality)
    # Said also where no rule waits for it: what a record leaves open is never silent.
    facts.quality += gaps_of((*profile.notes, *chain.from_iterable(profile.open.values())))
    deriving = Deriving(profile, pack, as_of, entries, facts)
    for declaration in pack.facts.values():
        facts.by_id[declaration.id] = KINDS[declaration.kind](declaration, deriving)
    return facts
