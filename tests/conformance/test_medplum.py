"""Medplum's own client (@medplum/core, from npm) discovers, prefetches, calls, and gets cards that it can show."""

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.conformance.charts import PATIENT, TOKEN, example, in_words, missing, put_on, said
from tests.conformance.running import Running
from tests.contract.fhir_server import FhirServer

NODE = Path(__file__).parents[1] / "node"
VIEW, SIGN = "magnesium-patient-view", "magnesium-order-sign"
USER = {"resourceType": "Practitioner", "id": "7"}
SECONDS_UNTIL_HUNG = 60
# What Medplum's types say of a card (CdsCard, CdsSource, CdsSuggestion, CdsLink in its index.d.ts).
TYPES = {
    "uuid": str, "summary": str, "detail": str, "indicator": str, "source": dict, "suggestions": list, "links": list,
}  # fmt: skip


def medplum(
    service: Running, server: FhirServer, known: str, context: dict[str, Any], **templates: str
) -> dict[str, Any]:
    """Let Medplum's client call a service; return what it discovered, sent and got."""
    if not shutil.which("node") or not (NODE / "node_modules" / "@medplum" / "core").is_dir():
        pytest.skip("Medplum's client needs Node and npm: install them, then `make setup`")
    told = {
        "cds": service.url("/cds-services"), "fhir": server.base, "service": known, "user": USER, "context": context,
        "templates": templates, "token": TOKEN,
    }  # fmt: skip
    done = subprocess.run(
        ["node", NODE / "medplum.mjs"], input=json.dumps(told), capture_output=True, text=True, check=False,
        timeout=SECONDS_UNTIL_HUNG,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    answered: dict[str, Any] = json.loads(done.stdout)
    return answered


def viewed(**more: Any) -> dict[str, Any]:
    return {"userId": "Practitioner/7", "patientId": PATIENT, **more}


def test_it_prefetches_all_that_discovery_asks_for_and_gets_the_same_cards(service: Running, ehr: FhirServer) -> None:
    call = example()
    places = put_on(ehr, call["prefetch"], service.templates())
    done = medplum(service, ehr, VIEW, viewed())
    assert ehr.asked_for() == sorted(places.values())
    assert {each["id"] for each in done["services"]} >= {VIEW, SIGN}
    assert None not in done["request"]["prefetch"].values(), "it understands every token of our templates"
    assert set(done["request"]) == {"hook", "hookInstance", "context", "prefetch"}
    assert said(done["response"]["cards"]) == said(service.cards(call))


def test_the_cards_are_of_its_types(service: Running, ehr: FhirServer) -> None:
    put_on(ehr, example()["prefetch"], service.templates())
    cards = medplum(service, ehr, VIEW, viewed())["response"]["cards"]
    assert cards
    for card in cards:
        assert {name: type(card[name]) for name in TYPES} == TYPES
        assert card["indicator"] in ("info", "warning", "critical")
        assert {type(value) for value in card["source"].values()} == {str, dict}
        assert [link["type"] for link in card["links"]] == ["absolute"]


def test_its_orders_are_read(service: Running, ehr: FhirServer) -> None:
    call = example("order-sign")
    put_on(ehr, call["prefetch"], service.templates())
    drafts = call["context"]["draftOrders"]
    cards = medplum(service, ehr, SIGN, viewed(draftOrders=drafts))["response"]["cards"]
    assert said(cards) == said(service.cards(call))
    assert "About the order:" in in_words(cards)


@pytest.mark.parametrize("token", ["{{today() - 365 days}}", "{{context.encounterId}}"])
def test_what_it_cannot_resolve_it_sends_as_null_which_is_not_taken_for_none(
    service: Running, ehr: FhirServer, token: str
) -> None:
    put_on(ehr, example()["prefetch"], service.templates())
    template = f"Observation?patient={PATIENT}&encounter={token}"
    done = medplum(service, ehr, VIEW, viewed(), kidney=template)
    assert done["request"]["prefetch"]["kidney"] is None
    cards = done["response"]["cards"]
    assert ("/prefetch/kidney", "key_null") in missing(cards)
    assert "sent as null by the EHR" in in_words(cards)


def test_a_refusal_reaches_its_user_as_what_went_wrong(service: Running, ehr: FhirServer) -> None:
    put_on(ehr, example()["prefetch"], service.templates())
    done = medplum(service, ehr, VIEW, viewed(), patient="Patient/{{context.encounterId}}")
    assert "response" not in done
    assert done["error"]["outcome"]["resourceType"] == "OperationOutcome"
    assert [issue["expression"] for issue in done["error"]["outcome"]["issue"]] == [["prefetch.patient"]]
    assert "This is needed, and could not be had." in done["error"]["message"]
