"""The session of a request: its cookie, and who is logged in.

The cookie is __Host-magflag: only this host, only over https, no script reads it, and another site's form does not
send it. Over plain http on this machine it is magflag, because a browser would refuse the other one.
"""

import secrets
from dataclasses import replace
from datetime import UTC, datetime
from typing import cast

from flask import Flask, Response, current_app, g, request

from schemas.client import NOBODY
from schemas.clients_file import is_this_machine
from schemas.person import BY_NAME, Login, Session
from schemas.review import Actor
from service.store.sessions import is_session_id
from service.web.access import Role
from service.web.context import context
from service.web.people_flow import LONGEST_SECONDS
from service.web.people_ports import People

EXTENSION = "magflag.people"
SESSION, LOGIN = "magflag", "magflag-login"
HOST_ONLY = "__Host-"
SESSION_BYTES = 32
LOCAL_NAME = "local user"


def install_sessions(app: Flask, people: People | None, is_asked: bool) -> None:
    """Let every request know its session, and send the cookies that it made or ended."""
    app.extensions[EXTENSION] = replace(people or People(), is_asked=is_asked)
    app.after_request(_send_cookies)


def people() -> People:
    """Return how people are known to the application that answers this request."""
    return cast(People, current_app.extensions[EXTENSION])


def local_session(name: str = LOCAL_NAME) -> Session:
    """Return the session of whoever sits at this machine, where nobody is asked."""
    login = Login(Actor(name, Role.CLINICIAN, NOBODY.tenant), BY_NAME)
    return Session(login, datetime.max.replace(tzinfo=UTC))


def session_of_request() -> Session | None:
    """Return who is logged in; where nobody is asked, whoever sits at this machine."""
    if "session" not in g:
        known, sessions = session_id(), people().sessions
        found = sessions.find(known, context().clock()) if known and sessions else None
        g.session = found or (None if people().is_asked else local_session())
    return cast("Session | None", g.session)


def person_of_request() -> Actor:
    """Return who is at the screen, as the history will name them; for routes that are for people only."""
    session = session_of_request()
    if session is None:
        raise LookupError("nobody is logged in, and this route is not one for people")
    return session.actor


def session_id() -> str | None:
    """Return the id in the cookie, if it looks like one."""
    known = request.cookies.get(_name(SESSION), "")
    return known if is_session_id(known) else None


def visitor_id() -> str:
    """Return the id in the cookie, or a new one that stands for no session: forms of this browser are known by it."""
    if "visitor" not in g:
        g.visitor = session_id()
    if g.visitor is None:
        g.visitor = secrets.token_urlsafe(SESSION_BYTES)
        set_session(g.visitor)
    return cast(str, g.visitor)


def set_session(known: str) -> None:
    """Send the cookie of a session."""
    _cookies()[SESSION] = known


def end_session() -> None:
    """End the session of this request, here and in the browser."""
    known, sessions = session_id(), people().sessions
    if known and sessions:
        sessions.close(known)
    _cookies()[SESSION] = None


def log_in(login: Login) -> None:
    """Begin a session under a new id; whatever id the browser had before is worth nothing from now on."""
    sessions = people().sessions
    if sessions is None:
        raise LookupError("there is no place for sessions, and this application lets nobody log in")
    set_session(sessions.open(login, context().clock(), instead_of=session_id()))


def login_cookie() -> str | None:
    """Return the cookie of a login on its way, and end it: it counts once."""
    _cookies()[LOGIN] = None
    return request.cookies.get(_name(LOGIN))


def set_login_cookie(value: str) -> None:
    """Send the cookie of a login on its way."""
    _cookies()[LOGIN] = value


def _cookies() -> dict[str, str | None]:
    if "cookies" not in g:
        g.cookies = {}
    return cast("dict[str, str | None]", g.cookies)


def is_plain_http() -> bool:
    """Say whether the service is reached without encryption, which only this machine may do."""
    base = context().base
    return base.lower().startswith("http:") and is_this_machine(base)


def _name(cookie: str) -> str:
    return cookie if is_plain_http() else HOST_ONLY + cookie


def _send_cookies(response: Response) -> Response:
    for cookie, value in g.get("cookies", {}).items():
        kept = LONGEST_SECONDS if cookie == LOGIN else None
        response.set_cookie(
            _name(cookie), value or "", max_age=kept if value else 0, secure=not is_plain_http(), httponly=True,
            samesite="Lax", path="/",
        )  # fmt: skip
    return response
