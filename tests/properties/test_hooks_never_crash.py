"""Whatever becomes of a call on its way, it is answered with cards or refused with a reason; the real service says so.

A member at any depth is taken out, replaced or written twice, up to three of them in one call.
"""

import copy
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from hypothesis import given, settings
from hypothesis import strategies as st

from service.intake.fhir.prefetch import KEYS, OPTIONAL
from service.web.app import create_app
from service.wiring.service import build_service
from tests.calls import CLIENTS, FEEDBACK
from tests.contract.conftest import HOOKS, NOW

FOLDER = Path(__file__).parents[2] / "examples" / "cds-hooks"
SERVICE = {hook: known for known, hook in HOOKS.items()}
REFUSALS = {400, 412, 413, 422}
# Stands in for the name of a member that is to be written twice, which no dictionary can hold.
TWICE = "written twice: "
Mutation = tuple[str, int, Any]


def examples() -> list[dict[str, Any]]:
    found = [json.loads(file.read_text(encoding="utf-8")) for file in sorted(FOLDER.glob("*.json"))]
    empty = {key: {"resourceType": "Bundle", "entry": []} for key in KEYS} | {"patient": {"resourceType": "Patient"}}
    return [*found, found[-1] | {"prefetch": empty}, *CLIENTS.values()]


EXAMPLES = examples()
NUMBERS = [0, -1, 1e300, 10**400]
TEXTS = ["", " ", "x", "p-17", "Patient/p-18", "2026-13-45", "\u202e<b>", "\ud800", "x" * 5000]
TYPES = ["Bundle", "OperationOutcome", "MedicationRequest", "Patient"]
SINGLE = [None, True, *NUMBERS, *TEXTS, *({"resourceType": kind} for kind in TYPES)]
NAMES = st.sampled_from(["resourceType", "id", "coding", "entry", "resource", "reference", "value", "link", "x"])
ODD = st.recursive(
    st.sampled_from(SINGLE),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=5,
)


def places(value: Any) -> list[tuple[Any, Any]]:
    """Return every member at any depth: what holds it, and its name or number there."""
    inner = (
        list(value.items()) if isinstance(value, dict) else list(enumerate(value)) if isinstance(value, list) else []
    )
    return [found for name, each in inner for found in ((value, name), *places(each))]


def mutate(call: Any, how: str, number: int, value: Any) -> None:
    """Change one member of a call, in place."""
    everywhere = places(call)
    if not everywhere:
        return
    holder, name = everywhere[number % len(everywhere)]
    if how == "delete":
        del holder[name]
    elif how == "replace":
        holder[name] = copy.deepcopy(value)
    elif isinstance(holder, list):
        holder.insert(name, copy.deepcopy(holder[name]))
    else:
        holder[f"{TWICE}{name}"] = copy.deepcopy(holder[name])


# A member written twice makes the whole call unreadable, so that it is not drawn as often as the others.
HOW = st.sampled_from([*["delete", "replace"] * 4, "duplicate"])
MUTATIONS = st.lists(st.tuples(HOW, st.integers(0, 10_000), ODD), min_size=1, max_size=3)


def mutated(call: Mapping[str, Any], mutations: list[Mutation]) -> str:
    """Return the call as text, after all that was done to it."""
    changed = copy.deepcopy(dict(call))
    for mutation in mutations:
        mutate(changed, *mutation)
    return json.dumps(changed).replace(json.dumps(TWICE)[1:-1], "")


@pytest.fixture(scope="module")
def client() -> FlaskClient:
    return create_app(build_service(), clock=lambda: NOW).test_client()


def check_refusal(status: int, body: Any) -> None:
    assert status in REFUSALS
    assert body["resourceType"] == "OperationOutcome"
    assert all(issue["severity"] == "error" and issue["details"]["text"] for issue in body["issue"])
    assert body["issue"]


def is_unknown(key: str, prefetch: Mapping[str, Any]) -> bool:
    """Say whether a call leaves a key open; of those that no rule waits for, only an error does."""
    sent = prefetch.get(key)
    is_error = isinstance(sent, dict) and sent.get("resourceType") == "OperationOutcome"
    return is_error or (sent is None and key not in OPTIONAL)


@settings(max_examples=400, deadline=None)
@given(call=st.sampled_from(EXAMPLES), mutations=MUTATIONS)
def test_every_call_is_answered_or_refused(
    client: FlaskClient, call: dict[str, Any], mutations: list[Mutation]
) -> None:
    text = mutated(call, mutations)
    answer = client.post(f"/cds-services/{SERVICE[call['hook']]}", data=text, content_type="application/json")
    assert answer.content_type == "application/json"
    body = json.loads(answer.data)
    if answer.status_code != 200:
        check_refusal(answer.status_code, body)
        return
    assert set(body) == {"cards"}
    assert all(card["summary"] and card["detail"] and card["indicator"] for card in body["cards"])
    prefetch = json.loads(text).get("prefetch") or {}
    assert body["cards"] or not any(is_unknown(key, prefetch) for key in KEYS)


@settings(max_examples=200, deadline=None)
@given(mutations=MUTATIONS)
def test_every_report_is_taken_or_refused(client: FlaskClient, mutations: list[Mutation]) -> None:
    path = "/cds-services/magnesium-patient-view/feedback"
    answer = client.post(path, data=mutated(FEEDBACK, mutations), content_type="application/json")
    if answer.status_code == 200:
        assert answer.data == b""
    else:
        check_refusal(answer.status_code, json.loads(answer.data))


def test_the_examples_are_answered_as_they_are(client: FlaskClient) -> None:
    statuses = {client.post(f"/cds-services/{SERVICE[call['hook']]}", json=call).status_code for call in EXAMPLES}
    assert statuses == {200, 412}, "else nothing above was about calls that are right"
