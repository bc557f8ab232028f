"""FHIR in, FHIR out, over HTTP: what the running service writes is R4 to a validator that is not ours."""

import json
from pathlib import Path
from typing import Any

import pytest
from fhir.resources.R4B import get_fhir_model_class

from tests.conformance.running import Running

FOLDER = Path(__file__).parents[2] / "examples" / "fhir"
EXAMPLES = sorted(FOLDER.glob("*.bundle.json"))


@pytest.mark.parametrize("file", EXAMPLES, ids=lambda file: file.stem)
def test_a_bundle_is_answered_with_resources_that_validate(service: Running, file: Path) -> None:
    sent = json.loads(file.read_text(encoding="utf-8"))
    answer = service.post("/fhir/R4/$advise", sent)
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "application/fhir+json")
    bundle: dict[str, Any] = answer.json()
    get_fhir_model_class("Bundle").model_validate(bundle)
    resources = [entry["resource"] for entry in bundle["entry"]]
    for resource in resources:
        get_fhir_model_class(resource["resourceType"]).model_validate(resource)
    kinds = {resource["resourceType"] for resource in resources}
    assert {"GuidanceResponse", "DetectedIssue", "Provenance", "Device"} <= kinds


def test_what_the_service_can_do_validates_too(service: Running) -> None:
    capability = service.get("/fhir/R4/metadata").json()
    get_fhir_model_class("CapabilityStatement").model_validate(capability)
    definition = service.get("/fhir/R4/OperationDefinition/advise")
    assert definition.status_code == 200
    get_fhir_model_class("OperationDefinition").model_validate(definition.json())
