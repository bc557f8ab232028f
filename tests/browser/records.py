"""Patients that are hard to show: very long words, and words that would be more than words in a careless page."""

from datetime import UTC, datetime, timedelta
from typing import Any

from tests.browser.running import bundle

__all__ = ["HOSTILE", "hostile", "long"]

LONG_NAME = ("Wolfeschlegelsteinhausenbergerdorff" * 4)[:120]
LONG_MEDICINE = ("unbekanntesarzneimittelmitlangemnamen" * 4)[:120]
SCRIPT = "<script>document.title='taken'; alert('script')</script>"
IMAGE = "\"><img src=x onerror=\"document.title='taken'; alert('image')\">"
QUOTED = "'><svg/onload=alert('svg')> {{7*7}} ${7*7} javascript:alert(1)"
TURNED = "\u202egnp.exe\u202c \u2066turned\u2069"
HOSTILE = (SCRIPT, IMAGE, QUOTED)
YESTERDAY = (datetime.now(UTC) - timedelta(days=1)).date().isoformat()


def long() -> dict[str, Any]:
    """Return a patient with a name and a medicine of 120 characters without a place to break."""
    return bundle("long-" + "i" * 50, LONG_NAME, _medicine("m", LONG_MEDICINE), _egfr(22, "mL/min/{1.73_m2}"))


def hostile() -> dict[str, Any]:
    """Return a patient of whom every text tries to be more than text."""
    texts = (SCRIPT, IMAGE, QUOTED, TURNED)
    medicines = [_medicine(f"m{number}", text) for number, text in enumerate(texts)]
    problems = [_problem(f"c{number}", text) for number, text in enumerate(texts)]
    return bundle("hostile", IMAGE + SCRIPT + "\u202eeman", *medicines, *problems, _egfr(22, IMAGE))


def _medicine(known: str, text: str) -> dict[str, Any]:
    told = {"status": "active", "medicationCodeableConcept": {"text": text}}
    return {"resourceType": "MedicationStatement", "id": known, **told}


def _problem(known: str, text: str) -> dict[str, Any]:
    active = {"system": "http://terminology.hl7.org/CodeSystem/condition-clinical", "code": "active"}
    return {"resourceType": "Condition", "id": known, "clinicalStatus": {"coding": [active]}, "code": {"text": text}}


def _egfr(value: float, unit: str) -> dict[str, Any]:
    return {
        "resourceType": "Observation", "id": "egfr", "status": "final", "effectiveDateTime": YESTERDAY,
        "code": {"coding": [{"system": "http://loinc.org", "code": "98979-8"}]},
        "valueQuantity": {"value": value, "unit": unit},
    }  # fmt: skip
