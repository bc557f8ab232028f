"""What the FHIR resources we write have in common: names of ours, ids, references, extensions (R4, 4.0.1)."""

import re
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

from schemas.canonical import CANONICAL

Plain = dict[str, Any]

NAMESPACE = uuid5(NAMESPACE_URL, CANONICAL)
# Of an absolute, relative or versioned reference, the type of what it points to.
_TYPE = re.compile(r"(?:^|/)([A-Z][A-Za-z]+)/[A-Za-z0-9.-]{1,64}(?:/_history/[A-Za-z0-9.-]{1,64})?$")
_ID = re.compile(r"[A-Za-z0-9.-]{1,64}")


def urn(*names: str) -> str:
    """Return the `urn:uuid:` of something by what names it: the same names, the same id."""
    return uuid5(NAMESPACE, "|".join(names)).urn


def entry(name: str, resource: Plain) -> Plain:
    """Return an entry of a Bundle: `name` is a `urn:uuid:`, and its UUID the id of the resource."""
    return {"fullUrl": name, "resource": {"resourceType": resource["resourceType"], "id": name[9:]} | resource}


def extension(name: str, kind: str, value: Any) -> Plain:
    """Return an extension of ours; `kind` is the type of the value as in `valueCode`."""
    return {"url": f"{CANONICAL}/StructureDefinition/{name}", f"value{kind}": value}


def coding(system: str, code: str, display: str) -> Plain:
    """Return a Coding."""
    return {"system": system, "code": code, "display": display}


def type_of(source: str | None) -> str | None:
    """Return the resource type that a reference names, None where it names none."""
    found = _TYPE.search(source or "")
    return found.group(1) if found else None


def reference(source: str | None, display: str | None = None) -> Plain:
    """Return a Reference; to something that has no id outside its record (`#m1`), by its display only."""
    pointed = {"reference": source} if source and not source.startswith("#") else {}
    return pointed | ({"display": display} if display else {})


def patient_reference(patient: str) -> Plain:
    """Return a Reference to a patient; an id that FHIR does not allow is given as an identifier."""
    if _ID.fullmatch(patient):
        return {"reference": f"Patient/{patient}"}
    return {"type": "Patient", "identifier": {"value": patient}}


def identifier_of(known: str) -> Plain:
    """Return an Identifier; a UUID, as CDS Hooks has for each call, as the URI that it is."""
    try:
        return {"system": "urn:ietf:rfc:3986", "value": UUID(known).urn}
    except ValueError:
        return {"value": known}
