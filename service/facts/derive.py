"""From a profile to facts, as facts.yaml declares them: one function per kind, and no fact has code of its own."""

from datetime import date

from schemas.profile import Profile
from service.facts import from_lists, from_values
from service.facts.deriving import Deriving
from service.facts.entries import read_entries
from service.facts.model import NOT_USED, Facts, Gap
from service.knowledge.model import Pack

KINDS = {**from_lists.KINDS, **from_values.KINDS}


def derive(profile: Profile, pack: Pack, as_of: date) -> Facts:
    """Return every declared fact of the patient on the day `as_of`."""
    entries = read_entries(profile, pack.vocabulary)
    facts = Facts(unrecognised=entries.unrecognised, quality=entries.quality)
    deriving = Deriving(profile, pack, as_of, entries, facts)
    for declaration in pack.facts.values():
        facts.by_id[declaration.id] = KINDS[declaration.kind](declaration, deriving)
    _not_used(profile, facts)
    return facts


def _not_used(profile: Profile, facts: Facts) -> None:
    """Say what was supplied and plays no part: nothing that came in is lost without a word."""
    if profile.kidney.cystatin_c is not None and profile.kidney.creatinine is None:
        detail = "Cystatin C is used together with creatinine only, and there is none."
        facts.quality.append(Gap(NOT_USED, "/kidney/cystatin_c", detail))
