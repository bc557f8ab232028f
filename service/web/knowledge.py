"""The knowledge itself: rules, claims, and which pack answers."""

from typing import Any

from flask import Response
from flask_smorest import Blueprint
from werkzeug.exceptions import NotFound

from service.web.body import json_response
from service.web.context import context
from service.web.openapi import RULES, refuses

blueprint = Blueprint("knowledge", __name__, description="The rules, with their claims and sources.")


@blueprint.route("/v1/rules")
@blueprint.response(200, RULES, description="Every rule, active or not.")
@refuses(blueprint, 422, 500)
def rules() -> Response:
    """List every rule."""
    return json_response({"rules": context().service.rules()})


@blueprint.route("/v1/rules/<path:rule_id>")
@blueprint.response(200, {"type": "object"}, description="The rule.")
@refuses(blueprint, 404, 422, 500)
def rule(rule_id: str) -> Response:
    """Show one rule with its sources; the id holds a slash: kidney/name-of-the-rule."""
    return _found(context().service.rule(rule_id))


@blueprint.route("/v1/claims/<claim_id>")
@blueprint.response(200, {"type": "object"}, description="The claim.")
@refuses(blueprint, 404, 422, 500)
def claim(claim_id: str) -> Response:
    """Show one claim and where it stands in the documents."""
    return _found(context().service.claim(claim_id))


@blueprint.route("/v1/sources")
@blueprint.response(200, {"type": "object"}, description="Documents and references.")
@refuses(blueprint, 422, 500)
def sources() -> Response:
    """List what the rules rest on: the five documents, and what was read outside them."""
    return json_response({"sources": context().service.sources()})


@blueprint.route("/v1/sources/<source_id>")
@blueprint.response(200, {"type": "object"}, description="The source, with the claims that rest on it.")
@refuses(blueprint, 404, 422, 500)
def source(source_id: str) -> Response:
    """Show one document or reference."""
    return _found(context().service.source(source_id))


@blueprint.route("/v1/pack")
@blueprint.response(200, {"type": "object"}, description="Name, version and hash.")
@refuses(blueprint, 422, 500)
def pack() -> Response:
    """Say which rules answer: name, version and hash."""
    return json_response(context().service.pack())


def _found(thing: dict[str, Any] | None) -> Response:
    if thing is None:
        raise NotFound
    return json_response(thing)
