"""The description of the API and the pages made from it; then calls generated from the description."""

import re
from contextlib import suppress
from typing import Any

import pytest
import schemathesis
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.config import SchemathesisConfig

EXAMPLES = 30
CONFIG = {
    "checks": {
        # What JSON Schema cannot say (a birth date after as_of, an entry that says nothing) is refused as well.
        "positive_data_acceptance": {"expected-statuses": [200, 201, 400, 404, 409, 422]},
    }
}


@pytest.fixture(scope="session")
def api(app: Flask) -> Any:
    return schemathesis.openapi.from_wsgi("/openapi.json", app, config=SchemathesisConfig.from_dict(CONFIG))


@pytest.mark.parametrize("mode", list(GenerationMode))
def test_generated_calls_keep_the_contract(api: Any, mode: GenerationMode) -> None:
    """Call everything that is described, rightly and wrongly, and hold each answer against the description."""
    for found in api.get_all_operations():
        call_repeatedly(found.ok(), mode)


def call_repeatedly(operation: Any, mode: GenerationMode) -> None:
    @settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
    @given(case=operation.as_strategy(generation_mode=mode))
    def call(case: Any) -> None:
        case.call_and_validate()

    with suppress(Unsatisfiable):  # Some calls cannot be made wrongly: they take nothing.
        call()


def test_the_description_is_valid(api: Any) -> None:
    api.validate()


def test_every_route_for_machines_is_described(app: Flask, client: FlaskClient) -> None:
    described = set(client.get("/openapi.json").get_json()["paths"])
    routes = {re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule) for rule in app.url_map.iter_rules()}
    for_people = ("/assets", "/docs", "/launch", "/log", "/openapi.json", "/review", "/rules")
    assert not [route for route in routes - described if route != "/" and not route.startswith(for_people)]
    assert not [route for route in described if route.startswith(for_people)]


def test_every_reference_in_the_description_leads_somewhere(client: FlaskClient) -> None:
    spec = client.get("/openapi.json").get_json()
    for name in re.findall(r"#/components/schemas/(\w+)", client.get("/openapi.json").text):
        assert name in spec["components"]["schemas"]


@pytest.mark.parametrize("path", ["/", "/docs"])
def test_a_page_needs_nothing_from_elsewhere_and_runs_no_script(client: FlaskClient, path: str) -> None:
    page = client.get(path).text
    links = re.findall(r'(?:href|src|action)="([^"]*)"', page)
    assert links
    assert all(link.startswith(("/", "#")) and not link.startswith("//") for link in links)
    assert "<script" not in page
    assert not re.search(r"\son\w+=|style=", page)


@pytest.mark.parametrize("path", ["/", "/docs"])
def test_every_link_of_a_page_works(client: FlaskClient, path: str) -> None:
    for link in re.findall(r'href="([^"#]+)', client.get(path).text):
        assert client.get(link).status_code == 200


def test_the_page_tells_every_call_and_every_member(client: FlaskClient) -> None:
    page, spec = client.get("/docs").text, client.get("/openapi.json").get_json()
    for path in spec["paths"]:
        assert path in page
    for member in spec["components"]["schemas"]["Profile"]["properties"]:
        assert f"<code>{member}</code>" in page
