"""A call without data: the service asks the client's own FHIR server, and says what it could not have."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from tests.conformance.charts import (
    NOTHING,
    OUTCOME,
    PATIENT,
    TOKEN,
    example,
    in_words,
    missing,
    put_on,
    rules,
    said,
    to_be_fetched,
    with_prefetch,
)
from tests.conformance.running import Running
from tests.contract.fhir_server import PLANTED, FhirServer, bundle

PPI = "interactions/proton-pump-inhibitor-with-magnesium"


def on(server: FhirServer, service: Running, call: dict[str, Any]) -> dict[str, str]:
    """Let the server hold the data of a call; return where each key is."""
    return put_on(server, call["prefetch"], service.templates())


def medrequests(*names: str) -> list[dict[str, Any]]:
    subject = {"reference": f"Patient/{PATIENT}"}
    return [
        bundle({
            "resourceType": "MedicationRequest", "id": f"m{number}", "status": "active", "intent": "order",
            "medicationCodeableConcept": {"text": name}, "subject": subject,
        })
        for number, name in enumerate(names)
    ]  # fmt: skip


def expressions(answer: Any) -> list[str]:
    assert answer.status_code == 412
    assert answer.json()["resourceType"] == "OperationOutcome"
    return [place for issue in answer.json()["issue"] for place in issue["expression"]]


@pytest.mark.parametrize("name", ["patient-view", "order-select", "order-sign"])
def test_what_is_fetched_gives_the_answer_that_the_same_data_give_by_prefetch(
    service: Running, ehr: FhirServer, name: str
) -> None:
    call = example(name)
    places = on(ehr, service, call)
    fetched = service.cards(to_be_fetched(call, ehr))
    assert said(fetched) == said(service.cards(call))
    assert fetched
    assert ehr.asked_for() == sorted(places.values())


def test_the_token_goes_to_that_server_as_bearer_and_is_not_kept(service: Running, ehr: FhirServer) -> None:
    call = example()
    on(ehr, service, call)
    service.cards(to_be_fetched(call, ehr))
    assert {asked.headers["authorization"] for asked in ehr.asked} == {f"Bearer {TOKEN}"}
    assert TOKEN not in service.log()
    assert TOKEN.encode() not in service.kept()


def test_three_pages_are_read_as_one(service: Running, ehr: FhirServer) -> None:
    call = example()
    place = on(ehr, service, call)["medrequests"]
    pages = medrequests("atorvastatin", "amlodipine", "omeprazole")
    whole = bundle(*(page["entry"][0]["resource"] for page in pages))
    ehr.give(place, *pages)
    cards = service.cards(to_be_fetched(call, ehr))
    assert PPI in [rule for card in cards for rule in rules(card)], "it stands on the last page"
    assert [rules(card) for card in cards] == [
        rules(card) for card in service.cards(with_prefetch(call, medrequests=whole))
    ]
    further = [asked for asked in ehr.asked if asked.path.startswith("?_getpages=MedicationRequest")]
    assert [asked.headers["authorization"] for asked in further] == [f"Bearer {TOKEN}"] * 2


def test_a_page_too_many_is_left_and_said(service: Running, ehr: FhirServer) -> None:
    call = example()
    ehr_place = on(ehr, service, call)["medrequests"]
    ehr.give(ehr_place, *medrequests(*["amlodipine"] * 9))
    cards = service.cards(to_be_fetched(call, ehr))
    assert "unread_page" in {reason for _, reason in missing(cards)}
    assert "read in part" in in_words(cards)


def test_a_further_page_is_fetched_where_prefetch_gave_the_first(service: Running, ehr: FhirServer) -> None:
    call = example()
    on(ehr, service, call)
    first, last = medrequests("amlodipine", "omeprazole")
    ehr.give("page-2", last)
    begun = first | {"link": [{"relation": "next", "url": f"{ehr.base}/page-2"}]}
    cards = service.cards(to_be_fetched(call, ehr, **call["prefetch"] | {"medrequests": begun}))
    assert PPI in [rule for card in cards for rule in rules(card)]
    assert ehr.asked_for() == ["page-2"]


def test_a_further_page_elsewhere_is_not_asked_for(service: Running, ehr: FhirServer, stranger: FhirServer) -> None:
    call = example()
    place = on(ehr, service, call)["medrequests"]
    ehr.next_base = stranger.base
    ehr.give(place, *medrequests("amlodipine", "omeprazole"))
    cards = service.cards(to_be_fetched(call, ehr))
    assert stranger.asked == []
    assert "unread_page" in {reason for _, reason in missing(cards)}


def test_a_key_that_comes_too_late_is_named_and_the_rest_is_answered(service: Running, ehr: FhirServer) -> None:
    call = example()
    ehr.stall(on(ehr, service, call)["electrolytes"])
    cards = service.cards(to_be_fetched(call, ehr))
    assert not ehr.release.is_set(), "it never answered"
    assert {where for where in missing(cards) if where[1] == "fetch_late"} == {("/prefetch/electrolytes", "fetch_late")}
    assert "**electrolytes** not answered in time" in in_words(cards)
    assert PPI in [rule for card in cards for rule in rules(card)]


@dataclass(frozen=True)
class Failure:
    """One way in which a server fails, the reason for machines, and words that people read."""

    answer: Callable[[FhirServer, str, str], None]
    reason: str
    words: str


FAILURES = {
    "403": Failure(lambda server, place, _: server.refuse(place, 403), "fetch_failed", "answered 403"),
    "500": Failure(lambda server, place, _: server.refuse(place, 500), "fetch_failed", "answered 500"),
    "redirect": Failure(lambda server, place, other: server.redirect(place, other), "fetch_failed", "not followed"),
    "bad JSON": Failure(lambda server, place, _: server.send(place, b'{"resource'), "fetch_failed", "not JSON"),
    "no FHIR": Failure(lambda server, place, _: server.send(place, b"{}"), "fetch_failed", "not a FHIR resource"),
    "no HTTP": Failure(lambda server, place, _: server.raw(place, b""), "fetch_failed", "The FHIR server"),
    "an error": Failure(lambda server, place, _: server.outcome(place), "key_error", "OperationOutcome"),
}


@pytest.mark.parametrize("key", ["conditions", "medstatements"])
@pytest.mark.parametrize("failure", FAILURES.values(), ids=FAILURES)
def test_a_key_that_cannot_be_had_is_named_with_the_reason(
    service: Running, ehr: FhirServer, stranger: FhirServer, key: str, failure: Failure
) -> None:
    call = example()
    failure.answer(ehr, on(ehr, service, call)[key], stranger.base)
    answer = service.hook(to_be_fetched(call, ehr))
    assert answer.status_code == 200
    assert (f"/prefetch/{key}", failure.reason) in missing(answer.json()["cards"])
    assert failure.words in in_words(answer.json()["cards"])
    assert PLANTED not in answer.text + service.log(), "a server's own words may hold a patient's name"
    assert stranger.asked == []


@pytest.mark.parametrize("failure", FAILURES.values(), ids=FAILURES)
def test_without_the_patient_there_is_no_answer(
    service: Running, ehr: FhirServer, stranger: FhirServer, failure: Failure
) -> None:
    call = example()
    failure.answer(ehr, on(ehr, service, call)["patient"], stranger.base)
    answer = service.hook(to_be_fetched(call, ehr))
    assert expressions(answer) == ["prefetch.patient"]
    assert PLANTED not in answer.text
    assert stranger.asked == []


def test_without_any_source_of_medicines_there_is_none_either(service: Running, ehr: FhirServer) -> None:
    call = example()
    places = on(ehr, service, call)
    for key in ("medrequests", "medstatements"):
        ehr.refuse(places[key], 403)
    assert expressions(service.hook(to_be_fetched(call, ehr))) == ["prefetch.medrequests", "prefetch.medstatements"]


def test_a_draft_is_a_source_of_medicines(service: Running, ehr: FhirServer) -> None:
    call = example("order-sign")
    places = on(ehr, service, call)
    for key in ("medrequests", "medstatements"):
        ehr.refuse(places[key], 403)
    cards = service.cards(to_be_fetched(call, ehr))
    assert {("/prefetch/medrequests", "fetch_failed"), ("/prefetch/medstatements", "fetch_failed")} <= missing(cards)


def test_a_server_that_is_not_listed_is_never_called(service: Running, ehr: FhirServer, stranger: FhirServer) -> None:
    call = example()
    on(stranger, service, call)
    assert "prefetch.patient" in expressions(service.hook(to_be_fetched(call, stranger)))
    cards = service.cards(to_be_fetched(call, stranger, **call["prefetch"] | {"kidney": None, "conditions": OUTCOME}))
    assert {("/prefetch/kidney", "key_null"), ("/prefetch/conditions", "key_error")} <= missing(cards)
    assert (stranger.asked, ehr.asked) == ([], [])


@pytest.mark.parametrize("written", ["{0}@{1}", "{0}\\@{1}", "{0}.{1}", "{0}#@{1}", "{1}/../{0}", "{1}", "{1}%2f..%2f"])
def test_no_spelling_of_an_address_reaches_a_server_that_is_not_listed(
    service: Running, ehr: FhirServer, stranger: FhirServer, written: str
) -> None:
    call = example()
    on(stranger, service, call)
    listed, other = ehr.base.removesuffix("/fhir"), stranger.base.removeprefix("http://")
    server = written.format(listed, other)
    sent = to_be_fetched(call, stranger) | {"fhirServer": server if "://" in server else f"http://{server}"}
    assert service.hook(sent).status_code in (400, 412)
    assert stranger.asked == []


def test_keys_that_were_sent_are_not_asked_for_again_and_null_ones_are(service: Running, ehr: FhirServer) -> None:
    call = example()
    places = on(ehr, service, call)
    sent = {key: call["prefetch"][key] for key in ("patient", "conditions")}
    sent |= {"kidney": None, "electrolytes": OUTCOME, "nutrition": NOTHING}
    cards = service.cards(to_be_fetched(call, ehr, **sent))
    asked = set(places) - {"patient", "conditions", "electrolytes", "nutrition"}
    assert ehr.asked_for() == sorted(places[key] for key in asked)
    assert ("/prefetch/electrolytes", "key_error") in missing(cards), "an error is not asked about again"
    assert ("/prefetch/kidney", "key_null") not in missing(cards)


def test_another_patient_on_the_server_is_not_taken_for_this_one(service: Running, ehr: FhirServer) -> None:
    call = example()
    text = json.dumps(call["prefetch"]["medrequests"]).replace(PATIENT, "p-18")
    ehr.give(on(ehr, service, call)["medrequests"], json.loads(text))
    answer = service.hook(to_be_fetched(call, ehr))
    assert answer.status_code == 400
    assert "p-18" not in answer.text + service.log()
