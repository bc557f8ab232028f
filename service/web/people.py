"""Logging in and out: by the organisation's provider (OpenID Connect), or with a typed name where nobody is asked."""

from flask import Blueprint, Response, render_template, request
from werkzeug.exceptions import NotFound

from schemas.person import BY_NAME, BY_OPENID, Login
from service.fetch import FetchFailed
from service.trust.people import NotListed
from service.trust.untrusted import Untrusted
from service.web.context import context
from service.web.people_flow import BY_PROVIDER, begun, question_of, read, written
from service.web.people_forms import is_our_form, is_our_host
from service.web.people_pages import denied, own_path, redirect_to
from service.web.people_ports import OpenId
from service.web.people_session import (
    LOCAL_NAME,
    end_session,
    local_session,
    log_in,
    login_cookie,
    people,
    set_login_cookie,
)

CALLBACK = "/login/callback"
LONGEST_NAME = 80
LOGGED_OUT = "/logged-out"

blueprint = Blueprint("people", __name__)


@blueprint.get("/login")
def login() -> Response:
    """Show how to log in here."""
    if not is_our_host():
        return denied("host")
    here = people()
    how = "provider" if here.openid else "launch" if here.is_asked else "name"
    page = render_template(
        "people/login.html", how=how, next=own_path(request.args.get("next")), name=LOCAL_NAME, longest=LONGEST_NAME,
        can_launch=here.launches is not None,
    )  # fmt: skip
    return Response(page)


@blueprint.post("/login")
def name() -> Response:
    """Begin a session with a typed name, where nobody is asked who they are."""
    if people().is_asked or people().sessions is None:
        raise NotFound
    if not (is_our_host() and is_our_form()):
        return denied("form")
    typed = " ".join("".join(each if each.isprintable() else " " for each in request.form.get("name", "")).split())
    actor = local_session(typed[:LONGEST_NAME] or LOCAL_NAME).actor
    log_in(Login(actor, BY_NAME))
    return redirect_to(own_path(request.form.get("next")))


@blueprint.get("/login/start")
def start() -> Response:
    """Send the browser to the provider."""
    here, provider = context(), _provider()
    flow, seed = begun(BY_PROVIDER, here.clock(), own_path(request.args.get("next")))
    try:
        address = provider.begin(question_of(flow, seed, here.base + CALLBACK), here.clock())
    except FetchFailed:
        return denied("provider", 503)
    set_login_cookie(written(flow, seed))
    return redirect_to(address)


@blueprint.get(CALLBACK)
def callback() -> Response:
    """Take the provider's answer, and begin a session."""
    here, provider = context(), _provider()
    known = read(login_cookie(), BY_PROVIDER, answered("state"), here.clock())
    code = answered("code")
    if known is None or code is None:
        return denied("login")
    flow, seed = known
    question = question_of(flow, seed, here.base + CALLBACK)
    try:
        actor = provider.finish(question, code, answered("iss"), here.clock())
    except NotListed:
        return denied("unlisted")
    except Untrusted as untrusted:
        here.log.info("untrusted", reason=untrusted.reason)
        return denied("login")
    except FetchFailed:
        return denied("provider", 503)
    log_in(Login(actor, BY_OPENID))
    return redirect_to(own_path(flow.next))


@blueprint.post("/logout")
def logout() -> Response:
    """End the session."""
    if not (is_our_host() and is_our_form()):
        return denied("form")
    end_session()
    return redirect_to(LOGGED_OUT)


@blueprint.get(LOGGED_OUT)
def logged_out() -> str:
    """Say that the session has ended, and what has not."""
    return render_template("people/logged_out.html", by_provider=people().openid is not None)


def answered(name: str) -> str | None:
    """Return a member of what a provider answered, if it is there once and is not empty.

    It may add others, which we do not know and leave alone (RFC 6749, section 4.1.2).
    """
    given = request.args.getlist(name)
    return given[0] if len(given) == 1 and given[0] else None


def _provider() -> OpenId:
    found = people().openid
    if found is None:
        raise NotFound
    return found
