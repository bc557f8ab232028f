"""Made-up charts as FHIR R4, of the size that real prefetches and exports have. Nobody is in them.

`prefetch()` gives nine keys with 51 resources, about 38 KB; `bundle(500)` a collection of 500 resources, about 200 KiB.
"""

import random
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

Resource = dict[str, Any]
TODAY = date(2026, 11, 21)
PATIENT_ID = "p-51"
ICD = "http://hl7.org/fhir/sid/icd-10-cm"
SNOMED = "http://snomed.info/sct"
RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"
LOINC = "http://loinc.org"
UCUM = "http://unitsofmeasure.org"
CLINICAL = "http://terminology.hl7.org/CodeSystem/condition-clinical"
ALLERGY_CLINICAL = "http://terminology.hl7.org/CodeSystem/allergyintolerance-clinical"
CONDITIONS = [
    ("N18.4", "Chronic kidney disease, stage 4 (severe)"), ("G50.0", "Trigeminal neuralgia"),
    ("E11.42", "Type 2 diabetes mellitus with diabetic polyneuropathy"), ("I10", "Essential (primary) hypertension"),
    ("M79.2", "Neuralgia and neuritis, unspecified"), ("K21.9", "Gastro-esophageal reflux disease"),
    ("G43.909", "Migraine, unspecified"), ("E78.5", "Hyperlipidemia, unspecified"),
]  # fmt: skip
MEDICINES = [
    "Omeprazole 20 MG Delayed Release Oral Capsule", "Furosemide 40 MG Oral Tablet", "Gabapentin 300 MG Oral Capsule",
    "Metformin hydrochloride 500 MG Oral Tablet", "Atorvastatin 20 MG Oral Tablet", "Levothyroxine", "Amlodipine",
    "Duloxetine", "Ibuprofen",
]  # fmt: skip
# Left out of the large Bundle, so that 500 resources weigh what they weigh in exports.
EXTRA = (
    "category",
    "issued",
    "performer",
    "referenceRange",
    "meta",
    "requester",
    "verificationStatus",
    "onsetDateTime",
)
RESULTS = [
    ("98979-8", "eGFR CKD-EPI 2021", "mL/min/{1.73_m2}", 20, 60, "kidney"),
    ("2160-0", "Creatinine [Mass/volume] in Serum or Plasma", "mg/dL", 1, 3, "kidney"),
    ("19123-9", "Magnesium [Mass/volume] in Serum or Plasma", "mg/dL", 1.4, 2.6, "electrolytes"),
    ("17861-6", "Calcium [Mass/volume] in Serum or Plasma", "mg/dL", 8, 10, "electrolytes"),
    ("2823-3", "Potassium [Moles/volume] in Serum or Plasma", "mmol/L", 3, 5, "electrolytes"),
]


def prefetch(seed: int = 51) -> dict[str, Any]:
    """Return the prefetch of one patient: 51 resources under the keys that discovery asks for."""
    chance = random.Random(seed)
    results = [(row[5], _result(index, row, chance)) for index in range(6) for row in RESULTS]
    return {
        "patient": patient(),
        "conditions": searchset([_condition(index, row) for index, row in enumerate(CONDITIONS)]),
        "kidney": searchset([each for key, each in results if key == "kidney"]),
        "electrolytes": searchset([each for key, each in results if key == "electrolytes"]),
        "medrequests": searchset([_request(index, name) for index, name in enumerate(MEDICINES)]),
        "medstatements": searchset([_statement(0, "Magnesium oxide 400 MG Oral Tablet"), _statement(1, "Vitamin D")]),
        "allergies": searchset([_allergy()]),
        "procedures": searchset([]),
        "nutrition": searchset([]),
    }


def bundle(entries: int, seed: int = 500) -> Resource:
    """Return a collection of that many resources of one patient, most of them results."""
    chance = random.Random(seed)
    return {"resourceType": "Bundle", "type": "collection", "entry": list(_entries(entries, chance))}


