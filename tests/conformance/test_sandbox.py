"""HL7's sandbox, from a browser: it asks first, sends drafts that are hardly begun, and fires again at every change.

As in the sandbox's own source: service-exchange.js, cds-execution.js, jwt-generator.js.
"""

from datetime import UTC, datetime
from typing import Any

import pytest

from tests.conformance.charts import chosen, in_words, missing, of_the_sandbox, provenance, said
from tests.conformance.running import Running
from tests.conformance.signers import SANDBOX

SELECT = "/cds-services/magnesium-order-select"
ORDER = "MedicationRequest/request-123"
PAGE = SANDBOX.issuer
PREFLIGHT = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization,content-type"}


SANDBOX_CALL = of_the_sandbox()


def fire(guarded: Running, call: dict[str, Any]) -> list[dict[str, Any]]:
    answer = guarded.post(SELECT, call, SANDBOX.token(guarded.url(SELECT)), Origin=PAGE, Accept="application/json")
    assert answer.status_code == 200, answer.text
    assert answer.headers["Access-Control-Allow-Origin"] == PAGE
    cards: list[dict[str, Any]] = answer.json()["cards"]
    return cards


def report(guarded: Running, **outcome: Any) -> Any:
    """Report on a card, at once, as the sandbox does for each click."""
    moment = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    path = f"{SELECT}/feedback"
    sent = {"feedback": [{"outcomeTimestamp": moment, **outcome}]}
    return guarded.post(path, sent, SANDBOX.token(guarded.url(path)), Origin=PAGE)


@pytest.mark.parametrize("path", ["/cds-services", SELECT, f"{SELECT}/feedback"])
def test_the_browser_asks_first_and_without_a_token(guarded: Running, path: str) -> None:
    answer = guarded.ask("OPTIONS", path, None, None, {"Origin": PAGE, **PREFLIGHT})
    assert (answer.status_code, answer.content) == (204, b"")
    assert answer.headers["Access-Control-Allow-Origin"] == PAGE
    assert {"authorization", "content-type"} <= set(answer.headers["Access-Control-Allow-Headers"].split(", "))
    assert "Origin" in answer.headers["Vary"]
    assert "Access-Control-Allow-Credentials" not in answer.headers


def test_a_page_that_is_not_listed_may_read_nothing(guarded: Running) -> None:
    for method, token in (("OPTIONS", None), ("GET", SANDBOX.token(guarded.url("/cds-services")))):
        asked = {"Origin": "https://evil.example", **PREFLIGHT}
        answer = guarded.ask(method, "/cds-services", token, None, asked)
        assert not [name for name in answer.headers if name.startswith("Access-Control")]


def test_the_page_may_read_why_it_was_refused(guarded: Running) -> None:
    answers = [
        guarded.post(SELECT, SANDBOX_CALL, None, Origin=PAGE),
        guarded.post(SELECT, {}, SANDBOX.token(guarded.url(SELECT)), Origin=PAGE),
    ]
    assert [answer.status_code for answer in answers] == [401, 400]
    assert {answer.headers["Access-Control-Allow-Origin"] for answer in answers} == {PAGE}


def test_discovery_is_not_empty_which_the_sandbox_takes_for_a_failure(guarded: Running) -> None:
    answer = guarded.get("/cds-services", SANDBOX.token(guarded.url("/cds-services")), Origin=PAGE)
    assert answer.status_code == 200
    assert "order-select" in [each["hook"] for each in answer.json()["services"]]


def test_a_draft_that_names_no_medicine_yet_is_answered_and_said(guarded: Running) -> None:
    cards = fire(guarded, SANDBOX_CALL)
    assert "draft_unnamed" in {reason for _, reason in missing(cards)}
    assert "without a medicine" in in_words(cards)
    assert [card for card in cards if ORDER in provenance(card).get("orders", ())]


def test_once_a_medicine_is_picked_its_cards_name_the_order(guarded: Running) -> None:
    before, after = fire(guarded, SANDBOX_CALL), fire(guarded, chosen(SANDBOX_CALL))
    assert "draft_unnamed" not in {reason for _, reason in missing(after)}
    assert "critical" not in {card["indicator"] for card in before}
    critical = [card for card in after if card["indicator"] == "critical"]
    assert critical
    for card in critical:
        assert provenance(card)["orders"] == [ORDER]
        assert card["detail"].startswith("**About the order:** magnesium oxide")


def test_fired_again_it_says_the_same_in_new_cards(guarded: Running) -> None:
    first, again = fire(guarded, chosen(SANDBOX_CALL)), fire(guarded, chosen(SANDBOX_CALL))
    assert said(first) == said(again)
    assert not {card["uuid"] for card in first} & {card["uuid"] for card in again}


def test_keys_that_the_sandbox_leaves_out_are_told(guarded: Running) -> None:
    """Its FHIR server is not listed here, so that nobody is asked, and nobody is said to have refused."""
    cards = fire(guarded, chosen(SANDBOX_CALL))
    assert {("/prefetch/medstatements", "key_absent"), ("/prefetch/nutrition", "key_absent")} <= missing(cards)
    assert "FHIR server" not in in_words(cards)


def test_it_may_accept_and_dismiss_the_same_card(guarded: Running) -> None:
    card = fire(guarded, chosen(SANDBOX_CALL))[0]
    accepted = [{"id": card["suggestions"][0]["uuid"]}]
    reason = {"code": card["overrideReasons"][0]["code"], "system": card["overrideReasons"][0]["system"]}
    answers = [
        report(guarded, card=card["uuid"], outcome="accepted", acceptedSuggestions=accepted),
        report(guarded, card=card["uuid"], outcome="overridden"),
        report(guarded, card=card["uuid"], outcome="overridden", overrideReason={"reason": reason}),
    ]
    assert [(answer.status_code, answer.content) for answer in answers] == [(200, b"")] * 3
    assert {answer.headers["Access-Control-Allow-Origin"] for answer in answers} == {PAGE}
