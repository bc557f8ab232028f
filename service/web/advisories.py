"""Advisories kept for review: kept, listed, decided on, signed, repeated and compared."""

import json
from typing import Any

from flask import Response
from flask_smorest import Blueprint
from werkzeug.exceptions import NotFound

from schemas.advisory_schema import AdvisorySchema
from schemas.problem import Problem, Refused
from schemas.profile_schema import ProfileSchema
from schemas.review import Conflict, KeptAdvisory
from schemas.review_schema import (
    ConflictSchema,
    DecisionSchema,
    DifferenceSchema,
    HistorySchema,
    KeptAdvisorySchema,
    ReplaySchema,
    ReviewSchema,
    SignOffSchema,
    WorklistSchema,
    decision_of,
)
from schemas.strict import StrictSchema, loaded
from service.intake.strict_json import parse
from service.web.admission import admitted
from service.web.advisory_json import (
    advisory_of,
    conflict_of,
    difference_of,
    history_of,
    replay_of,
    review_of,
    worklist_of,
)
from service.web.advisory_query import (
    KEY_PARAMETER,
    MATCH_PARAMETER,
    WORKLIST_PARAMETERS,
    key_of_request,
    revision_of,
    wanted_of_request,
)
from service.web.body import FHIR_JSON, JSON, json_response, read_json_body, read_profile_or_fhir
from service.web.context import context
from service.web.errors import CONTENT_TYPE, error_response
from service.web.evaluate import EXAMPLE
from service.web.fhir import BUNDLE
from service.web.kept import actor_of_request, reviews
from service.web.openapi import refuses

ONE = "/v1/advisories/<advisory_id>"
READ = (401, 403, 404, 422, 500, 503)
WRITE = (400, 401, 403, 404, 413, 415, 422, 500, 503)
DECIDE = {"rule": "kidney/magnesium-with-impaired-kidney", "decision": "agree", "revision": 1}
LOCATION = {"schema": {"type": "string"}, "description": "The address of what is kept."}
REVISION = {"schema": {"type": "string"}, "description": "The revision, as an ETag."}

blueprint = Blueprint("advisories", __name__, description="Advisories kept for review by a clinician.")


@blueprint.errorhandler(Conflict)
def _conflict(conflict: Conflict) -> Response:
    hint = f"Read it again: it is at revision {conflict.revision}."
    response = error_response(409, [Problem("/revision", conflict.reason, hint)])
    response.set_data(json.dumps(json.loads(response.get_data()) | conflict_of(conflict), ensure_ascii=False))
    return response


@blueprint.route("/v1/advisories", methods=["POST"])
@blueprint.doc(
    requestBody={
        "required": True,
        "content": {JSON: {"schema": ProfileSchema, "example": EXAMPLE}, FHIR_JSON: {"schema": BUNDLE}},
    },
    parameters=[KEY_PARAMETER],
)
@blueprint.response(201, AdvisorySchema, headers={"Location": LOCATION}, description="Kept, and answered.")
@refuses(blueprint, 400, 401, 403, 413, 415, 422, 500, 503)
def keep() -> Response:
    """Evaluate a profile or a Bundle, and keep input and answer for review.

    Nothing is answered that is not kept first. A retry with the same Idempotency-Key is answered as the first call was,
    with the header Idempotency-Replayed. An older open advisory of the same patient is superseded.
    """
    key, here, actor = key_of_request(), context(), actor_of_request()
    body, is_fhir = read_profile_or_fhir()
    with admitted():
        kept = reviews().keep(body, kind="fhir" if is_fhir else "profile", actor=actor, now=here.clock(), key=key)
    here.metrics.count_outcomes(kept.spoke)
    response = Response(kept.answer, 201, content_type=JSON)
    response.headers["Location"] = f"/v1/advisories/{kept.id}"
    if not kept.is_new:
        response.headers["Idempotency-Replayed"] = "true"
    return response


@blueprint.route("/v1/advisories")
@blueprint.doc(parameters=WORKLIST_PARAMETERS)
@blueprint.response(200, WorklistSchema, description="The gravest first, then the newest.")
@refuses(blueprint, 401, 403, 422, 500, 503)
def worklist() -> Response:
    """List what waits for review, page by page."""
    wanted, cursor, size = wanted_of_request()
    return json_response(worklist_of(reviews().worklist(actor_of_request().tenant, wanted, cursor, size)))


