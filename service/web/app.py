"""The application: routes, guards, errors, headers and counters put together."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from flask import Flask, Response

from service.web import (
    advisories,
    assets,
    cds,
    evaluate,
    fhir,
    knowledge,
    launch,
    operations,
    pages,
    review,
    review_list,
    rule_pages,
)
from service.web import people as people_views
from service.web.access import guard_routes
from service.web.admission import hold_bodies
from service.web.assets import install_assets
from service.web.body import read_what_is_left
from service.web.context import EXTENSION, Context, moment
from service.web.cors import allow_origins
from service.web.errors import install_errors
from service.web.gates import make_gates
from service.web.headers import add_headers
from service.web.logs import log_requests, make_log, method_of_request, route_of_request
from service.web.metrics import Metrics
from service.web.openapi import description, make_api
from service.web.people_pages import install_pages
from service.web.people_ports import People
from service.web.people_session import install_sessions
from service.web.ports import Guard, Service
from service.web.review_pages import install_review
from service.web.settings import Settings
from service.web.trust import check_callers


class _Application(Flask):
    """Flask, without its habit of writing tracebacks: service.web.errors says what may be said."""

    def log_exception(self, exc_info: Any) -> None:
        """Stay silent."""


def create_app(
    service: Service,
    settings: Settings | None = None,
    clock: Callable[[], datetime] = moment,
    guard: Guard | None = None,
    people: People | None = None,
) -> Flask:
    """Return the WSGI application for a service; without a guard, nobody is asked who they are.

    `people` says how people log in to the pages; whether they must, the settings say.
    """
    settings, guard = settings or Settings(), guard or Guard()
    if (settings.auth and guard.find is None) or (settings.cds_auth and guard.verify is None):
        raise ValueError("callers must be asked who they are, and nothing is there to ask them")
    app = _Application("service.web", static_folder=None)
    # An address has one spelling; we redirect nobody.
    app.url_map.strict_slashes = True
    app.url_map.merge_slashes = False
    log, metrics = make_log(), Metrics()
    gates = make_gates(settings.max_evaluations)
    app.extensions[EXTENSION] = Context(service, clock, gates, metrics, log, guard, settings.public_url)
    install_errors(app)
    add_headers(app)
    log_requests(app, log)
    _count_requests(app, metrics)
    hold_bodies(app)
    app.after_request(read_what_is_left)
    allow_origins(app)
    install_sessions(app, people, is_asked=settings.auth)
    install_pages(app)
    install_assets(app)
    install_review(app)
    check_callers(app)
    _add_routes(app)
    guard_routes(app)
    return app


def _add_routes(app: Flask) -> None:
    api = make_api(app)
    for part in (evaluate, advisories, cds, fhir, knowledge, operations):
        api.register_blueprint(part.blueprint)
    app.register_blueprint(pages.blueprint)
    app.register_blueprint(rule_pages.blueprint)
    for screen in (assets, review, review_list, people_views):
        app.register_blueprint(screen.blueprint)
    app.register_blueprint(launch.blueprint)
    app.extensions["openapi"] = description(api)


def _count_requests(app: Flask, metrics: Metrics) -> None:
    def count(response: Response) -> Response:
        metrics.requests.labels(method_of_request(), route_of_request(), str(response.status_code)).inc()
        return response

    app.after_request(count)
