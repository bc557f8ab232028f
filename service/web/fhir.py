"""The FHIR R4 door: a Bundle in, a Bundle of advice out, and what this server can do."""

from typing import Any

from flask import Response
from flask_smorest import Blueprint

from service.web.admission import admitted
from service.web.body import FHIR_JSON, JSON, json_response, read_fhir_body
from service.web.context import context
from service.web.openapi import refuses_as_outcome

# No more is said of a Bundle, because no more is asked of one: what is odd inside it is left, and told.
BUNDLE: dict[str, Any] = {
    "type": "object",
    "required": ["resourceType"],
    "properties": {"resourceType": {"const": "Bundle"}},
}
RESOURCE: dict[str, Any] = {"type": "object", "required": ["resourceType"]}

blueprint = Blueprint("fhir", __name__, description="FHIR R4.")


@blueprint.route("/fhir/R4/$advise", methods=["POST"])
@blueprint.doc(
    requestBody={"required": True, "content": {kind: {"schema": BUNDLE} for kind in (FHIR_JSON, JSON)}},
)
@blueprint.response(200, BUNDLE, content_type=FHIR_JSON, description="GuidanceResponse, DetectedIssue, Provenance.")
@refuses_as_outcome(blueprint, FHIR_JSON, 400, 401, 403, 413, 415, 422, 500, 503)
def advise() -> Response:
    """Evaluate the record of one patient, as a Bundle. Nothing is kept."""
    body = read_fhir_body()
    here = context()
    with admitted():
        answer = here.service.advise(body, now=here.clock(), base=here.base)
    here.metrics.count_outcomes(answer.spoke)
    return Response(answer.text, content_type=FHIR_JSON)


@blueprint.route("/fhir/R4/metadata")
@blueprint.response(200, RESOURCE, content_type=FHIR_JSON, description="The CapabilityStatement.")
@refuses_as_outcome(blueprint, FHIR_JSON, 422, 500)
def metadata() -> Response:
    """Say what this server can do."""
    here = context()
    return json_response(here.service.capability(here.base), content_type=FHIR_JSON)


@blueprint.route("/fhir/R4/OperationDefinition/advise")
@blueprint.response(200, RESOURCE, content_type=FHIR_JSON, description="The OperationDefinition of $advise.")
@refuses_as_outcome(blueprint, FHIR_JSON, 401, 403, 422, 500)
def definition() -> Response:
    """Say what $advise takes and gives."""
    return json_response(context().service.operation(), content_type=FHIR_JSON)
