"""From a card to what became of it: figures by rule and client, and nothing of the patient anywhere."""

import json
import re
from datetime import UTC, datetime
from functools import cache
from typing import Any
from uuid import uuid4

import pytest
import requests

from schemas.override_reasons import SYSTEM
from tests.conformance.charts import PATIENT, example, provenance, rules, to_be_fetched
from tests.conformance.running import SECONDS_UNTIL_HUNG, Running, eventually
from tests.conformance.signers import GENERAL, LOOP
from tests.contract.fhir_server import FhirServer

MARK = "zebedeecanary"
SIGN = "magnesium-order-sign"
SUMMARY = "/v1/feedback/summary"
REASON = "cds-not-applicable"
COMMENT = f"{MARK} was told by telephone"
# What a patient's own data look like in the example; none of it may be found anywhere afterwards.
VALUES = (MARK, "1952-04-01", "98979-8", "N18.4", "Trigeminal neuralgia")


def marked(name: str = "order-sign") -> dict[str, Any]:
    """Return a call in which every value that is the patient's, or the user's, bears a mark."""
    text = json.dumps(example(name)).replace(PATIENT, f"{MARK}-17").replace("Practitioner/", f"Practitioner/{MARK}-")
    call: dict[str, Any] = json.loads(text)
    call |= {"hookInstance": f"{MARK}-{uuid4()}", "extension": {MARK: MARK}}
    patient = call["prefetch"]["patient"]
    patient |= {"name": [{"family": MARK, "given": [MARK]}], "identifier": [{"system": "urn:mrn", "value": MARK}]}
    for key, bundle in call["prefetch"].items():
        for entry in bundle.get("entry", ()):
            entry["resource"] |= {"note": [{"text": MARK}], "identifier": [{"value": f"{MARK}-{key}"}]}
            entry["fullUrl"] = f"https://ehr.example/{MARK}/{entry['resource']['id']}"
    added = {"resourceType": "MedicationRequest", "id": MARK, "status": "active", "intent": "order"}
    named = {"medicationCodeableConcept": {"text": f"{MARK} drops"}, "subject": {"reference": f"Patient/{MARK}-17"}}
    call["prefetch"]["medrequests"]["entry"].append({"resource": added | named})
    return call


def outcome(card: str, kind: str, **more: Any) -> dict[str, Any]:
    return {"card": card, "outcome": kind, "outcomeTimestamp": datetime.now(UTC).isoformat()} | more


def report(guarded: Running, *outcomes: dict[str, Any]) -> int:
    path = f"/cds-services/{SIGN}/feedback"
    return guarded.post(path, {"feedback": list(outcomes)}, LOOP.token(guarded.url(path))).status_code


@cache
def bearer(guarded: Running, tenant: str) -> str:
    """Return a token of ours, made by the command that makes them."""
    words = ("tokens", "create", "--role", "integration", "--tenant", tenant, "--days", "1")
    return f"Bearer {guarded.command(*words).strip()}"


def summary(guarded: Running, tenant: str = "loop") -> dict[str, Any]:
    found: dict[str, Any] = guarded.get(SUMMARY, bearer(guarded, tenant)).json()
    return found


def figures(guarded: Running) -> dict[str, dict[str, Any]]:
    """Return the figures of each rule, and of each kind of card that joins several."""
    told = summary(guarded)
    return {each.get("rule") or each["kind"]: each for each in (*told["rules"], *told["joined"])}


def issued(guarded: Running) -> int:
    return sum(each["issued"] for each in figures(guarded).values())


def counted(guarded: Running, name: str) -> float:
    found = re.search(rf"^{re.escape(name)} (\S+)$", guarded.get("/metrics").text, re.MULTILINE)
    return float(found[1]) if found else 0.0


@pytest.fixture(scope="module")
def told(guarded: Running) -> dict[str, Any]:
    """Issue cards, and report on some of them in every way; return what was done, and what was counted before."""
    names = [f'magflag_feedback_total{{outcome="{each}"}}' for each in ("accepted", "overridden")]
    before = {name: counted(guarded, name) for name in names}
    cards = guarded.cards(marked(), LOOP.token(guarded.url(f"/cds-services/{SIGN}")))
    # The process that issued them writes them down in a moment, and the one that is asked may be the other.
    eventually(lambda: issued(guarded) == len(cards))
    first, second, third = cards[:3]
    accepted = outcome(first["uuid"], "accepted", acceptedSuggestions=[{"id": first["suggestions"][0]["uuid"]}])
    why = {"reason": {"code": REASON, "system": SYSTEM}, "userComment": COMMENT}
    overridden = outcome(second["uuid"], "overridden", overrideReason=why)
    sentence = {"reason": {"code": f"{MARK} said no, twice", "system": MARK}}
    in_words = outcome(third["uuid"], "overridden", overrideReason=sentence)
    unknown = [outcome(str(uuid4()), "overridden"), outcome(f"{MARK}-card", "overridden")]
    batches = [[accepted, overridden], [accepted, overridden], [in_words], unknown]
    statuses = [report(guarded, *batch) for batch in batches]
    return {"cards": cards, "statuses": statuses, "before": before}