@blueprint.route(ONE)
@blueprint.response(200, KeptAdvisorySchema, headers={"ETag": REVISION}, description="As answered, with its review.")
@refuses(blueprint, *READ)
def one(advisory_id: str) -> Response:
    """Show an advisory exactly as it was answered, with how far its review is. The history keeps who looked."""
    actor = actor_of_request()
    kept = _found(advisory_id)
    reviews().viewed(actor.tenant, advisory_id, actor, context().clock())
    return _at_revision(Response(advisory_of(kept), content_type=JSON), kept)


@blueprint.route(f"{ONE}/decisions", methods=["POST"])
@blueprint.doc(
    requestBody={"required": True, "content": {JSON: {"schema": DecisionSchema, "example": DECIDE}}},
    parameters=[MATCH_PARAMETER],
)
@blueprint.response(200, ReviewSchema, headers={"ETag": REVISION}, description="How far the review is now.")
@blueprint.alt_response(409, schema=ConflictSchema, content_type=CONTENT_TYPE, description="It has changed meanwhile.")
@refuses(blueprint, *WRITE)
def decide(advisory_id: str) -> Response:
    """Decide on flags: agree, no_action, or override with one of HL7's reasons.

    A later decision supersedes an earlier one, and both stay in the history.
    """
    data, actor = _read(DecisionSchema()), actor_of_request()
    revision = revision_of(data)
    reviews().decide(actor.tenant, advisory_id, decision_of(data), revision, actor, context().clock())
    return _review(advisory_id)


@blueprint.route(f"{ONE}/sign-off", methods=["POST"])
@blueprint.doc(
    requestBody={"required": True, "content": {JSON: {"schema": SignOffSchema, "example": {"revision": 2}}}},
    parameters=[MATCH_PARAMETER],
)
@blueprint.response(200, ReviewSchema, headers={"ETag": REVISION}, description="Signed.")
@blueprint.alt_response(409, schema=ConflictSchema, content_type=CONTENT_TYPE, description="It has changed meanwhile.")
@refuses(blueprint, *WRITE)
def sign(advisory_id: str) -> Response:
    """Sign an advisory, once every flag has a decision."""
    revision, actor = revision_of(_read(SignOffSchema())), actor_of_request()
    reviews().sign(actor.tenant, advisory_id, revision, actor, context().clock())
    return _review(advisory_id)


@blueprint.route(f"{ONE}/history")
@blueprint.response(200, HistorySchema, description="What happened, oldest first.")
@refuses(blueprint, *READ)
def history(advisory_id: str) -> Response:
    """Show everything that happened to an advisory; nothing of it is ever edited."""
    return json_response(history_of(reviews().history(actor_of_request().tenant, advisory_id)))


@blueprint.route(f"{ONE}/replay")
@blueprint.response(200, ReplaySchema, description="The same, or not.")
@refuses(blueprint, *READ)
def replay(advisory_id: str) -> Response:
    """Evaluate again, with the rules and the day of then, and compare byte for byte."""
    with admitted():
        return json_response(replay_of(reviews().replay(actor_of_request().tenant, advisory_id)))


@blueprint.route(f"{ONE}/diff/<other_id>")
@blueprint.response(200, DifferenceSchema, description="The differences.")
@refuses(blueprint, *READ)
def diff(advisory_id: str, other_id: str) -> Response:
    """Compare two advisories, the older with the newer: what each rule says now, and because of what."""
    with admitted():
        return json_response(difference_of(reviews().diff(actor_of_request().tenant, advisory_id, other_id)))


def _found(advisory_id: str) -> KeptAdvisory:
    kept = reviews().one(actor_of_request().tenant, advisory_id)
    if kept is None:
        raise NotFound
    return kept


def _review(advisory_id: str) -> Response:
    kept = _found(advisory_id)
    return _at_revision(json_response(review_of(kept)), kept)


def _at_revision(response: Response, kept: KeptAdvisory) -> Response:
    response.set_etag(str(kept.summary.revision))
    return response


def _read(schema: StrictSchema) -> dict[str, Any]:
    """Return a body through its schema; raise Refused with every mistake."""
    data, problems = loaded(schema, parse(read_json_body()))
    if problems:
        raise Refused(422, problems)
    return dict(data)
