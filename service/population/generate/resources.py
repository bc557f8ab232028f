"""FHIR resources as they are made: plain data with open places, and the text in which the places are filled later.

Source: FHIR R4 (4.0.1); US Core for the sex given at birth.
"""

import json
from collections.abc import Mapping
from typing import Any

HL7 = "http://terminology.hl7.org/CodeSystem"
UCUM, LOINC, SNOMED = "http://unitsofmeasure.org", "http://loinc.org", "http://snomed.info/sct"
SYSTEMS = {
    "icd10cm": "http://hl7.org/fhir/sid/icd-10-cm",
    "snomed": SNOMED,
    "rxnorm": "http://www.nlm.nih.gov/research/umls/rxnorm",
    "atc": "http://www.whocc.no/atc",
    "loinc": LOINC,
}
ROUTES = {
    "oral": ("26643006", "by mouth"),
    "iv": ("47625008", "into a vein"),
    "topical": ("6064005", "on the skin"),
}
INTERPRETATION = f"{HL7}/v3-ObservationInterpretation"
BIRTH_SEX = "http://hl7.org/fhir/us/core/StructureDefinition/us-core-birthsex"
# An open place. Every resource has the same four, in this order: whose and which it is (its id), about whom, of when.
OPEN = "\x7f"
ABOUT = {"reference": f"Patient/{OPEN}"}

Resource = dict[str, Any]
_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


def text_with_places(resource: Resource) -> str:
    """Return a resource as one line, whose open places the operator % fills."""
    return line_of(resource).replace("%", "%%").replace(OPEN, "%s")


def line_of(resource: Any) -> str:
    """Return a resource as one line of NDJSON."""
    return _encode(resource)


def coded(system: str, code: str, display: str | None = None) -> dict[str, Any]:
    """Return a CodeableConcept with one code."""
    return {"coding": [coding(system, code, display)]}


def coding(system: str, code: str, display: str | None = None) -> dict[str, str]:
    """Return a coding."""
    return {"system": system, "code": code, **({"display": display} if display else {})}


def concept(entry: Mapping[str, Any], systems: tuple[str, ...], text: str) -> dict[str, Any]:
    """Return what an entry of charts.yaml is called: its codes in some systems, and a text."""
    codings = [coding(SYSTEMS[system], entry[system], text) for system in systems if system in entry]
    return {**({"coding": codings} if codings else {}), "text": text}


def made(kind: str, letter: str, loaded: str) -> Resource:
    """Return the beginning of a resource: its type, its id with open places, and when the server took it in."""
    known = f"{OPEN}-{letter}{OPEN}"
    return {"resourceType": kind, "id": known, "meta": {"versionId": "1", "lastUpdated": loaded}}


def quantity(value: float, unit: str) -> dict[str, Any]:
    """Return a Quantity in UCUM; whole numbers without a point."""
    return {"value": int(value) if value == int(value) else value, "unit": unit, "system": UCUM, "code": unit}


def dosage(route: str) -> list[dict[str, Any]]:
    """Return a dosage that says only the route, because nothing else of it is ever read."""
    code, words = ROUTES[route]
    return [{"route": {**coded(SNOMED, code, words), "text": words}}]
