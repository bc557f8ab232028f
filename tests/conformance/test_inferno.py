"""What the Inferno Da Vinci CRD test kit checks of any CDS server, and what our own published schemas say of it.

The kit's checks of cards, links and suggestions are written here again from cards_validation.rb and
suggestion_actions_validation.rb; those that are about coverage, which we do not answer, are left out.
"""

from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit

import jsonschema
import pytest
from referencing import Registry, Resource

from tests.conformance.charts import (
    EXAMPLES,
    NOTHING,
    OUTCOME,
    chosen,
    example,
    members,
    of_the_sandbox,
    quiet,
    with_prefetch,
)  # fmt: skip
from tests.conformance.running import SERVICE, Running

Calls = dict[str, dict[str, Any]]
Fields = dict[str, type]
CARD: Fields = {"summary": str, "indicator": str, "source": dict}
MAYBE: Fields = {"uuid": str, "detail": str, "suggestions": list, "overrideReasons": list, "links": list}
CODING: Fields = {"code": str, "system": str}


def calls() -> Calls:
    """Return every example, what clients send in their place, and charts of which something is unknown."""
    found = {name: example(name) for name in EXAMPLES}
    found |= {f"{name}, null": with_prefetch(found[name], kidney=None) for name in EXAMPLES}
    found |= {f"{name}, an error": with_prefetch(found[name], conditions=OUTCOME) for name in EXAMPLES}
    drafts = of_the_sandbox()
    found |= {"an empty chart": quiet(), "a bare draft": drafts, "a draft with a name": chosen(drafts)}
    return found | {"orders alone": with_prefetch(found["order-sign"], medrequests=..., medstatements=NOTHING)}


CALLS = calls()


@pytest.fixture(params=CALLS)
def answered(service: Running, request: pytest.FixtureRequest) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Return a call and its cards."""
    call = CALLS[request.param]
    return call, service.cards(call)


def has(value: Any, fields: Fields, what: str) -> None:
    """Every field is there, of its type, and not blank."""
    for name, kind in fields.items():
        assert isinstance(value.get(name), kind), f"{what}.{name}"
        assert value[name], f"{what}.{name} is empty"
        assert kind is not str or value[name].strip(), f"{what}.{name} is blank"


def check_card(card: dict[str, Any]) -> None:
    has(card, CARD, "Card")
    has(card, {name: kind for name, kind in MAYBE.items() if name in card}, "Card")
    assert len(card["summary"]) < 140
    assert card["indicator"] in ("info", "warning", "critical")
    has(card["source"], {"label": str, "topic": dict}, "Source")
    has(card["source"]["topic"], CODING, "Source topic")
    for reason in card.get("overrideReasons", ()):
        has(reason, CODING | {"display": str}, "OverrideReason")


def check_links(card: dict[str, Any]) -> None:
    for link in card.get("links", ()):
        has(link, {"label": str, "type": str, "url": str}, "Link")
        assert link["type"] in ("absolute", "smart")
        assert urlsplit(link["url"]).scheme in ("http", "https")
        assert urlsplit(link["url"]).hostname
        assert link["type"] == "smart" or not link.get("appContext")


def check_suggestions(card: dict[str, Any]) -> None:
    assert not card.get("suggestions") or card.get("selectionBehavior") in ("at-most-one", "any")
    for suggestion in card.get("suggestions", ()):
        has(suggestion, {"label": str}, "Suggestion")
        # Of actions the kit asks more; we suggest none, and an empty list would fail it.
        assert "actions" not in suggestion


def test_discovery_has_what_every_client_needs(published: dict[str, Any]) -> None:
    assert isinstance(published["services"], list)
    for each in published["services"]:
        has(each, {"hook": str, "description": str, "id": str, "title": str, "prefetch": dict}, "Service")
        assert SERVICE[each["hook"]] == each["id"]
        tokens = {token for template in each["prefetch"].values() for token in template.split("{{")[1:]}
        assert {token.partition("}}")[0] for token in tokens} == {"context.patientId"}, "all that 2.0 and Medplum know"


def test_every_answer_is_one_that_the_kit_takes(answered: tuple[dict[str, Any], list[dict[str, Any]]]) -> None:
    _, cards = answered
    assert cards
    for card in cards:
        check_card(card)
        check_links(card)
        check_suggestions(card)


def test_no_answer_acts_or_holds_nothing(answered: tuple[dict[str, Any], list[dict[str, Any]]]) -> None:
    _, cards = answered
    found = list(members(cards))
    assert [at for at, value in found if value is None or value in ("", [], {})] == []
    forbidden = {"systemActions", "actions", "actionSelectionBehavior", "autolaunchable", "resource", "resourceId"}
    assert [at for at, _ in found if at.rpartition("/")[2] in forbidden] == []


def test_a_link_says_nothing_of_the_patient_and_leads_to_a_page(service: Running) -> None:
    links = {link["url"] for name in EXAMPLES for card in service.cards(CALLS[name]) for link in card["links"]}
    for link in links:
        assert not urlsplit(link).query
        page = service.get(link.removeprefix(service.base))
        assert (page.status_code, page.headers["Content-Type"].split(";")[0]) == (200, "text/html")


@pytest.fixture(scope="module")
def validator(service: Running) -> Callable[[str], Any]:
    """Return what makes a validator of a schema as it is published, with what that refers to."""

    def fetched(uri: str) -> Any:
        answer = service.session.get(uri)
        assert (answer.status_code, answer.headers["Content-Type"]) == (200, "application/schema+json")
        return Resource.from_contents(answer.json())

    registry: Any = Registry(retrieve=fetched)  # type: ignore[call-arg]

    def make(name: str) -> Any:
        uri = service.url(f"/schemas/cds-hooks/{name}.schema.json")
        return jsonschema.Draft202012Validator({"$ref": uri}, registry=registry)

    return make


def mistakes(validator: Any, data: Any) -> Iterator[str]:
    for error in validator.iter_errors(data):
        yield f"{error.json_path}: {error.message}"


def test_discovery_keeps_to_the_published_schema(validator: Any, published: dict[str, Any]) -> None:
    assert list(mistakes(validator("discovery"), published)) == []
    assert list(mistakes(validator("discovery"), {"services": [{"id": 1}]})), "it can refuse"


def test_calls_and_answers_keep_to_the_published_schemas(service: Running, validator: Any) -> None:
    for name, call in CALLS.items():
        assert list(mistakes(validator(f"{call['hook']}-request"), call)) == [], name
        assert list(mistakes(validator("response"), service.hook(call).json())) == [], name
    assert list(mistakes(validator("response"), {"cards": [{"summary": "x"}]})), "it can refuse"
