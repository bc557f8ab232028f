"""Calls and feedback as real clients send them, cut to what matters; for the tests of everything that reads them."""

import copy
from typing import Any

SANDBOX: dict[str, Any] = {
    "hookInstance": "2f6e0a3c-3d0d-4c1c-9f3b-2ad9cbbf8d53",
    "hook": "order-select",
    "fhirServer": "https://launch.smarthealthit.org/v/r4/fhir",
    "context": {
        "patientId": "5b8a4b0d",
        "userId": "Practitioner/COREPRACTITIONER1",
        "selections": ["MedicationRequest/request-123"],
        "draftOrders": {
            "resourceType": "Bundle",
            "entry": [
                {
                    "resource": {
                        "resourceType": "MedicationRequest",
                        "id": "request-123",
                        "status": "draft",
                        "subject": {"reference": "Patient/5b8a4b0d"},
                    }
                }
            ],
        },
    },
}
MEDPLUM: dict[str, Any] = {
    "hook": "patient-view",
    "hookInstance": "8c5c6df0-0f4e-4a0b-8b83-5a6f8e0f7a11",
    "fhirServer": "https://api.medplum.com/fhir/R4",
    "fhirAuthorization": {
        "access_token": "opaque",
        "token_type": "Bearer",
        "expires_in": 3600,
        "scope": "user/*.read",
        "subject": "magflag",
    },
    "context": {"userId": "Practitioner/7", "patientId": "0193f0c2-1c2d-7a3b-8f6e-2a1b3c4d5e6f"},
    "prefetch": {"patient": {"resourceType": "Patient"}, "kidney": None, "medrequests": {"resourceType": "Bundle"}},
}
HEALTHCHAIN: dict[str, Any] = {
    "hook": "encounter-discharge",
    "hookInstance": "9a8e5b6c-7d6e-4f5a-8b9c-0d1e2f3a4b5c",
    "context": {"userId": "Patient/07", "patientId": "Patient/1288992", "encounterId": "89284"},
    "prefetch": {"patient": {"resourceType": "Patient"}, "medstatements": {"resourceType": "Bundle", "entry": []}},
}
INFERNO: dict[str, Any] = {
    "hook": "order-sign",
    "hookInstance": "d1577c69-dfbe-44ad-ba6d-3e05e953b2ea",
    "fhirServer": None,
    "fhirAuthorization": None,
    "context": {
        "userId": "PractitionerRole/123",
        "patientId": "1288992",
        "encounterId": None,
        "draftOrders": {"resourceType": "Bundle", "type": "collection", "entry": []},
    },
    "prefetch": {"patient": {"resourceType": "Patient"}},
    "extension": {"davinci-crd.configuration": {}},
}
CLIENTS = {"sandbox": SANDBOX, "Medplum": MEDPLUM, "HealthChain": HEALTHCHAIN, "Inferno": INFERNO}
FEEDBACK: dict[str, Any] = {
    "feedback": [
        {
            "card": "4e0a3a1e-3283-4575-ab82-028d55fe2719",
            "outcome": "accepted",
            "acceptedSuggestions": [{"id": "e56e1945-20b3-4393-8503-a1a20fd73152"}],
            "outcomeTimestamp": "2026-11-21T10:05:31.123Z",
        },
        {
            "card": "9368d37b-283f-44a0-93ea-547cebab93ed",
            "outcome": "overridden",
            "overrideReason": {
                "reason": {"code": "patient-ineligible", "system": "http://example.org/reasons"},
                "userComment": "Zebedee said no.",
            },
            "outcomeTimestamp": "2026-11-21T00:00:00Z",
        },
        {
            "card": "f6b95768-b1c8-40dc-8385-bf3504b82ffb",
            "outcome": "overridden",
            "outcomeTimestamp": "2026-11-21T01:00:00+02:00",
        },
    ]
}
ABSENT = object()


def changed(data: dict[str, Any], pointer: str, value: Any = ABSENT) -> Any:
    """Return a copy with the member at a JSON pointer set, or taken out."""
    if not pointer:
        return value
    copied = copy.deepcopy(data)
    *steps, last = [int(step) if step.isdigit() else step for step in pointer.split("/")[1:]]
    place: Any = copied
    for step in steps:
        place = place[step]
    if value is ABSENT:
        del place[last]
    else:
        place[last] = value
    return copied
