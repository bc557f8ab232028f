"""Whose record it is, for a page that an EHR shows without its own banner (SMART App Launch 2.2, need_patient_banner).

Source: FHIR R4 (4.0.1), Patient.birthDate and Patient.identifier (type MR of the code system v2-0203).
"""

from collections.abc import Mapping
from typing import Any

from schemas.person import PatientBanner
from service.intake.fhir.chart import PATIENT, unpack
from service.intake.fhir.codes import objects, word_of
from service.intake.fhir.label import label_of

RECORD_NUMBER = ("http://terminology.hl7.org/CodeSystem/v2-0203", "MR")
LONGEST = 64


def banner_of(data: Any) -> PatientBanner | None:
    """Return name, birth date and record number of the only Patient in a Bundle; None where there is not one."""
    patients = [found.resource for found in unpack(data).kept.values() if found.type == PATIENT]
    if len(patients) != 1:
        return None
    numbers = [each for each in objects(patients[0].get("identifier")) if _is_record_number(each)]
    value = numbers[0].get("value") if numbers else None
    born = patients[0].get("birthDate")
    return PatientBanner(label_of(data), _short(born), _short(value))


def _is_record_number(identifier: Mapping[str, Any]) -> bool:
    kind = identifier.get("type")
    codings = objects(kind.get("coding")) if isinstance(kind, dict) else ()
    is_old = word_of(identifier.get("use")) == "old"
    return not is_old and any((each.get("system"), each.get("code")) == RECORD_NUMBER for each in codings)


def _short(value: object) -> str | None:
    """Return a text as one line that can be shown."""
    if not isinstance(value, str) or not value.strip():
        return None
    return " ".join("".join(each if each.isprintable() else " " for each in value).split())[:LONGEST]
