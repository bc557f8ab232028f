"""The calls that the tests make: the examples that we publish, dated as if they had been written today."""

import copy
import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

from service.presenters.cards import PROVENANCE
from tests.calls import SANDBOX
from tests.contract.fhir_server import FhirServer

FOLDER = Path(__file__).parents[2] / "examples" / "cds-hooks"
EXAMPLES = sorted(file.stem for file in FOLDER.glob("*.json"))
# The examples are of one day, and the service reads the clock of the machine: results must not grow old with the file.
WRITTEN = {"2026-11-21": 0, "2026-10-30": 22}
PATIENT = "p-17"
RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"
# HL7's sandbox leaves out keys for which it found nothing.
FOUND_BY_THE_SANDBOX = ("patient", "conditions", "kidney", "electrolytes", "medrequests")
TOKEN = "token-of-the-ehr-4711"  # noqa: S105
NOTHING = {"resourceType": "Bundle", "type": "searchset", "total": 0}
OUTCOME = {"resourceType": "OperationOutcome", "issue": [{"severity": "error", "code": "exception"}]}


def example(name: str = "patient-view") -> dict[str, Any]:
    """Return one of our published calls, with a hookInstance of its own."""
    text = (FOLDER / f"{name}.json").read_text(encoding="utf-8")
    for written, days in WRITTEN.items():
        text = text.replace(written, (datetime.now(UTC) - timedelta(days=days)).date().isoformat())
    call: dict[str, Any] = json.loads(text)
    return call | {"hookInstance": str(uuid4())}


def with_prefetch(call: Mapping[str, Any], **keys: Any) -> dict[str, Any]:
    """Return the call with other data under some keys; `...` takes a key out."""
    changed = copy.deepcopy(dict(call))
    changed["prefetch"] |= keys
    changed["prefetch"] = {key: value for key, value in changed["prefetch"].items() if value is not ...}
    return changed


def quiet() -> dict[str, Any]:
    """Return a chart in which everything was asked for, and nothing but the patient is there."""
    call = example()
    return with_prefetch(call, **dict.fromkeys(call["prefetch"], NOTHING) | {"patient": call["prefetch"]["patient"]})


def of_the_sandbox() -> dict[str, Any]:
    """Return an order-select as HL7's sandbox sends it for that patient: its draft has a subject, and nothing else."""
    call = copy.deepcopy(SANDBOX)
    call["context"]["patientId"] = PATIENT
    _draft(call)["subject"]["reference"] = f"Patient/{PATIENT}"
    prefetch = example("order-select")["prefetch"]
    return call | {"prefetch": {key: prefetch[key] for key in FOUND_BY_THE_SANDBOX}}


def chosen(call: Mapping[str, Any], name: str = "magnesium oxide 400 MG Oral Tablet") -> dict[str, Any]:
    """Return the call that follows when a medicine is picked for the draft."""
    changed = copy.deepcopy(dict(call))
    coding = {"system": RXNORM, "code": "6582", "display": name}
    _draft(changed)["medicationCodeableConcept"] = {"coding": [coding], "text": name}
    return changed


def _draft(call: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = call["context"]["draftOrders"]["entry"][0]["resource"]
    return found


def to_be_fetched(call: Mapping[str, Any], server: FhirServer, **prefetch: Any) -> dict[str, Any]:
    """Return the call without the data, and with where and how to get it."""
    granted = {
        "access_token": TOKEN, "token_type": "Bearer", "expires_in": 300, "scope": "patient/*.read",
        "subject": "magflag", "patient": PATIENT,
    }  # fmt: skip
    kept = {name: value for name, value in call.items() if name != "prefetch"}
    asked = {"fhirServer": server.base, "fhirAuthorization": granted, "hookInstance": str(uuid4())}
    return kept | asked | ({"prefetch": prefetch} if prefetch else {})


def paths(templates: Mapping[str, str]) -> dict[str, str]:
    """Return where each key is on a FHIR server."""
    return {key: template.replace("{{context.patientId}}", PATIENT) for key, template in templates.items()}


def put_on(server: FhirServer, prefetch: Mapping[str, Any], templates: Mapping[str, str]) -> dict[str, str]:
    """Let a FHIR server hold what a call would have prefetched; return where."""
    places = paths(templates)
    for key, place in places.items():
        server.give(place, prefetch.get(key) or NOTHING)
    return places


def provenance(card: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = card["extension"][PROVENANCE]
    return found


def rules(card: Mapping[str, Any]) -> list[str]:
    """Return the rules that a card speaks for."""
    own = provenance(card)
    return [own["ruleId"]] if "ruleId" in own else [each["ruleId"] for each in own.get("rules", ())]


def missing(cards: list[dict[str, Any]]) -> set[tuple[str, str]]:
    """Return what the cards say is not known: where, and why."""
    return {(each["at"], each["reason"]) for card in cards for each in provenance(card).get("missing", ())}


def in_words(cards: list[dict[str, Any]]) -> str:
    """Return everything that people read, without what makes it inert."""
    return "\n".join(f"{card['summary']}\n{card['detail']}" for card in cards).replace("\\", "")


def said(cards: list[dict[str, Any]]) -> list[Any]:
    """Return the cards without what differs between two equal answers: names, the moment, and how the data came."""

    def plain(value: Any) -> Any:
        if isinstance(value, dict):
            return {name: plain(each) for name, each in value.items() if name not in ("uuid", "evaluatedAt")}
        if isinstance(value, list):
            return [plain(each) for each in value]
        return value.replace("/fetched/", "/prefetch/") if isinstance(value, str) else value

    return [plain(card) for card in cards]


def members(value: Any, at: str = "") -> Iterator[tuple[str, Any]]:
    """Yield every value inside, at any depth, with where it stands."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, each in inner:
        yield f"{at}/{name}", each
        yield from members(each, f"{at}/{name}")