def test_every_report_is_taken(told: dict[str, Any]) -> None:
    assert told["statuses"] == [200] * 4, "those said twice, and those on cards that nobody knows, too"


def test_the_summary_says_what_became_of_each_rule_s_cards(guarded: Running, told: dict[str, Any]) -> None:
    found = figures(guarded)
    accepted, overridden, in_words = (found[rules(card)[0]] for card in told["cards"][:3])
    usual = {"client": LOOP.name, "issued": 1, "accepted": 0, "overridden": 0, "reasons": [], "comments": 0}
    assert {name: accepted[name] for name in usual} == usual | {"accepted": 1}
    reasons = [{"code": REASON, "count": 1}]
    assert {name: overridden[name] for name in usual} == usual | {"overridden": 1, "reasons": reasons, "comments": 1}
    assert (in_words["overridden"], in_words["reasons"]) == (1, [{"code": "(not a code)", "count": 1}])
    assert summary(guarded)["unknown_cards"] == 2
    assert issued(guarded) == len(told["cards"])
    assert summary(guarded)["from"] <= summary(guarded)["to"]


def test_whichever_process_is_asked_the_figures_are_the_same(guarded: Running, told: dict[str, Any]) -> None:
    def both_answered() -> bool:
        answers: set[str] = set()

        def ask(session: requests.Session) -> None:
            sent = {"Authorization": bearer(guarded, LOOP.tenant)}
            answers.add(session.get(guarded.url(SUMMARY), headers=sent, timeout=SECONDS_UNTIL_HUNG).text)

        processes = guarded.processes(ask, times=8)
        assert answers == {guarded.get(SUMMARY, bearer(guarded, LOOP.tenant)).text}
        return processes == 2

    eventually(both_answered)


def test_nobody_else_sees_it(guarded: Running, told: dict[str, Any]) -> None:
    other = summary(guarded, "another")
    assert (other["rules"], other["joined"], other["unknown_cards"]) == ([], [], 0)
    assert guarded.get(SUMMARY).status_code == 401
    assert guarded.get(SUMMARY, LOOP.token(guarded.url("/cds-services"))).status_code == 401


def test_a_client_cannot_report_on_the_cards_of_another(guarded: Running, told: dict[str, Any]) -> None:
    before = figures(guarded)
    path = "/cds-services/magnesium-patient-view/feedback"
    stolen = {"feedback": [outcome(told["cards"][0]["uuid"], "overridden")]}
    assert guarded.post(path, stolen, GENERAL.token(guarded.url(path))).status_code == 200
    assert figures(guarded) == before


def test_metrics_count_cards_and_reports(guarded: Running, told: dict[str, Any]) -> None:
    for name, reports in zip(told["before"], (2, 5), strict=True):
        assert counted(guarded, name) >= told["before"][name] + reports
    for card in told["cards"]:
        if "ruleId" in provenance(card):
            assert counted(guarded, f'magflag_cards_issued_total{{rule="{rules(card)[0]}",service="{SIGN}"}}') >= 1
    assert counted(guarded, 'magflag_prefetch_total{key="kidney",state="given"}') >= 1


def test_nothing_of_the_patient_is_kept_written_or_counted(
    guarded: Running, ehr: FhirServer, told: dict[str, Any]
) -> None:
    refused = [
        marked() | {"hook": MARK},
        marked() | {"context": {"patientId": f"{MARK} {MARK}"}},
        marked() | {"prefetch": {"patient": {"resourceType": "Patient", "id": MARK}}},
        to_be_fetched(marked(), ehr),
    ]
    for call in refused:
        answer = guarded.post(f"/cds-services/{SIGN}", call, LOOP.token(guarded.url("/cds-services")))
        assert answer.status_code in (400, 412)
        assert MARK not in answer.text
    guarded.get(f"/cds-services/{MARK}?{MARK}={MARK}", MARK)
    everywhere = (guarded.kept() + guarded.log().encode() + guarded.get("/metrics").content).lower()
    assert b"cds-services" in everywhere
    assert rules(told["cards"][0])[0].encode() in guarded.kept(), "the database is the one that is written to"
    assert [value for value in VALUES if value.lower().encode() in everywhere] == []
    assert told["cards"][0]["uuid"].encode() in guarded.kept()
