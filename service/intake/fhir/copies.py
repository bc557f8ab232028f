"""Of two copies of one resource: which is the newer, or that nothing says it.

Source: FHIR R4 (4.0.1), Resource.meta (versionId, lastUpdated).
"""

from collections.abc import Mapping
from typing import Any

from service.intake.fhir.codes import moment_of, word_of
from service.intake.fhir.located import Located

LONGEST_VERSION = 40


def is_newer(found: Located, earlier: Located) -> bool | None:
    """Whether the later of two copies counts: the newer version; None where they differ and nothing says which it is.

    A draft never stands in place of the record that it would change: until it is signed, that one holds.
    """
    is_same = _said(found) == _said(earlier)
    if found.is_draft != earlier.is_draft:
        return found.is_draft if is_same else None
    new, old = _version(found), _version(earlier)
    if new[0] is not None and old[0] is not None and new[0] != old[0]:
        return new[0] > old[0]
    if new[1] and old[1] and new[1] != old[1]:
        return new[1] > old[1]
    return False if is_same else None


def _said(found: Located) -> Mapping[str, Any]:
    """Return what a resource says, without what says it again for people or tells of its storage."""
    return {name: value for name, value in found.resource.items() if name not in ("meta", "text")}


def _version(found: Located) -> tuple[int | None, str]:
    meta = found.resource.get("meta")
    if not isinstance(meta, dict):
        return None, ""
    said = word_of(meta.get("versionId"))
    number = int(said) if said.isascii() and said.isdigit() and len(said) < LONGEST_VERSION else None
    return number, moment_of(meta.get("lastUpdated"))
