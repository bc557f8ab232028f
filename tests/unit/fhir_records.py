"""Small FHIR R4 resources that the tests of the readers share. Nobody in them exists."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from service.intake.fhir.read import Reading, read_bundle
from service.knowledge.load import load_pack

TODAY = date(2026, 11, 21)
TERMS = load_pack().terms
SUBJECT = {"reference": "Patient/p1"}
SNOMED, LOINC, RXNORM = "http://snomed.info/sct", "http://loinc.org", "http://www.nlm.nih.gov/research/umls/rxnorm"


def concept(system: str, code: str, text: str | None = None) -> dict[str, Any]:
    return {"coding": [{"system": system, "code": code}], **({"text": text} if text else {})}


def patient(**more: Any) -> dict[str, Any]:
    return {"resourceType": "Patient", "id": "p1", "gender": "female", "birthDate": "1952-04-01", **more}


def condition(known: str = "c1", **more: Any) -> dict[str, Any]:
    named = {"code": concept(SNOMED, "431857002", "CKD stage 4")}
    return {"resourceType": "Condition", "id": known, "subject": SUBJECT, **named, **more}


def procedure(snomed: str = "302497006", **more: Any) -> dict[str, Any]:
    done = {"status": "completed", "performedDateTime": "2026-11-01"}
    return {
        "resourceType": "Procedure",
        "id": "d1",
        "subject": SUBJECT,
        "code": concept(SNOMED, snomed),
        **done,
        **more,
    }


def request(known: str = "m1", **more: Any) -> dict[str, Any]:
    named = {"medicationCodeableConcept": concept(RXNORM, "7646", "omeprazole")}
    base = {"resourceType": "MedicationRequest", "id": known, "status": "active", "intent": "order"}
    return {**base, "subject": SUBJECT, **named, **more}


def result(known: str = "o1", loinc: str = "98979-8", day: str = "2026-10-30", **more: Any) -> dict[str, Any]:
    value = {"value": 28, "unit": "mL/min/{1.73_m2}", "code": "mL/min/{1.73_m2}", "system": "http://unitsofmeasure.org"}
    base = {"resourceType": "Observation", "id": known, "status": "final", "code": concept(LOINC, loinc)}
    return {**base, "subject": SUBJECT, "effectiveDateTime": day, "valueQuantity": value, **more}


def bundle(*resources: Any, **more: Any) -> dict[str, Any]:
    return {"resourceType": "Bundle", "entry": [{"resource": each} for each in resources], **more}


def next_page(*resources: Any, **more: Any) -> dict[str, Any]:
    """Return a searchset of which the server has a further page."""
    return bundle(
        *resources, type="searchset", link=[{"relation": "next", "url": "https://ehr.example/fhir?p=2"}, more]
    )


def read(*resources: Any) -> Reading:
    return read_bundle(bundle(*resources), TERMS, TODAY)


def reasons(reading: Reading) -> list[str]:
    return [note.reason for note in reading.profile.notes]


def left_open(reading: Reading) -> Mapping[str, list[str]]:
    return {member: [each.reason for each in given] for member, given in reading.profile.open.items()}
