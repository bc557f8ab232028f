"""The published JSON Schemas: what they take is what the reader takes, and what we send keeps to them.

What no schema can say, the reader alone refuses, and ONLY_THE_READER lists it.
"""

import json
from typing import Any

import jsonschema
import pytest
from flask.testing import FlaskClient
from referencing import Registry, Resource

from schemas.cds_hooks import CALLS
from schemas.problem import Refused
from service.intake.hook import parts_of, receive_feedback, receive_hook
from service.web.published import SCHEMAS
from tests.calls import ABSENT, CLIENTS, FEEDBACK, INFERNO, MEDPLUM, SANDBOX, changed

PUBLISHED = {name: json.loads(text) for name, text in SCHEMAS.items()}
REGISTRY: Any = Registry().with_resources(
    (f"{name}.schema.json", Resource.from_contents(schema)) for name, schema in PUBLISHED.items()
)
CARD: dict[str, Any] = {
    "uuid": "4e0a3a1e-3283-4575-ab82-028d55fe2719",
    "summary": "x" * 139,
    "detail": "**x**",
    "indicator": "warning",
    "source": {
        "label": "magflag",
        "url": "https://cds.example/rules",
        "topic": {"code": "caution", "system": "https://cds.example/topics"},
    },
    "suggestions": [
        {
            "label": "Review",
            "uuid": "e56e1945-20b3-4393-8503-a1a20fd73152",
            "isRecommended": True,
            "actions": [{"type": "create", "description": "A task", "resource": {"resourceType": "Task"}}],
        }
    ],
    "selectionBehavior": "at-most-one",
    "overrideReasons": [{"code": "limited-time", "system": "http://example.org/reasons", "display": "No time"}],
    "links": [{"label": "Review", "url": "https://cds.example/launch", "type": "smart", "appContext": "abc"}],
    "extension": {"org.magflag.provenance": {"rules": ["kidney/x"]}},
}


def is_valid(name: str, data: Any) -> bool:
    validator = jsonschema.Draft202012Validator(PUBLISHED[name], registry=REGISTRY)
    return bool(validator.is_valid(data))


def is_taken(data: Any, hook: str) -> bool:
    try:
        parts_of(receive_hook(data, hook), ["patient", "kidney"])
    except Refused:
        return False
    return True


def is_feedback_taken(data: Any) -> bool:
    try:
        receive_feedback(data)
    except Refused:
        return False
    return True


@pytest.mark.parametrize("name", PUBLISHED)
def test_each_schema_is_one(name: str) -> None:
    jsonschema.Draft202012Validator.check_schema(PUBLISHED[name])
    assert PUBLISHED[name]["description"]


def test_every_hook_has_a_schema() -> None:
    requests = {f"{hook}-request" for hook in CALLS}
    assert set(PUBLISHED) == {"discovery", "response", "feedback", "hook-request"} | requests


@pytest.mark.parametrize("name", PUBLISHED)
def test_each_schema_can_be_fetched(pretend_client: FlaskClient, name: str) -> None:
    answer = pretend_client.get(f"/schemas/cds-hooks/{name}.schema.json")
    assert (answer.status_code, answer.content_type) == (200, "application/schema+json")
    assert answer.get_json(force=True) == PUBLISHED[name]


@pytest.mark.parametrize("path", ["nothing.schema.json", "response", "..%2fresponse.schema.json", "../hook.py"])
def test_nothing_else_can_be_fetched(pretend_client: FlaskClient, path: str) -> None:
    assert pretend_client.get(f"/schemas/cds-hooks/{path}").status_code == 404


@pytest.mark.parametrize("data", CLIENTS.values(), ids=CLIENTS)
def test_calls_of_real_clients_are_valid(data: dict[str, Any]) -> None:
    assert is_valid(f"{data['hook']}-request", data)
    assert is_taken(data, data["hook"])


VALUES = [ABSENT, None, "", " ", "x", 7, 1.5, -1, True, [], {}, [None], "http://x", "https://a b", "Bearer", "bearer"]
PLACES = [
    (SANDBOX, "/hook"),
    (SANDBOX, "/hookInstance"),
    (SANDBOX, "/fhirServer"),
    (SANDBOX, "/context"),
    (SANDBOX, "/context/userId"),
    (SANDBOX, "/context/patientId"),
    (SANDBOX, "/context/selections"),
    (SANDBOX, "/context/selections/0"),
    (SANDBOX, "/context/draftOrders"),
    (SANDBOX, "/context/draftOrders/resourceType"),
    (SANDBOX, "/context/draftOrders/entry"),
    (INFERNO, "/context/encounterId"),
    (INFERNO, "/extension"),
    (INFERNO, "/fhirAuthorization"),
    (MEDPLUM, "/fhirServer"),
    (MEDPLUM, "/fhirAuthorization"),
    *((MEDPLUM, f"/fhirAuthorization/{name}") for name in MEDPLUM["fhirAuthorization"]),
    (MEDPLUM, "/prefetch"),
    (MEDPLUM, "/prefetch/patient"),
    (MEDPLUM, "/prefetch/kidney"),
    (CLIENTS["HealthChain"], "/context/encounterId"),
]


@pytest.mark.parametrize("value", VALUES, ids=lambda value: "absent" if value is ABSENT else repr(value))
@pytest.mark.parametrize(("data", "pointer"), PLACES, ids=[f"{data['hook']}{at}" for data, at in PLACES])
def test_a_call_is_valid_exactly_if_it_is_taken(data: dict[str, Any], pointer: str, value: Any) -> None:
    sent = changed(data, pointer, value)
    assert is_valid(f"{data['hook']}-request", sent) == is_taken(sent, data["hook"])


