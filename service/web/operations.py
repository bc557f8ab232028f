"""For those who run the service: is it alive, is it ready, what has it counted."""

from flask import Response
from flask_smorest import Blueprint

from service.web.body import json_response
from service.web.context import context
from service.web.metrics import CONTENT_TYPE
from service.web.openapi import refuses

blueprint = Blueprint("operations", __name__, description="Health and metrics.")


@blueprint.route("/health/live")
@blueprint.response(200, {"type": "object"}, description="Alive.")
@refuses(blueprint, 422)
def live() -> Response:
    """Say that the process answers; nothing else is looked at."""
    return json_response({"status": "live"})


@blueprint.route("/health/ready")
@blueprint.response(200, {"type": "object"}, description="Ready.")
@blueprint.alt_response(503, schema={"type": "object"}, description="Not ready; an evaluation would fail.")
@refuses(blueprint, 422, 500)
def ready() -> Response:
    """Say whether an evaluation would be answered now."""
    is_ready, details = context().service.ready()
    return json_response({"status": "ready" if is_ready else "not ready", **details}, 200 if is_ready else 503)


@blueprint.route("/metrics")
@blueprint.response(200, {"type": "string"}, content_type="text/plain", description="Prometheus' text format.")
@refuses(blueprint, 422, 500)
def metrics() -> Response:
    """Show what was counted, in Prometheus' text format."""
    return Response(context().metrics.text(), content_type=CONTENT_TYPE)
