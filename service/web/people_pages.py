"""The pages around a login that has nothing to show but a sentence, and where a login leads."""

import re
from http import HTTPStatus
from urllib.parse import urlencode, urlsplit

from flask import Flask, Response, current_app, g, make_response, redirect, render_template, request
from werkzeug.exceptions import HTTPException

from schemas.person import PatientBanner, Session
from service.intake.fhir.banner import banner_of
from service.intake.strict_json import parse_fhir
from service.web.access import ACCESS, Who
from service.web.context import context
from service.web.people_forms import csrf_field
from service.web.people_session import people

HOME = "/review"
LONGEST_PATH = 1024
# One slash and no second one, so that no browser reads a host in it; no backslash, blank or control character.
PATH = re.compile(r"/(?![/\\])[A-Za-z0-9._~!$&'()*+,;=:@/?%-]*", re.ASCII)
# Why somebody is not let in: the heading, and what they can do.
DENIED = {
    "role": ("You may not open this page", "Your login is for other pages. Ask whoever runs magflag for another role."),
    "patient": (
        "This page is not about the patient you came with",
        "You came from one patient's record, so that only this patient's advisories open. Open the other patient's "
        "record in your EHR and start magflag there, or log in.",
    ),
    "form": (
        "This form was not sent from our own page",
        "Nothing was changed. Go back, load the page again and send it once more. If your browser hides where a form "
        "comes from, allow it for this address.",
    ),
    "host": (
        "This is not an address of ours",
        "On this machine nobody is asked who they are, so magflag answers at its own address only.",
    ),
    "unlisted": (
        "You are known, but not listed here",
        "Your organisation's login worked. magflag has no rule that says what you may do here. Ask whoever runs it to "
        "add you to its people file.",
    ),
    "login": (
        "The login did not work",
        "It took too long, was answered twice, or the answer cannot be trusted. Nothing was changed. Start again.",
    ),
    "provider": (
        "Your organisation's login cannot be reached",
        "It did not answer as it should. Try again in a minute.",
    ),
    "launch": (
        "The record could not be opened",
        "Your EHR started magflag, but the login or the patient's record could not be had. Nothing was kept. Close "
        "this page and start it again from the record.",
    ),
    "stranger": (
        "This EHR is not known here",
        "magflag opens records only from the servers that its clients file lists for launches.",
    ),
    "not_staff": (
        "This screen is for clinicians",
        "Your EHR says that you are not logged in there as a practitioner.",
    ),
}


def install_pages(app: Flask) -> None:
    """Give templates who is logged in, whose record it is where the EHR does not show it, and the field of forms."""
    app.jinja_env.globals["csrf_field"] = csrf_field
    app.context_processor(_known)


def _known() -> dict[str, object]:
    session = g.get("session")
    # A page that refuses somebody must not say whose record it would have been.
    is_banner_due = session is not None and g.get("admitted", False)
    return {
        "person": session,
        "is_asked": people().is_asked,
        "can_log_in": people().sessions is not None,
        "patient_banner": patient_banner(session) if is_banner_due else None,
    }


def patient_banner(session: Session) -> PatientBanner | None:
    """Return whose record the page is about, if the EHR asked us to show it (SMART, need_patient_banner)."""
    reviews = context().service.reviews
    known = next(iter((request.view_args or {}).values()), None)
    if not session.login.needs_banner or reviews is None or not isinstance(known, str):
        return None
    kept = reviews.one(session.actor.tenant, known)
    return banner_of(parse_fhir(kept.input)) if kept and kept.kind == "fhir" else None


def denied(why: str, status: int = HTTPStatus.FORBIDDEN) -> Response:
    """Return the page that says in plain words why somebody is not let in, and nothing that helps a stranger."""
    heading, told = DENIED[why]
    context().log.info("denied", reason=why)
    return make_response(render_template("people/denied.html", heading=heading, told=told), status)


def to_login() -> Response:
    """Send somebody who is not logged in to the login, and from there to where they wanted to be."""
    wanted = request.full_path.removesuffix("?") if request.method in {"GET", "HEAD"} else _page_before()
    return redirect_to("/login", next=own_path(wanted))


def _page_before() -> str:
    """Return the path of the page that a form was on: after the login that is shown, the form's address cannot be."""
    try:
        parts = urlsplit(request.headers.get("Referer", ""))
    except ValueError:
        return HOME
    return f"{parts.path}?{parts.query}" if parts.query else parts.path


def redirect_to(path: str, **query: str) -> Response:
    """Return a redirect to be followed with GET."""
    address = path if not query else f"{path}?{urlencode(query)}"
    return make_response(redirect(address, HTTPStatus.SEE_OTHER))


def own_path(wanted: str | None) -> str:
    """Return a path of ours that somebody may be sent to, or the worklist: never an address elsewhere."""
    if not wanted or len(wanted) > LONGEST_PATH or PATH.fullmatch(wanted) is None:
        return HOME
    try:
        endpoint, _ = current_app.url_map.bind("").match(wanted.partition("?")[0], "GET")
    except HTTPException:
        return HOME
    return wanted if ACCESS[endpoint].who is Who.PERSON else HOME
