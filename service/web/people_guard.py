"""Whether somebody may open a page: logged in, in a role, with a form of ours, and for the patient they came with."""

from flask import Response, g, request

from service.web.access import EVERY_ROLE, Access
from service.web.context import context
from service.web.people_forms import is_our_form, is_our_host
from service.web.people_pages import denied, to_login
from service.web.people_session import people, session_of_request

HARMLESS = frozenset({"GET", "HEAD"})


def admit(access: Access) -> Response | None:
    """Return None where the page may be opened, and else the answer instead of it."""
    if not is_our_host():
        return denied("host")
    session = session_of_request()
    if session is None:
        return to_login()
    g.person = session.actor
    # Where nobody is asked, whoever sits at this machine may do everything.
    if people().is_asked and session.actor.role not in {str(role) for role in access.roles}:
        return denied("role")
    # What every role may see is about no patient.
    is_bound = bool(session.login.advisories) and access.roles != EVERY_ROLE
    if is_bound and not _is_about_the_patient(session.actor.tenant, session.login.advisories):
        return denied("patient")
    if request.method not in HARMLESS and not is_our_form():
        return denied("form")
    g.admitted = True
    return None


def _is_about_the_patient(tenant: str, launched: tuple[str, ...]) -> bool:
    """Say whether everything that the address names is an advisory of the patients that somebody came with.

    The EHR let them see one record. That opens its advisories, older and newer, and not the tenant's worklist.
    """
    named = [value for value in (request.view_args or {}).values() if isinstance(value, str)]
    if not named:
        return False
    others = [known for known in named if known not in launched]
    if not others:
        return True
    reviews = context().service.reviews
    if reviews is None:
        return False
    theirs = {kept.summary.patient for known in launched if (kept := reviews.one(tenant, known))} - {None}
    found = [reviews.one(tenant, known) for known in others]
    return all(kept is not None and kept.summary.patient in theirs for kept in found)