LENGTHS = {"/hookInstance": 128, "/context/userId": 256, "/context/patientId": 128, "/context/selections/0": 256}


@pytest.mark.parametrize(("pointer", "most"), LENGTHS.items())
def test_the_limits_are_the_same(pointer: str, most: int) -> None:
    for length in (most, most + 1):
        sent = changed(SANDBOX, pointer, "x" * length)
        assert is_valid("order-select-request", sent) == is_taken(sent, "order-select") == (length == most)


@pytest.mark.parametrize("identifier", ["Patient/1", "Patient/..", "..", ".1", "a~b_c-d.e", "a/b", "a b", "é", "%31"])
def test_ids_are_the_same(identifier: str) -> None:
    sent = changed(SANDBOX, "/context/patientId", identifier)
    assert is_valid("order-select-request", sent) == is_taken(sent, "order-select")


def test_the_schema_says_more_of_prefetch_keys_that_are_not_ours() -> None:
    sent = changed(MEDPLUM, "/prefetch", {"patient": {"resourceType": "Patient"}, "other": 7})
    assert is_taken(sent, "patient-view")
    assert not is_valid("patient-view-request", sent)


ONLY_THE_READER = {
    "a day that is not": ("/feedback/0/outcomeTimestamp", "2026-02-30T10:05:31Z"),
    "a zone that is not": ("/feedback/0/outcomeTimestamp", "2026-02-03T10:05:31+99:00"),
}


@pytest.mark.parametrize(("pointer", "value"), ONLY_THE_READER.values(), ids=ONLY_THE_READER)
def test_what_no_schema_can_say_the_reader_refuses(pointer: str, value: str) -> None:
    sent = changed(FEEDBACK, pointer, value)
    assert is_valid("feedback", sent)
    assert not is_feedback_taken(sent)


FEEDBACK_PLACES = [
    "/feedback",
    "/feedback/0",
    "/feedback/0/card",
    "/feedback/0/outcome",
    "/feedback/0/acceptedSuggestions",
    "/feedback/0/acceptedSuggestions/0",
    "/feedback/0/acceptedSuggestions/0/id",
    "/feedback/0/outcomeTimestamp",
    "/feedback/1/overrideReason",
    "/feedback/1/overrideReason/reason",
    "/feedback/1/overrideReason/reason/code",
    "/feedback/1/overrideReason/reason/system",
    "/feedback/1/overrideReason/userComment",
]


@pytest.mark.parametrize("value", [*VALUES, "overridden", "accepted", "2026-11-21T10:05:31", "2026-11-21t10:05:31z"])
@pytest.mark.parametrize("pointer", FEEDBACK_PLACES)
def test_feedback_is_valid_exactly_if_it_is_taken(pointer: str, value: Any) -> None:
    sent = changed(FEEDBACK, pointer, value)
    assert is_valid("feedback", sent) == is_feedback_taken(sent)


def test_a_whole_card_is_valid() -> None:
    assert is_valid("response", {"cards": []})
    assert is_valid("response", {"cards": [CARD, {name: CARD[name] for name in ("summary", "indicator", "source")}]})


@pytest.mark.parametrize(
    ("pointer", "value"),
    [
        ("/summary", ABSENT),
        ("/summary", "x" * 140),
        ("/summary", " "),
        ("/detail", ""),
        ("/detail", None),
        ("/indicator", "hard-stop"),
        ("/source", {}),
        ("/source/label", ABSENT),
        ("/source/url", "/rules"),
        ("/source/topic/system", ABSENT),
        ("/suggestions", []),
        ("/suggestions/0/actions", []),
        ("/suggestions/0/actions/0/description", ABSENT),
        ("/suggestions/0/actions/0/resource", ABSENT),
        ("/suggestions/0/actions/0/resource", "Task/1"),
        ("/suggestions/0/actions/0/type", "delet"),
        ("/suggestions", [*CARD["suggestions"], *CARD["suggestions"]]),
        ("/selectionBehavior", ABSENT),
        ("/selectionBehavior", "all"),
        ("/overrideReasons/0/display", ABSENT),
        ("/overrideReasons", []),
        ("/links/0/type", "absolute"),
        ("/links/0/url", "review"),
        ("/extension", {}),
        ("/extension", {"org.magflag.provenance": {"rules": [None]}}),
        ("/extension", {"org.magflag.provenance": {"rules": []}}),
        ("/sumary", "x"),
    ],
)
def test_a_card_that_breaks_the_specification_is_not(pointer: str, value: Any) -> None:
    card = {**CARD, "sumary": "x"} if pointer == "/sumary" else changed(CARD, pointer, value)
    assert not is_valid("response", {"cards": [card]})


def test_of_suggestions_that_do_not_exclude_each_other_several_may_be_recommended() -> None:
    both = changed(CARD, "/suggestions", CARD["suggestions"] * 2)
    assert is_valid("response", {"cards": [changed(both, "/selectionBehavior", "any")]})


@pytest.mark.parametrize("data", [{}, {"cards": None}, {"cards": [], "systemActions": []}, {"cards": [], "note": "x"}])
def test_a_response_that_breaks_the_specification_is_not(data: Any) -> None:
    assert not is_valid("response", data)


def test_discovery_keeps_to_its_schema() -> None:
    service = {"hook": "patient-view", "id": "a-1", "description": "x", "prefetch": {"patient": "Patient/1"}}
    assert is_valid("discovery", {"services": [service, {**service, "version": "3.0.0-ballot", "hookVersion": "1.0"}]})
    mistakes: list[dict[str, Any]] = [{"id": "a/b"}, {"prefetch": {}}, {"title": ""}, {"description": None}, {"x": "x"}]
    for wrong in mistakes:
        assert not is_valid("discovery", {"services": [{**service, **wrong}]})
