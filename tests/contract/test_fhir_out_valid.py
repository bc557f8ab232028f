"""What we write is FHIR R4: two independent validators say so, and a table of required codes that is our own."""

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from fhir.resources.R4B import get_fhir_model_class
from pydantic import ValidationError

from service.facts.model import Gap
from service.presenters.fhir_capability import capability, operation_definition
from service.presenters.grouping import REASON_WORDS
from tests.fhir_making import BASE, EXAMPLES, from_record, of_example, of_profile, resources, written

NODE = Path(__file__).parents[1] / "node"
NAMES = [file.stem for file in EXAMPLES]
PROFILES: list[dict[str, Any]] = [{}, {"medications": ["Zyvorol 500 mg"], "kidney": {"egfr": {"value": 40}}}]
# R4, 4.0.1: every element of what we write that has a required binding, and the codes it may hold; of long lists,
# those that mean what we say.
REQUIRED = {
    "Bundle.type": "collection",
    "GuidanceResponse.status": "success data-requested data-required in-progress failure entered-in-error",
    "GuidanceResponse.dataRequirement.type": "Condition MedicationStatement NutritionOrder Observation Patient",
    "DetectedIssue.status": "registered preliminary final amended corrected cancelled entered-in-error unknown",
    "DetectedIssue.severity": "high moderate low",
    "Provenance.entity.role": "derivation revision quotation source removal",
    "Device.status": "active inactive entered-in-error unknown",
    "Device.deviceName.type": "user-friendly-name model-name manufacturer-name other",
    "OperationOutcome.issue.severity": "fatal error warning information",
    "OperationOutcome.issue.code": "code-invalid value conflict incomplete processing informational",
    "CapabilityStatement.status": "draft active retired unknown",
    "CapabilityStatement.kind": "instance capability requirements",
    "CapabilityStatement.fhirVersion": "4.0.1",
    "CapabilityStatement.format": "json",
    "CapabilityStatement.rest.mode": "client server",
    "OperationDefinition.status": "draft active retired unknown",
    "OperationDefinition.kind": "operation query",
    "OperationDefinition.parameter.use": "in out",
    "OperationDefinition.parameter.type": "Bundle",
}
# What FHIR.js says although nothing is wrong. No error is among them: each is a code that it has no list for, or that
# is not in a list which FHIR only prefers or gives as an example.
NOT_WRONG = {
    r"DetectedIssue\.code": "detectedissue-category is preferred, and FHIR.js does not hold v3-ActCode",
    r"OperationOutcome\.issue\[\d+\]\.details": "operation-outcome is a value set of examples; ours are our reasons",
    r"CapabilityStatement\.format\[\d+\]": "mimetypes has no list of codes; `json` is what FHIR itself writes",
}


@cache
def everything() -> list[dict[str, Any]]:
    """Return one resource of each kind that stands for itself: many Bundles, and what describes the service."""
    every_gap = tuple(Gap(reason, "/entry/7/resource", "Why.") for reason in (*REASON_WORDS, "skipped"))
    doubtful = replace(of_example(NAMES[0]), data_quality=every_gap, silent_on=("pregnancy",))
    advisories = [doubtful, *map(of_example, NAMES), *map(of_profile, PROFILES)]
    bundles = [written(each, patient, "d1577c69-dfbe-44ad-ba6d-3e05e953b2ea") for each in advisories
               for patient in ("p-17", None, "not an id of FHIR")]  # fmt: skip
    recorded = [written(from_record(each)) for each in advisories]
    described = [capability(BASE, "0.1.0", "2026-11-21"), operation_definition("0.1.0", "2026-11-21")]
    return [*bundles, *recorded, *described]


def alone() -> Iterator[dict[str, Any]]:
    for resource in everything():
        yield resource
        yield from (entry["resource"] for entry in resource.get("entry", ()))


def values(resource: Any, names: list[str]) -> Iterator[Any]:
    if isinstance(resource, list):
        for each in resource:
            yield from values(each, names)
    elif not names:
        yield resource
    elif names[0] in resource:
        yield from values(resource[names[0]], names[1:])


def javascript_says(given: list[dict[str, Any]], folder: Path) -> list[list[dict[str, str]]]:
    if not shutil.which("node") or not (NODE / "node_modules" / "fhir").is_dir():
        pytest.skip("the second validator needs Node and npm: install them, then `make setup`")
    file = folder / "resources.json"
    file.write_text(json.dumps(given), encoding="utf-8")
    done = subprocess.run(["node", NODE / "validate.mjs", file], capture_output=True, text=True, check=True)
    found: list[list[dict[str, str]]] = json.loads(done.stdout)
    return found


def test_the_first_validator_accepts_every_resource() -> None:
    kinds = set()
    for resource in alone():
        get_fhir_model_class(resource["resourceType"]).model_validate(resource)
        kinds.add(resource["resourceType"])
    assert kinds == {name.split(".")[0] for name in REQUIRED}


def test_the_second_validator_accepts_every_resource(tmp_path: Path) -> None:
    said = [message for messages in javascript_says(everything(), tmp_path) for message in messages]
    unknown = [each for each in said if not any(re.fullmatch(place, each["location"]) for place in NOT_WRONG)]
    assert unknown == []
    assert {each["severity"] for each in said} <= {"info", "warning"}
    heard = {place for place in NOT_WRONG for each in said if re.fullmatch(place, each["location"])}
    assert heard == set(NOT_WRONG), "what it no longer says is no longer excused"


def test_the_validators_can_refuse(tmp_path: Path) -> None:
    issue = resources(written(of_example(NAMES[0])), "DetectedIssue")[0]
    with pytest.raises(ValidationError):
        get_fhir_model_class("DetectedIssue").model_validate({name: issue[name] for name in issue if name != "status"})
    messages = javascript_says([issue | {"status": "mitigated"}, issue | {"dose": 1}], tmp_path)
    assert all(any(each["severity"] == "error" for each in said) for said in messages)


@pytest.mark.parametrize("element", REQUIRED)
def test_every_required_code_is_one_of_fhir(element: str) -> None:
    kind, *names = element.split(".")
    used = {value for resource in alone() if resource["resourceType"] == kind for value in values(resource, names)}
    assert used
    assert used <= set(REQUIRED[element].split())


def nothings(value: Any) -> Iterator[Any]:
    if value in (None, "", [], {}):
        yield value
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from nothings(inner)


def test_nothing_is_empty() -> None:
    assert [list(nothings(resource)) for resource in everything()] == [[]] * len(everything())


def test_every_reference_inside_a_bundle_is_answered_in_it() -> None:
    for bundle in everything():
        names = {entry["fullUrl"] for entry in bundle.get("entry", ())}
        assert len(names) == len(bundle.get("entry", ()))
        assert set(re.findall(r'"reference": "(urn:uuid:[^"]+)"', json.dumps(bundle))) <= names