def _entries(entries: int, chance: random.Random) -> Iterator[Resource]:
    yield {"fullUrl": f"urn:uuid:{PATIENT_ID}", "resource": patient()}
    for index in range(entries - 1):
        kind = chance.random()
        if kind < 0.15:
            resource = _condition(index, chance.choice(CONDITIONS))
        elif kind < 0.3:
            resource = _request(index, chance.choice(MEDICINES))
        else:
            resource = _result(index, chance.choice(RESULTS), chance)
        yield {
            "fullUrl": f"urn:uuid:{index}",
            "resource": {name: resource[name] for name in resource if name not in EXTRA},
        }


def searchset(resources: list[Resource]) -> Resource:
    """Return a search result as servers send it."""
    entries = [{"fullUrl": f"https://ehr.example/{each['resourceType']}/{each['id']}", "resource": each}
               for each in resources]  # fmt: skip
    found: Resource = {"resourceType": "Bundle", "type": "searchset", "total": len(resources)}
    return found | ({"entry": entries} if entries else {})


def patient() -> Resource:
    """Return the patient."""
    return {
        "resourceType": "Patient", "id": PATIENT_ID, "meta": {"versionId": "7"}, "active": True, "gender": "female",
        "birthDate": "1952-04-01", "name": [{"family": "Example", "given": ["Ada"]}],
    }  # fmt: skip


def _subject() -> Resource:
    return {"reference": f"Patient/{PATIENT_ID}"}


def _condition(index: int, row: tuple[str, str]) -> Resource:
    code, display = row
    return {
        "resourceType": "Condition", "id": f"c{index}", "meta": {"versionId": "1"},
        "clinicalStatus": {"coding": [{"system": CLINICAL, "code": "active"}]},
        "verificationStatus": {"coding": [{"system": CLINICAL.replace("clinical", "ver-status"), "code": "confirmed"}]},
        "category": [{"coding": [{"system": CLINICAL.replace("clinical", "category"), "code": "problem-list-item"}]}],
        "code": {"coding": [{"system": ICD, "code": code, "display": display}], "text": display},
        "subject": _subject(), "onsetDateTime": "2021-03-01",
    }  # fmt: skip


def _result(index: int, row: tuple[str, str, str, float, float, str], chance: random.Random) -> Resource:
    code, display, unit, low, high, _ = row
    day = TODAY - timedelta(days=5 + 30 * index % 700)
    return {
        "resourceType": "Observation", "id": f"o{code}-{index}", "meta": {"versionId": "2"}, "status": "final",
        "category": [{"coding": [{"code": "laboratory"}]}],
        "code": {"coding": [{"system": LOINC, "code": code, "display": display}], "text": display},
        "subject": _subject(), "effectiveDateTime": f"{day.isoformat()}T08:30:00Z", "issued": f"{day}T11:02:41.113Z",
        "performer": [{"reference": "Organization/laboratory", "display": "Laboratory"}],
        "valueQuantity": {"value": round(chance.uniform(low, high), 2), "unit": unit, "system": UCUM, "code": unit},
        "referenceRange": [{"low": {"value": low, "unit": unit}, "high": {"value": high, "unit": unit}}],
    }  # fmt: skip


def _request(index: int, name: str) -> Resource:
    return {
        "resourceType": "MedicationRequest", "id": f"m{index}", "status": "active", "intent": "order",
        "medicationCodeableConcept": {"coding": [{"system": RXNORM, "code": "0", "display": name}], "text": name},
        "subject": _subject(), "authoredOn": "2026-09-01", "requester": {"reference": "Practitioner/1"},
        "dosageInstruction": [{"text": "as directed", "route": {"coding": [{"system": SNOMED, "code": "26643006"}]}}],
    }  # fmt: skip


def _statement(index: int, name: str) -> Resource:
    return {
        "resourceType": "MedicationStatement", "id": f"s{index}", "status": "active",
        "medicationCodeableConcept": {"text": name}, "subject": _subject(), "effectiveDateTime": "2026-08-01",
    }  # fmt: skip


def _allergy() -> Resource:
    return {
        "resourceType": "AllergyIntolerance", "id": "a0",
        "clinicalStatus": {"coding": [{"system": ALLERGY_CLINICAL, "code": "active"}]},
        "code": {"coding": [{"system": RXNORM, "code": "7980"}], "text": "Penicillin G"},
        "patient": {"reference": f"Patient/{PATIENT_ID}"},
    }  # fmt: skip
