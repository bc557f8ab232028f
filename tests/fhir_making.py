"""Advisories as FHIR, for tests: those of the examples, as they are and as if they had come from a FHIR record."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

from service.assess import Advisory, Because, Flag
from service.presenters.fhir import FhirWriter
from service.wiring.service import build_service

EXAMPLES = sorted((Path(__file__).parents[1] / "examples").glob("*.json"))
KNOWN, MOMENT, BASE = "0199a1b2-0000-7000-8000-000000000001", "2026-11-21T09:30:00Z", "https://magflag.example"
NOW = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)
# The record that each part of a profile would have come from.
RECORDS = {
    "medications": "MedicationRequest/m{}/_history/2",
    "supplements": "MedicationStatement/s{}",
    "conditions": "https://ehr.example/fhir/Condition/c{}",
    "signs": "#contained{}",
    "labs": "Observation/{}/_history/3",
    "kidney": "Observation/{}",
    "patient": "Patient/p-17",
    "diet": "NutritionOrder/{}",
}


@cache
def service() -> Any:
    return build_service()


@cache
def writer() -> FhirWriter:
    return FhirWriter(service().writer.pack, BASE)


@cache
def of_example(name: str) -> Advisory:
    found: Advisory = service().assess((EXAMPLES[0].parent / f"{name}.json").read_bytes(), NOW)
    return found


def of_profile(profile: dict[str, Any]) -> Advisory:
    found: Advisory = service().assess(json.dumps(profile).encode(), NOW)
    return found


def from_record(advisory: Advisory) -> Advisory:
    """Return the advisory as it would be, had everything in it come from a resource with an id."""
    return replace(advisory, flags=tuple(_recorded(flag) for flag in advisory.flags))


def _recorded(flag: Flag) -> Flag:
    return replace(flag, because=tuple(_sourced(each) for each in flag.because))


def _sourced(each: Because) -> Because:
    first, _, rest = (each.at or "").removeprefix("/").partition("/")
    return replace(each, source=RECORDS[first].format(rest.replace("/", "-").replace("_", "-"))) if rest else each


def written(advisory: Advisory, patient: str | None = "p-17", request: str | None = None) -> dict[str, Any]:
    """Return the Bundle of an advisory as plain data."""
    found: dict[str, Any] = json.loads(writer().bundle(advisory, KNOWN, MOMENT, patient, request))
    return found


def resources(bundle: dict[str, Any], kind: str) -> list[dict[str, Any]]:
    """Return all resources of one type."""
    return [entry["resource"] for entry in bundle["entry"] if entry["resource"]["resourceType"] == kind]
