"""POST /v1/evaluate: a profile in, an advisory out, nothing kept."""

from flask import Response, request
from flask_smorest import Blueprint

from schemas.advisory_schema import AdvisorySchema
from schemas.problem import Problem, Refused
from schemas.profile_schema import ProfileSchema
from service.web.admission import admitted
from service.web.body import JSON, read_json_body
from service.web.context import context
from service.web.openapi import refuses

EXAMPLE = {
    "patient": {"age": 74, "sex": "female"},
    "conditions": ["trigeminal neuralgia", "CKD stage 4"],
    "medications": ["omeprazole"],
    "supplements": [{"nutrient": "magnesium", "form": "oxide", "route": "oral", "status": "considered"}],
}

blueprint = Blueprint("evaluate", __name__, description="A profile in, an advisory out.")


@blueprint.route("/v1/evaluate", methods=["POST"])
@blueprint.doc(
    operationId="evaluate",
    requestBody={"required": True, "content": {JSON: {"schema": ProfileSchema, "example": EXAMPLE}}},
    parameters=[
        {
            "in": "query",
            "name": "explain",
            "schema": {"type": "boolean"},
            "description": "Also say of every other rule why it stayed silent.",
        }
    ],
)
@blueprint.response(200, AdvisorySchema, description="The advisory, for review by a clinician.")
@refuses(blueprint, 400, 413, 415, 422, 500, 503)
def evaluate() -> Response:
    """Evaluate one profile.

    Nothing is kept. A member that is absent or null was not supplied; an empty list was asked, and none.
    """
    explain = _explain()
    body = read_json_body()
    here = context()
    with admitted():
        answer = here.service.evaluate(body, now=here.clock(), explain=explain)
    here.metrics.count_outcomes(answer.spoke)
    return Response(answer.text, content_type=JSON)


def _explain() -> bool:
    written = request.args.get("explain", "false")
    if written not in {"true", "false"}:
        raise Refused(422, [Problem("", "The query parameter explain is neither true nor false.", "?explain=true")])
    return written == "true"
