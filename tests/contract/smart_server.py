"""An EHR on real HTTP that launches apps (SMART App Launch 2): its login, and a FHIR server that wants the token.

    with SmartEhr() as ehr:
        address = ehr.launch()                 # what the browser is sent to, at ours
        answer = ehr.approve(address_there)    # as of OidcServer

`records` are the resources by type; `failing` the types it refuses; `context` what stands in the token response.
"""

from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs, urlencode

import jwt

from tests.contract.oidc_server import Answer, OidcServer
from tests.signing import SECONDS

EGFR = {
    "resourceType": "Observation",
    "id": "o-1",
    "status": "final",
    "code": {"coding": [{"system": "http://loinc.org", "code": "98979-8"}]},
    "subject": {"reference": "Patient/p-1"},
    "effectiveDateTime": "2026-10-30",
    "valueQuantity": {
        "value": 22,
        "unit": "mL/min/{1.73_m2}",
        "system": "http://unitsofmeasure.org",
        "code": "mL/min/{1.73_m2}",
    },
}
OXIDE = {
    "resourceType": "MedicationStatement",
    "id": "m-1",
    "status": "active",
    "medicationCodeableConcept": {"text": "magnesium oxide"},
    "subject": {"reference": "Patient/p-1"},
}


class SmartEhr(OidcServer):
    """See the module."""

    client_id = "magflag-app"
    secret: str | None = None
    path = "/fhir"
    document = "smart-configuration"

    def __init__(self, public_key: Any = None) -> None:
        super().__init__()
        self.public_key = public_key
        self.claims = {"sub": "u-7", "fhirUser": f"{self.issuer}/Practitioner/7", "name": "Grace Hopper"}
        self.context: dict[str, Any] = {"patient": "p-1", "need_patient_banner": True}
        self.failing: set[str] = set()
        self.seen_jti: set[str] = set()
        self.records: dict[str, list[dict[str, Any]]] = {
            "Patient": [
                {
                    "resourceType": "Patient",
                    "id": "p-1",
                    "name": [{"family": "Lovelace", "given": ["Zoë"]}],
                    "birthDate": "1952-04-01",
                    "gender": "female",
                    "identifier": [{"type": {"coding": [MR]}, "value": "MRN-0815"}],
                },
                {"resourceType": "Patient", "id": "p-2", "birthDate": "1960-01-01", "gender": "male"},
            ],
            "Observation": [EGFR],
            "MedicationStatement": [OXIDE],
        }

    def launch(self, **changed: str) -> str:
        return "/launch?" + urlencode({"iss": self.issuer, "launch": "xyz"} | changed)

    def approve(self, address: str) -> dict[str, str]:
        answer = super().approve(address)
        asked = self.codes[answer["code"]]
        assert (asked["launch"], asked["aud"]) == ("xyz", self.issuer)
        assert {"launch", "openid", "fhirUser", "patient/Observation.rs"} <= set(asked["scope"].split())
        return answer

    def tokens(self, form: dict[str, str], headers: Mapping[str, str]) -> Answer:
        status, given = super().tokens(form, headers)
        return status, {name: value for name, value in (given | self.context).items() if value is not None}

    def is_known(self, form: dict[str, str], headers: Mapping[str, str]) -> bool:
        if self.public_key is None:
            return super().is_known(form, headers)
        assertion = form["client_assertion"]
        claims = jwt.decode(
            assertion, self.public_key, algorithms=["ES384", "RS384"], audience=f"{self.origin}/token",
            options={"verify_exp": False, "require": ["iss", "sub", "aud", "exp", "iat", "jti"]},
        )  # fmt: skip
        is_new = claims["jti"] not in self.seen_jti
        self.seen_jti.add(claims["jti"])
        is_short = SECONDS < claims["exp"] <= SECONDS + 300
        return bool(is_short and is_new and claims["iss"] == claims["sub"] == self.client_id)

    def answer(self, method: str, path: str, form: dict[str, str], headers: Mapping[str, str]) -> Answer:
        kind, _, rest = path.removeprefix("/fhir/").partition("?")
        kind, _, known = kind.partition("/")
        if not path.startswith("/fhir/") or kind.startswith("."):
            return super().answer(method, path, form, headers)
        self.asked.append(path)
        if headers.get("authorization") != "Bearer canary-token":
            return 401, {}
        if kind in self.failing:
            return 403, {}
        if known:
            found = [each for each in self.records[kind] if each["id"] == known]
            return (200, found[0]) if found else (404, {})
        patient = parse_qs(rest, strict_parsing=True)["patient"][0]
        theirs = [each for each in self.records.get(kind, ()) if each["subject"]["reference"] == f"Patient/{patient}"]
        entries = {"entry": [{"resource": each} for each in theirs]} if theirs else {}
        return 200, {"resourceType": "Bundle", "type": "searchset", "total": len(theirs), **entries}


MR = {"system": "http://terminology.hl7.org/CodeSystem/v2-0203", "code": "MR"}
