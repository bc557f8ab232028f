"""The clinician's screen: one advisory, what is decided on it, and its sign-off. Plain forms, no script needed.

After each change the browser is sent on (303), so that loading a page again never decides again.
"""

from http import HTTPStatus

from flask import Blueprint, Response, make_response, redirect, request
from flask.typing import ResponseReturnValue

from schemas.problem import Refused
from schemas.review import Conflict
from service.presenters.page_advisory import SIGN_OFF
from service.web.context import context
from service.web.kept import reviews
from service.web.people_session import person_of_request
from service.web.review_forms import Mistake, mistakes_of, sent_revision, typed_decision
from service.web.review_pages import advisory_page, conflict_page, found, next_to_decide, said_of, view_of

blueprint = Blueprint("review", __name__, url_prefix="/review")
UNPROCESSABLE = HTTPStatus.UNPROCESSABLE_ENTITY


@blueprint.get("/<advisory_id>")
def advisory(advisory_id: str) -> str:
    """Show one advisory. The history keeps who looked; coming back from one's own change is no new look."""
    kept, actor = found(advisory_id), person_of_request()
    recorded = request.args.get("recorded")
    if recorded is None:
        reviews().viewed(actor.tenant, advisory_id, actor, context().clock())
    said = ""
    view = view_of(kept)
    if recorded == str(kept.summary.revision):
        said = said_of(reviews().history(actor.tenant, advisory_id), view.titles)
    return advisory_page(view, said=said)


@blueprint.get("/<advisory_id>/print")
def printed(advisory_id: str) -> str:
    """Show one advisory with everything unfolded, for paper."""
    return advisory_page(view_of(found(advisory_id)), printing=True)


@blueprint.post("/<advisory_id>/decisions")
def decide(advisory_id: str) -> ResponseReturnValue:
    """Keep a decision, and go on to the next thing to decide."""
    actor, typed = person_of_request(), typed_decision()
    found(advisory_id)
    try:
        revision = reviews().decide(actor.tenant, advisory_id, typed.decision, typed.revision, actor, context().clock())
    except Conflict as conflict:
        kept = found(advisory_id)
        if not typed.stands(kept.decisions, actor.name):
            return conflict_page(view_of(kept), conflict, typed), HTTPStatus.CONFLICT
        revision = kept.summary.revision
    except Refused as refused:
        if refused.status != UNPROCESSABLE:
            raise
        view = view_of(found(advisory_id))
        return advisory_page(view, typed, mistakes_of(refused, typed)), UNPROCESSABLE
    return _on_to(advisory_id, revision, next_to_decide(found(advisory_id), typed.rules))


@blueprint.post("/<advisory_id>/sign-off")
def sign(advisory_id: str) -> ResponseReturnValue:
    """Sign an advisory, if every flag has a decision."""
    actor, revision = person_of_request(), sent_revision()
    found(advisory_id)
    try:
        signed = reviews().sign(actor.tenant, advisory_id, revision, actor, context().clock())
    except Conflict as conflict:
        return conflict_page(view_of(found(advisory_id)), conflict, None), HTTPStatus.CONFLICT
    except Refused as refused:
        if refused.status != UNPROCESSABLE:
            raise
        view = view_of(found(advisory_id))
        left = [Mistake(f"There is no decision on: {item.title}", item.anchor) for item in view.left]
        return advisory_page(view, mistakes=left), UNPROCESSABLE
    return _on_to(advisory_id, signed, SIGN_OFF)


def _on_to(advisory_id: str, revision: int, anchor: str) -> Response:
    address = f"/review/{advisory_id}?recorded={revision}#{anchor}"
    return make_response(redirect(address, HTTPStatus.SEE_OTHER))
