"""Launches from an EHR: its login, the patient's record, and then the screen (SMART App Launch 2.2, EHR launch)."""

from flask import Blueprint, Response, g
from werkzeug.exceptions import NotFound

from schemas.person import BY_LAUNCH, Launched, Login
from schemas.problem import Refused
from service.fetch import FetchFailed
from service.trust.untrusted import Untrusted
from service.web.admission import admitted
from service.web.context import context
from service.web.kept import reviews
from service.web.people import answered
from service.web.people_flow import BY_EHR, begun, question_of, read, written
from service.web.people_forms import is_our_host
from service.web.people_pages import denied, redirect_to
from service.web.people_ports import Launches
from service.web.people_session import log_in, login_cookie, people, session_of_request, set_login_cookie

CALLBACK = "/launch/callback"
LONGEST_SERVER, LONGEST_LAUNCH = 512, 4096
# So many records of one person's launches may be open side by side; then the oldest is left.
MOST_OPEN = 20

blueprint = Blueprint("launch", __name__)


@blueprint.get("/launch")
def launch() -> Response:
    """Send the browser to the EHR's login, if the EHR is one that may launch us."""
    here, ehrs = context(), _launches()
    server, token = answered("iss"), answered("launch")
    if not is_our_host() or not server or not token or len(server) > LONGEST_SERVER or len(token) > LONGEST_LAUNCH:
        return denied("launch")
    flow, seed = begun(BY_EHR, here.clock(), server=server)
    try:
        address = ehrs.begin(server, token, question_of(flow, seed, here.base + CALLBACK), here.clock())
    except Untrusted as untrusted:
        here.log.info("untrusted", reason=untrusted.reason)
        return denied("stranger")
    except FetchFailed:
        return denied("launch", 503)
    set_login_cookie(written(flow, seed))
    return redirect_to(address)


@blueprint.get(CALLBACK)
def callback() -> Response:
    """Take the EHR's answer, read the patient's record, keep an advisory, and show it."""
    here, ehrs = context(), _launches()
    known = read(login_cookie(), BY_EHR, answered("state"), here.clock())
    code = answered("code")
    if known is None or code is None:
        return denied("login")
    flow, seed = known
    question = question_of(flow, seed, here.base + CALLBACK)
    try:
        launched = ehrs.finish(flow.server, question, code, answered("iss"), here.clock())
        advisory = _advisory(launched)
    except Untrusted as untrusted:
        here.log.info("untrusted", reason=untrusted.reason, client=untrusted.client)
        return denied("not_staff" if untrusted.reason == "not_staff" else "launch")
    except (FetchFailed, Refused):
        return denied("launch", 503)
    log_in(_with_others(launched.login, advisory))
    return redirect_to(f"/review/{advisory}")


def _advisory(launched: Launched) -> str:
    """Return the advisory that the EHR's link names, if it is of this very patient; or else a new one."""
    actor, here = launched.login.actor, context()
    if launched.context:
        kept = reviews().one(actor.tenant, launched.context)
        if kept is not None and kept.summary.patient == launched.patient:
            return kept.summary.id
    # As heavy as if the EHR had sent it.
    g.body_length = len(launched.record)
    with admitted():
        kept_now = reviews().keep(launched.record, kind="fhir", actor=actor, now=here.clock(), key=None)
    here.metrics.count_outcomes(kept_now.spoke)
    return kept_now.id


def _with_others(login: Login, advisory: str) -> Login:
    """Return the login with what the same person has open from other launches, so that those pages go on working."""
    session = session_of_request()
    is_same = session is not None and session.login.by == BY_LAUNCH and session.actor == login.actor
    others = session.login.advisories if session and is_same else ()
    return Login(login.actor, BY_LAUNCH, (*others, advisory)[-MOST_OPEN:], login.needs_banner)


def _launches() -> Launches:
    found = people().launches
    if found is None:
        raise NotFound
    return found
