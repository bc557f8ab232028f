"""What `GET /fhir/R4/metadata` says: one operation, `$advise`, on the system; nothing is stored, read or searched."""

from typing import Any

from schemas.canonical import CANONICAL

ADVISE = f"{CANONICAL}/OperationDefinition/advise"
PURPOSE = (
    "Advisory flags on magnesium and nerve pain, for review by a clinician: a record goes in; a GuidanceResponse comes "
    "out, with a DetectedIssue and its Provenance for each flag. Nothing is ordered, and nothing is kept."
)


def capability(base: str, version: str, date: str) -> dict[str, Any]:
    """Return the CapabilityStatement of this service.

    `base` is the address of the service, `version` that of the software, `date` the day of that version (`2026-11-21`).
    """
    operation = {"name": "advise", "definition": ADVISE}
    return {
        "resourceType": "CapabilityStatement",
        "status": "active",
        "date": date,
        "kind": "instance",
        "software": {"name": "magflag", "version": version},
        "implementation": {"description": PURPOSE, "url": f"{base.rstrip('/')}/fhir/R4"},
        "fhirVersion": "4.0.1",
        "format": ["json"],
        "rest": [{"mode": "server", "operation": [operation]}],
    }


def operation_definition(version: str, date: str) -> dict[str, Any]:
    """Return the OperationDefinition of `$advise`, which the CapabilityStatement names.

    Both parameters have names under which FHIR lets a resource stand for itself, without Parameters around it.
    """
    return {
        "resourceType": "OperationDefinition",
        "id": "advise",
        "url": ADVISE,
        "version": version,
        "name": "Advise",
        "status": "active",
        "kind": "operation",
        "date": date,
        "description": PURPOSE,
        "affectsState": False,
        "code": "advise",
        "system": True,
        "type": False,
        "instance": False,
        "parameter": [
            _parameter("resource", "in", "The record of one patient, as a Bundle of R4 resources."),
            _parameter("return", "out", "A Bundle of GuidanceResponse, DetectedIssue, Provenance and Device."),
        ],
    }


def _parameter(name: str, use: str, documentation: str) -> dict[str, Any]:
    return {"name": name, "use": use, "min": 1, "max": "1", "documentation": documentation, "type": "Bundle"}
