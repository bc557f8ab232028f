"""An application in which people log in, with a clock that a test turns, and pages that say who they think is there."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from unittest.mock import patch

from flask import Flask, jsonify, render_template_string
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from service.store.database import open_database
from service.store.sessions import Sessions
from service.web.access import ACCESS, Access, Role, Who
from service.web.app import create_app
from service.web.people_forms import csrf_field
from service.web.people_ports import Launches, OpenId, People
from service.web.people_session import person_of_request
from service.web.ports import Guard, Service
from service.web.settings import Settings
from tests.signing import NOW

BASE = "https://magflag.example"
LOCAL = "http://127.0.0.1:8080"
PAGE, DECIDE = "/review/probe", "/review/probe/decide"
ROWS = {
    "probe.worklist": Access(Who.PERSON, frozenset({"page"}), frozenset({Role.CLINICIAN})),
    "probe.one": Access(Who.PERSON, roles=frozenset({Role.CLINICIAN})),
    "probe.shown": Access(Who.PERSON, roles=frozenset({Role.CLINICIAN})),
    "probe.decide": Access(Who.PERSON, roles=frozenset({Role.CLINICIAN})),
}


class _Browser(FlaskClient):
    base: str

    def open(self, *args: Any, **kwargs: Any) -> TestResponse:
        return super().open(*args, **{"base_url": self.base, **kwargs})


class Clock:
    """Tells the time that a test says."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **by: float) -> None:
        self.now += timedelta(**by)


@contextmanager
def people_app(
    tmp_path: Path,
    service: Service,
    *,
    clock: Clock | None = None,
    base: str = BASE,
    is_asked: bool = True,
    openid: OpenId | None = None,
    launches: Launches | None = None,
) -> Iterator[Flask]:
    """Return an application with sessions in a database, and the probing pages of ROWS."""
    engine = open_database(f"sqlite:///{tmp_path}/people.db")
    people = People(Sessions(engine), openid=openid, launches=launches)
    settings, guard = Settings(auth=is_asked, public_url=base), Guard(find=_nobody)
    with patch.dict(ACCESS, ROWS):
        app = create_app(service, settings, clock or Clock(), guard, people)
        app.add_url_rule(PAGE, "probe.worklist", _who)
        app.add_url_rule(f"{PAGE}/one/<advisory>", "probe.one", _who)
        app.add_url_rule(f"{PAGE}/shown/<advisory>", "probe.shown", _shown)
        app.add_url_rule(DECIDE, "probe.decide", _who, methods=["POST"])
        yield app
    engine.dispose()


def _nobody(token: str, now: datetime) -> None:
    """Know no token."""


def _who(advisory: str | None = None) -> Any:
    actor = person_of_request()
    return jsonify(name=actor.name, role=actor.role, tenant=actor.tenant, field=str(csrf_field()), advisory=advisory)


def _shown(advisory: str) -> str:
    assert advisory
    return render_template_string('{% include "people/who.html" %}')


def browser(app: Flask, base: str = BASE) -> FlaskClient:
    """Return a browser that asks for the application at its address."""
    client = _Browser(app)
    client.base = base
    return client


def token_in(answer: TestResponse) -> str:
    found = re.search(r'name=\\?"csrf_token\\?" value=\\?"([0-9a-f]{64})', answer.text)
    assert found, answer.text
    return found[1]


def cookies_of(answer: TestResponse) -> dict[str, str]:
    """Return what an answer sets, by the cookie's name."""
    return {each.partition("=")[0]: each for each in answer.headers.getlist("Set-Cookie")}
