"""CDS Hooks 2.0: which services there are, calls of them, feedback on their cards, and the shapes of it all."""

from typing import Any

from flask import Response
from flask_smorest import Blueprint
from werkzeug.exceptions import NotFound

from schemas.cds_hooks import CALLS, MOST_OUTCOMES
from schemas.loose import ID
from service.web.admission import admitted
from service.web.body import FHIR_JSON, JSON, json_response, read_fhir_body
from service.web.context import context
from service.web.openapi import refuses, refuses_as_outcome
from service.web.published import SCHEMAS
from service.web.trust import bearer_of_request, client_of_request

OBJECT: dict[str, Any] = {"type": "object"}
ANY_ID = rf"^(Patient/)?{ID}$"
TEXT: dict[str, Any] = {"type": "string", "pattern": r"\S"}
DISCOVERY = {"type": "object", "required": ["services"], "properties": {"services": {"type": "array", "items": OBJECT}}}
CARDS = {"type": "object", "required": ["cards"], "properties": {"cards": {"type": "array", "items": OBJECT}}}
CALL = {
    "type": "object",
    "required": ["hook", "hookInstance", "context"],
    "properties": {
        "hook": {"enum": list(CALLS)},
        "hookInstance": {**TEXT, "maxLength": 128},
        "context": {
            "type": "object",
            "required": ["userId", "patientId"],
            "properties": {"userId": {**TEXT, "maxLength": 256}, "patientId": {"type": "string", "pattern": ANY_ID}},
        },
        "prefetch": {"type": ["object", "null"]},
    },
}
FEEDBACK = {
    "type": "object",
    "required": ["feedback"],
    "properties": {"feedback": {"type": "array", "minItems": 1, "maxItems": MOST_OUTCOMES, "items": OBJECT}},
}
ERRORS = (400, 401, 403, 404, 413, 415, 422, 500, 503)

blueprint = Blueprint("cds", __name__, description="CDS Hooks 2.0. The whole shapes are under /schemas/cds-hooks.")


@blueprint.route("/cds-services")
@blueprint.response(200, DISCOVERY, description="The services, with what each asks to be prefetched.")
@refuses_as_outcome(blueprint, JSON, 401, 422, 500)
def services() -> Response:
    """List the services (CDS Hooks discovery)."""
    return Response(context().service.cds_services(client=client_of_request()), content_type=JSON)


@blueprint.route("/cds-services/<service_id>", methods=["POST"])
@blueprint.doc(
    requestBody={"required": True, "content": {kind: {"schema": CALL} for kind in (JSON, FHIR_JSON)}},
)
@blueprint.response(200, CARDS, description="Cards, for review by a clinician.")
@refuses_as_outcome(blueprint, JSON, *ERRORS, 412)
def hook(service_id: str) -> Response:
    """Call a service for one hook of one patient."""
    body = read_fhir_body()
    here = context()
    with admitted():
        client = client_of_request()
        answer = here.service.hook(service_id, body, now=here.clock(), client=client, base=here.base)
    here.metrics.count_outcomes(answer.spoke)
    here.metrics.count_cards(answer.cards)
    here.metrics.count_prefetch(answer.prefetch)
    return Response(answer.text, content_type=JSON)


@blueprint.route("/cds-services/<service_id>/feedback", methods=["POST"])
@blueprint.doc(requestBody={"required": True, "content": {kind: {"schema": FEEDBACK} for kind in (JSON, FHIR_JSON)}})
@blueprint.response(200, description="Kept. The body is empty.")
@refuses_as_outcome(blueprint, JSON, *ERRORS)
def feedback(service_id: str) -> Response:
    """Say what became of cards."""
    body = read_fhir_body()
    here = context()
    outcomes = here.service.feedback(service_id, body, now=here.clock(), client=client_of_request())
    here.metrics.count_feedback(outcomes)
    return _empty()


@blueprint.route("/v1/feedback/summary")
@blueprint.response(200, OBJECT, description="Counts, by rule and by reason; nothing about any patient.")
@refuses(blueprint, 401, 403, 422, 500)
def summary() -> Response:
    """Show how the cards of the caller's tenant fared."""
    return json_response(context().service.feedback_summary(tenant=bearer_of_request().tenant))


@blueprint.route("/schemas/cds-hooks/<name>.schema.json")
@blueprint.response(200, OBJECT, content_type="application/schema+json", description="A JSON Schema (2020-12).")
@refuses(blueprint, 404, 422, 500)
def schema(name: str) -> Response:
    """Show one of the shapes: discovery, response, feedback, hook-request, or that of one hook."""
    if name not in SCHEMAS:
        raise NotFound
    return Response(SCHEMAS[name], content_type="application/schema+json")


def _empty() -> Response:
    """Return an answer without a body, and so without a type of one: CDS Hooks forbids even an empty object."""
    response = Response()
    del response.headers["Content-Type"]
    return response
