"""Absent, null, an error and an unread page are four things, and none of them is "the patient has none"."""

from typing import Any

import pytest

from service.intake.fhir.prefetch import KEYS, OPTIONAL
from tests.conformance.charts import NOTHING, OUTCOME, example, in_words, missing, quiet, with_prefetch
from tests.conformance.running import Running

UNREAD = NOTHING | {"link": [{"relation": "next", "url": "https://ehr.example/fhir?_getpages=1"}]}
STRANGE = {"resourceType": "Practitioner", "id": "7"}
# What is sent, the reason for machines, and the words for people.
UNKNOWNS: dict[str, tuple[Any, str, str]] = {
    "absent": (..., "key_absent", "not sent by the EHR"),
    "null": (None, "key_null", "sent as null by the EHR"),
    "an error": (OUTCOME, "key_error", "answered by the EHR with an error"),
    "an unread page": (UNREAD, "unread_page", "read in part"),
}
ASKED = [key for key in KEYS if key not in ("patient", *OPTIONAL)]


def test_a_chart_that_was_sent_whole_names_none_of_the_four(service: Running) -> None:
    for chart in (quiet(), example()):
        cards = service.cards(chart)
        assert not {reason for _, reason in missing(cards)} & {reason for _, reason, _ in UNKNOWNS.values()}
        assert not [words for _, _, words in UNKNOWNS.values() if words in in_words(cards)]


@pytest.mark.parametrize("key", ASKED)
@pytest.mark.parametrize(("sent", "reason", "words"), UNKNOWNS.values(), ids=UNKNOWNS)
def test_each_unknown_is_on_a_card_in_its_own_words(
    service: Running, key: str, sent: Any, reason: str, words: str
) -> None:
    for chart in (quiet(), example()):
        cards = service.cards(with_prefetch(chart, **{key: sent}))
        assert (f"/prefetch/{key}", reason) in missing(cards)
        text = in_words(cards)
        assert words in text
        others = {other for _, _, other in UNKNOWNS.values()} - {words}
        assert not [other for other in others if other in text], "one reason is not told as another"


@pytest.mark.parametrize("key", OPTIONAL)
@pytest.mark.parametrize("name", ["an error", "an unread page"])
def test_of_keys_that_no_rule_waits_for_only_what_went_wrong_is_told(service: Running, key: str, name: str) -> None:
    sent, reason, words = UNKNOWNS[name]
    cards = service.cards(with_prefetch(quiet(), **{key: sent}))
    assert (f"/prefetch/{key}", reason) in missing(cards)
    assert words in in_words(cards)


@pytest.mark.parametrize("key", [key for key in KEYS if key != "patient"])
def test_data_of_another_kind_count_as_an_error(service: Running, key: str) -> None:
    cards = service.cards(with_prefetch(quiet(), **{key: NOTHING | {"entry": [{"resource": STRANGE}]}}))
    assert (f"/prefetch/{key}", "key_error") in missing(cards)


@pytest.mark.parametrize("key", OPTIONAL)
@pytest.mark.parametrize("name", ["absent", "null"])
def test_that_they_were_not_sent_is_told_beside_other_things(service: Running, key: str, name: str) -> None:
    sent, reason, words = UNKNOWNS[name]
    cards = service.cards(with_prefetch(example(), **{key: sent}))
    assert (f"/prefetch/{key}", reason) in missing(cards)
    assert words in in_words(cards)


def test_all_four_at_once_are_four_lines(service: Running) -> None:
    keys = dict(zip(("conditions", "kidney", "electrolytes", "medrequests"), UNKNOWNS.values(), strict=True))
    cards = service.cards(with_prefetch(quiet(), **{key: sent for key, (sent, _, _) in keys.items()}))
    assert {(f"/prefetch/{key}", reason) for key, (_, reason, _) in keys.items()} <= missing(cards)
    for key, (_, _, words) in keys.items():
        assert any(f"**{key}**" in line and words in line for line in in_words(cards).splitlines()), key


@pytest.mark.parametrize("name", ["absent", "null", "an error"])
def test_no_advice_is_about_a_patient_who_is_not_known(service: Running, name: str) -> None:
    answer = service.hook(with_prefetch(example(), patient=UNKNOWNS[name][0]))
    assert answer.status_code == 412
    assert [issue["expression"] for issue in answer.json()["issue"]] == [["prefetch.patient"]]


@pytest.mark.parametrize("sent", [NOTHING, NOTHING | {"entry": [{"resource": STRANGE}]}, STRANGE])
def test_what_holds_no_patient_does_not_bring_the_patient(service: Running, sent: Any) -> None:
    answer = service.hook(with_prefetch(example(), patient=sent))
    assert answer.status_code == 412
    assert [issue["expression"] for issue in answer.json()["issue"]] == [["prefetch.patient"]]


def test_medicines_are_not_had_from_data_of_another_kind(service: Running) -> None:
    strange = dict.fromkeys(("medrequests", "medstatements"), NOTHING | {"entry": [{"resource": STRANGE}]})
    answer = service.hook(with_prefetch(example(), **strange))
    assert answer.status_code == 412
    named = [issue["expression"] for issue in answer.json()["issue"]]
    assert named == [["prefetch.medrequests"], ["prefetch.medstatements"]]
    assert service.cards(with_prefetch(example(), **strange | {"medstatements": NOTHING}))


def test_without_prefetch_the_service_lives_on(service: Running) -> None:
    for call in (
        {name: value for name, value in example().items() if name != "prefetch"},
        example() | {"prefetch": None},
    ):
        assert service.hook(call).status_code == 412
    assert service.cards(example())
