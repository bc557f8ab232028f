"""/v1/advisories: kept, listed, decided on, signed; for whom, and what is refused."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import count
from typing import Any
from uuid import uuid4

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from schemas.review_schema import (
    ConflictSchema,
    HistorySchema,
    KeptAdvisorySchema,
    ReviewSchema,
    WorklistSchema,
)
from service.web.ports import Service
from tests.contract.conftest import NOW
from tests.contract.reviewing import BUNDLE, GRAVE, OXIDE, PATIENT, Caller, asking

TENANTS = count()
FHIR = {"Content-Type": "application/fhir+json"}


@pytest.fixture(scope="session")
def asking_app(service: Service) -> Flask:
    return asking(service)


@pytest.fixture
def clinician(asking_app: Flask) -> Caller:
    """Return a clinician of a tenant that has no advisories yet."""
    return Caller(asking_app.test_client(), f"tenant-{next(TENANTS)}")


def rules_of(advisory: dict[str, Any]) -> list[str]:
    return [flag["rule"] for flag in advisory["flags"]]


def test_what_is_kept_is_what_evaluating_answers(clinician: Caller) -> None:
    kept = clinician.keep()
    headers = {"Authorization": "Bearer mf_clinician_x"}
    answered = clinician.client.post("/v1/evaluate", json=PATIENT, headers=headers).get_json()
    assert kept | {"id": "", "created_at": ""} == answered | {"id": "", "created_at": ""}


def test_its_address_gives_the_same_bytes_and_the_review(clinician: Caller) -> None:
    answer = clinician.post(json=PATIENT)
    found = clinician.client.get(
        answer.headers["Location"], headers={"Authorization": f"Bearer mf_admin_{clinician.tenant}"}
    )
    assert found.data.startswith(answer.data[:-1] + b',"review":')
    assert found.headers["ETag"] == '"1"'
    shown = found.get_json()
    assert not KeptAdvisorySchema().validate(shown)
    assert shown["review"]["status"] == "open"
    assert shown["review"]["undecided"] == rules_of(answer.get_json())


def test_a_bundle_is_kept_as_a_bundle(clinician: Caller) -> None:
    answer = clinician.call("POST", data=BUNDLE, headers=FHIR)
    assert answer.status_code == 201
    assert GRAVE in rules_of(answer.get_json())
    assert clinician.get().get_json()["advisories"][0]["patient"] == "p-17"


def test_bad_input_is_refused_and_not_kept(clinician: Caller) -> None:
    assert clinician.post(json={"patient": {"age": 400}}).status_code == 422
    assert clinician.call("POST", data=b"{", headers={"Content-Type": "application/json"}).status_code == 400
    assert clinician.call("POST", data=BUNDLE, headers={"Content-Type": "application/json"}).status_code == 422
    assert clinician.call("POST", data=b"<a/>", headers={"Content-Type": "application/xml"}).status_code == 415
    assert clinician.call("POST", data=b"[]", headers=FHIR).status_code == 201
    assert len(clinician.get().get_json()["advisories"]) == 1


def test_a_retry_keeps_nothing_twice(clinician: Caller) -> None:
    key = {"Idempotency-Key": str(uuid4())}
    first, again = (clinician.post(json=PATIENT, **key) for _ in range(2))
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.data == again.data
    assert first.headers["Location"] == again.headers["Location"]
    assert "Idempotency-Replayed" not in first.headers
    assert again.headers["Idempotency-Replayed"] == "true"
    assert len(clinician.get(status="all").get_json()["advisories"]) == 1


def test_many_at_once_with_one_key_are_one(asking_app: Flask, clinician: Caller) -> None:
    def post(_: int) -> TestResponse:
        return replace(clinician, client=asking_app.test_client()).post(json=PATIENT, **{"Idempotency-Key": "k"})

    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(post, range(16)))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.data for answer in answers}) == 1
    assert sum("Idempotency-Replayed" not in answer.headers for answer in answers) == 1


def test_a_key_with_another_body_is_refused_and_another_tenant_has_keys_of_its_own(clinician: Caller) -> None:
    key = {"Idempotency-Key": "k"}
    assert clinician.post(json=PATIENT, **key).status_code == 201
    assert clinician.post(json={}, **key).status_code == 422
    stranger = Caller(clinician.client, f"{clinician.tenant}-other")
    assert "Idempotency-Replayed" not in stranger.post(json=PATIENT, **key).headers


def test_the_same_bytes_under_another_content_type_are_another_body(clinician: Caller) -> None:
    key, body = {"Idempotency-Key": "k"}, b"[]"
    assert clinician.call("POST", data=body, headers=FHIR | key).status_code == 201
    assert clinician.call("POST", data=body, headers={"Content-Type": "application/json"} | key).status_code == 422


@pytest.mark.parametrize("key", ["", "with space", "x" * 256, "\xe4"])
def test_a_key_that_cannot_be_is_refused(clinician: Caller, key: str) -> None:
    assert clinician.post(json={}, **{"Idempotency-Key": key}).status_code == 422


def test_the_worklist_filters_and_pages(clinician: Caller) -> None:
    grave, empty = clinician.keep()["id"], clinician.post(json={}).get_json()["id"]
    other = clinician.keep(patient={"id": "Zoe-1"})["id"]

    def listed(**query: Any) -> list[str]:
        page = clinician.get(**query).get_json()
        assert not WorklistSchema().validate(page)
        return [each["id"] for each in page["advisories"]]

    assert listed() == [other, grave, empty]
    assert listed(text="zoe") == [other]
    assert listed(rule=GRAVE, outcome="raised") == [other, grave]
    assert set(listed(severity="critical")) >= {grave, other}
    assert listed(since="2026-11-21T09:30:01Z") == []
    assert listed(until="2026-11-22", since="2026-11-21") == [other, grave, empty]
    assert listed(status="signed") == []
    page = clinician.get(size=2).get_json()
    assert [each["id"] for each in page["advisories"]] == [other, grave]
    assert listed(size=2, cursor=page["next"]) == [empty]


@pytest.mark.parametrize(
    "query",
    [
        {"status": "done"}, {"severity": "grave"}, {"outcome": "clear"}, {"size": "0"}, {"size": "201"}, {"size": "x"},
        {"since": "yesterday"}, {"until": "2026-02-30"}, {"since": "2026-11-21T09:30:00"}, {"text": ""},
        {"cursor": "none of ours"}, {"patient": "p"}, {"rule": "x" * 201}, {"since": "0001-01-01T00:00:00+14:00"},
    ],
)  # fmt: skip
def test_a_filter_that_cannot_be_read_is_refused(clinician: Caller, query: dict[str, str]) -> None:
    assert clinician.get(**query).status_code == 422


def test_from_the_first_look_to_the_signature(clinician: Caller) -> None:
    advisory = clinician.keep()
    known, rules = advisory["id"], rules_of(advisory)
    assert clinician.get(f"/{known}").status_code == 200
    first = clinician.decide(known, 1, GRAVE, decision="override", reason="cds-not-applicable", comment="Palliative.")
    assert (first.status_code, first.headers["ETag"]) == (200, '"2"')
    assert not ReviewSchema().validate(first.get_json())
    assert clinician.decide(known, 2, GRAVE).get_json()["decisions"][0]["decision"] == "agree"
    early = clinician.post(f"/{known}/sign-off", {"revision": 3})
    assert early.status_code == 422
    assert len(early.get_json()["problems"]) == len(rules) - 1
    assert clinician.decide(known, 3, *rules[1:], decision="no_action").get_json()["undecided"] == []
    signed = clinician.post(f"/{known}/sign-off", {}, **{"If-Match": '"4"'})
    assert signed.status_code == 200
    assert signed.get_json()["signed_by"] == "the clinician"
    history = clinician.get(f"/{known}/history").get_json()
    assert not HistorySchema().validate(history)
    kinds = [event["kind"] for event in history["events"]]
    assert kinds == ["created", "viewed", "decided", "decided", "decided", "signed"]
    assert history["events"][2]["body"]["comment"] == "Palliative."


def test_whoever_read_an_older_state_is_told_what_happened(clinician: Caller) -> None:
    known = clinician.keep()["id"]
    clinician.decide(known, 1, OXIDE, comment="CANARY")
    stale = clinician.decide(known, 1, OXIDE, decision="override")
    assert stale.status_code == 409
    assert stale.content_type == "application/problem+json"
    told = stale.get_json()
    assert not ConflictSchema().validate(told)
    assert (told["revision"], [event["rules"] for event in told["events"]]) == (2, [[OXIDE]])
    assert "CANARY" not in stale.text


def test_nothing_is_decided_on_what_is_signed_or_superseded(clinician: Caller) -> None:
    advisory = clinician.keep()
    known = advisory["id"]
    clinician.decide(known, 1, *rules_of(advisory))
    assert clinician.post(f"/{known}/sign-off", {"revision": 2}).status_code == 200
    assert clinician.decide(known, 3, GRAVE).status_code == 409
    older, newer = clinician.keep(signs=[])["id"], clinician.keep(signs=["tingling"])["id"]
    assert clinician.decide(older, 2, GRAVE).status_code == 409
    assert clinician.post(f"/{older}/sign-off", {"revision": 2}).status_code == 409
    assert clinician.get(f"/{older}").get_json()["review"]["superseded_by"] == newer
    assert clinician.get(f"/{known}").get_json()["review"]["status"] == "signed"


@pytest.mark.parametrize(
    ("body", "at"),
    [
        ({"rule": GRAVE, "decision": "agree"}, "/revision"),
        ({"rule": GRAVE, "decision": "agree", "revision": 0}, "/revision"),
        ({"rule": GRAVE, "decision": "agree", "revision": 1.5}, "/revision"),
        ({"rule": GRAVE, "decision": "accept", "revision": 1}, "/decision"),
        ({"decision": "agree", "revision": 1}, ""),
        ({"rule": GRAVE, "rules": [GRAVE], "decision": "agree", "revision": 1}, ""),
        ({"rules": [], "decision": "agree", "revision": 1}, "/rules"),
        ({"rule": "kidney/none", "decision": "agree", "revision": 1}, "/rules/0"),
        ({"rule": GRAVE, "decision": "override", "reason": "other", "revision": 1}, "/reason"),
        ({"rule": GRAVE, "decision": "override", "reason": "cds-not-applicable", "revision": 1}, "/comment"),
        ({"rule": GRAVE, "decision": "agree", "revision": 1, "by": "somebody"}, "/by"),
        ([], ""),
    ],
)
def test_a_decision_that_cannot_stand_is_refused(clinician: Caller, body: Any, at: str) -> None:
    answer = clinician.post(f"/{clinician.keep()['id']}/decisions", body)
    assert answer.status_code == 422
    assert at in [problem["at"] for problem in answer.get_json()["problems"]]


@pytest.mark.parametrize("etag", ["*", "1", 'W/"1"', '"0"', '"2"', '"1", "2"'])
def test_an_etag_that_is_not_the_revision_is_refused(clinician: Caller, etag: str) -> None:
    body = {"rule": GRAVE, "decision": "agree", "revision": 1}
    answer = clinician.post(f"/{clinician.keep()['id']}/decisions", body, **{"If-Match": etag})
    assert answer.status_code == 422


def test_nothing_of_one_tenant_is_there_for_another(clinician: Caller) -> None:
    known, stranger = clinician.keep()["id"], Caller(clinician.client, f"{clinician.tenant}-other", "admin")
    own = stranger.keep()["id"]
    for address in (
        f"/{known}",
        f"/{known}/history",
        f"/{known}/replay",
        f"/{own}/diff/{known}",
        f"/{known}/diff/{own}",
    ):
        answer, unknown = stranger.get(address), stranger.get(address.replace(known, str(uuid4())))
        assert answer.status_code == 404
        assert answer.data == unknown.data
    assert stranger.decide(known, 1, GRAVE).status_code == 404
    assert stranger.post(f"/{known}/sign-off", {"revision": 1}).status_code == 404
    assert [each["id"] for each in stranger.get(status="all").get_json()["advisories"]] == [own]
    assert [event["kind"] for event in clinician.get(f"/{known}/history").get_json()["events"]] == ["created"]


@pytest.mark.parametrize("known", ["%00", "x", "%F0%9F%92%8A", "a" * 300, "00000000-0000-7000-8000-00000000000\uff10"])
def test_what_is_no_id_is_no_advisory(clinician: Caller, known: str) -> None:
    for address in (f"/{known}", f"/{known}/history", f"/{known}/replay", f"/{known}/diff/{known}"):
        assert clinician.get(address).status_code == 404
    assert clinician.decide(known, 1, GRAVE).status_code == 404
    assert clinician.post(f"/{known}/sign-off", {"revision": 1}).status_code == 404


def test_each_role_does_its_own(clinician: Caller) -> None:
    program, author = clinician.in_role("integration"), clinician.in_role("author")
    known = program.keep()["id"]
    for address in ("", f"/{known}", f"/{known}/history", f"/{known}/replay", f"/{known}/diff/{known}"):
        assert author.get(address).status_code == 403
        assert program.get(address).status_code == 200
    assert author.post(json=PATIENT).status_code == 403
    for forbidden in (program, author):
        assert forbidden.decide(known, 1, GRAVE).status_code == 403
        assert forbidden.post(f"/{known}/sign-off", {"revision": 1}).status_code == 403
    assert clinician.in_role("admin").decide(known, 1, GRAVE).status_code == 200


def test_where_nobody_is_asked_the_machine_itself_acts(app: Flask) -> None:
    client = app.test_client()
    known = client.post("/v1/advisories", json=PATIENT).get_json()["id"]
    events = client.get(f"/v1/advisories/{known}/history").get_json()["events"]
    assert [(event["kind"], event["by"], event["at"]) for event in events] == [
        ("created", "local", NOW.isoformat().replace("+00:00", "Z"))
    ]


def test_a_service_that_keeps_nothing_says_so(pretend: Any) -> None:
    caller = Caller(asking(pretend()).test_client(), "general")
    for answer in (caller.get(), caller.post(json={}), caller.get("/x")):
        assert answer.status_code == 503
        assert int(answer.headers["Retry-After"]) > 0
