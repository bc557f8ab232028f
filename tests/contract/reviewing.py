"""Callers of /v1/advisories: in a role, for a tenant, with an application that asks everybody."""

import json
import re
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from service.web.app import create_app
from service.web.ports import Guard, Service
from service.web.settings import Settings
from tests.contract.conftest import NOW

EXAMPLES = Path(__file__).parents[2] / "examples"
PATIENT = json.loads((EXAMPLES / "ckd-g4-oxide.json").read_text(encoding="utf-8"))
BUNDLE = (EXAMPLES / "fhir" / "ckd-g4-oxide.bundle.json").read_bytes()
ADVISORIES = "/v1/advisories"
OXIDE = "forms/oxide-with-nerve-pain"
GRAVE = "kidney/magnesium-with-impaired-kidney"
LABORATORY = "reference-laboratory/serum-magnesium-high"


@dataclass(frozen=True)
class Holder:
    """A token that says by its own text whose it is: mf_role_tenant."""

    name: str
    role: str
    tenant: str


def find(token: str, now: datetime) -> Holder | None:
    """Return what such a token says."""
    written = re.fullmatch(r"mf_([a-z]+)_(.+)", token)
    return written and Holder(f"the {written[1]}", written[1], written[2])


def asking(service: Service) -> Flask:
    """Return an application that asks every caller of /v1 who it is."""
    return create_app(service, Settings(auth=True), lambda: NOW, Guard(find=find))


@dataclass(frozen=True)
class Caller:
    """Somebody in a role for a tenant; the address is what follows /v1/advisories."""

    client: FlaskClient
    tenant: str
    role: str = "clinician"

    def in_role(self, role: str) -> "Caller":
        """Return somebody else of the same tenant."""
        return replace(self, role=role)

    def call(self, method: str, address: str = "", **how: Any) -> TestResponse:
        """Make a call."""
        headers = {"Authorization": f"Bearer mf_{self.role}_{self.tenant}", **how.pop("headers", {})}
        return self.client.open(f"{ADVISORIES}{address}", method=method, headers=headers, **how)

    def get(self, address: str = "", **query: Any) -> TestResponse:
        """Ask for something."""
        return self.call("GET", address, query_string=query)

    def post(self, address: str = "", json: Any = None, **headers: str) -> TestResponse:
        """Send JSON."""
        return self.call("POST", address, json={} if json is None else json, headers=headers)

    def keep(self, **changes: Any) -> dict[str, Any]:
        """Keep the example patient with some members changed, and return the advisory."""
        answer = self.post(json=PATIENT | changes)
        assert answer.status_code == 201
        advisory: dict[str, Any] = answer.get_json()
        return advisory

    def decide(self, known: str, revision: int, *rules: str, **more: Any) -> TestResponse:
        """Decide on rules: agree, if nothing else is said."""
        return self.post(f"/{known}/decisions", {"rules": rules, "decision": "agree", "revision": revision} | more)
