"""Errors as an OperationOutcome, for callers who speak FHIR: /fhir and /cds-services.

CDS Hooks 3.0-ballot, section HTTP Status Codes, asks for it too; a client of 2.0 reads the status only.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from schemas.problem import Problem
from schemas.strict import PLAINER
from service.intake.strict_json import MOST_FHIR_BYTES
from service.web.body import FHIR_JSON, JSON

# The first part of an address that speaks FHIR, and as what its errors are sent.
DOORS: Mapping[str, str] = {"fhir": FHIR_JSON, "cds-services": JSON}
UNAUTHORIZED = 401
# Of the required value set issue-type (FHIR R4), the code for each status of which not every problem has its own.
CODES = {
    401: "login",
    403: "forbidden",
    404: "not-found",
    405: "processing",
    412: "incomplete",
    413: "processing",
    415: "structure",
    422: "processing",
    429: "throttled",
    500: "exception",
    503: "throttled",
    504: "timeout",
}
DETAILS = {415: "The body is neither application/json nor application/fhir+json in UTF-8, or it is compressed."}
HINTS = {
    413: f"Send at most {MOST_FHIR_BYTES} bytes: one patient, and what is current only.",
    415: "Send Content-Type: application/json or application/fhir+json, and no Content-Encoding.",
}
MISSING = str(PLAINER["Missing data for required field."])
STEP = re.compile(r"[A-Za-z_][A-Za-z0-9_]*|\d+", re.ASCII)
OUTCOME: dict[str, Any] = {
    "type": "object",
    "description": "A FHIR R4 OperationOutcome.",
    "required": ["resourceType", "issue"],
    "properties": {
        "resourceType": {"const": "OperationOutcome"},
        "issue": {
            "type": "array",
            "minItems": 1,
            "items": {
                "type": "object",
                "required": ["severity", "code"],
                "properties": {
                    "severity": {"const": "error"},
                    "code": {"type": "string"},
                    "details": {"type": "object", "properties": {"text": {"type": "string"}}},
                    "diagnostics": {"type": "string"},
                    "expression": {"type": "array", "items": {"type": "string"}},
                },
            },
        },
    },
}


def outcome_of(status: int, problems: Sequence[Problem]) -> dict[str, Any]:
    """Return an OperationOutcome with an issue for each problem; whoever is not known is told nothing (401)."""
    issues = [{"severity": "error", "code": CODES[UNAUTHORIZED]}]
    if status != UNAUTHORIZED:
        issues = [_issue(status, problem) for problem in problems]
    return {"resourceType": "OperationOutcome", "issue": issues}


def _issue(status: int, problem: Problem) -> dict[str, Any]:
    issue: dict[str, Any] = {"severity": "error", "code": _code(status, problem), "details": {"text": problem.message}}
    if problem.hint:
        issue["diagnostics"] = problem.hint
    expression = expression_of(problem.at)
    if expression:
        issue["expression"] = [expression]
    return issue


def _code(status: int, problem: Problem) -> str:
    if status in CODES:
        return CODES[status]
    if problem.message == MISSING:
        return "required"
    return "value" if problem.at else "structure"


def expression_of(pointer: str) -> str | None:
    """Return a JSON pointer in the way of FHIRPath: /feedback/0/card is feedback[0].card; None if it cannot be one."""
    steps = pointer.split("/")[1:]
    if not steps or steps[0].isdigit() or not all(STEP.fullmatch(step) for step in steps):
        return None
    return "".join(f"[{step}]" if step.isdigit() else f".{step}" for step in steps).removeprefix(".")
