"""What the contract tests share: the real service behind its WSGI application, and a pretended one that can fail."""

import json
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, TypeVar

import pytest
from flask import Flask
from flask.testing import FlaskClient

from schemas.client import Client
from schemas.problem import Problem, Refused
from service.intake.hook import parts_of, receive_feedback, receive_hook, refuse_unobtainable, unknown_service
from service.intake.strict_json import parse, parse_fhir
from service.presenters.plain import Answer
from service.web.app import create_app
from service.web.ports import Service
from service.wiring.service import build_service
from service.wiring.settings import Settings

T = TypeVar("T")
NOW = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)
SECONDS_UNTIL_HUNG = 20
# The services of the contract (section 3), with the hook of each.
HOOKS = {
    "magnesium-patient-view": "patient-view",
    "magnesium-order-select": "order-select",
    "magnesium-order-sign": "order-sign",
    "magnesium-discharge": "encounter-discharge",
}
KEYS = ("patient", "kidney", "medrequests", "medstatements")


class Pretend:
    """A service that reads what it is sent and answers nothing, or raises what it is told to raise."""

    reviews = None

    def __init__(self, raises: Exception | None = None, is_ready: bool = True) -> None:
        self.raises = raises
        self.is_ready = is_ready
        self.started = threading.Event()
        self.may_finish = threading.Event()
        self.may_finish.set()
        self.kept: list[Any] = []

    def begin(self) -> None:
        self.started.set()
        assert self.may_finish.wait(SECONDS_UNTIL_HUNG)
        if self.raises:
            raise self.raises

    def evaluate(self, body: bytes, *, now: datetime, explain: bool) -> Answer:
        self.begin()
        parse(body)
        text = json.dumps({"now": now.isoformat(), "explain": explain, "flags": []}).encode()
        return Answer(text, (("kidney/x", "raised"),) * 2)

    def cds_services(self, *, client: Client) -> bytes:
        self.begin()
        services = [{"hook": hook, "id": name, "description": client.name} for name, hook in HOOKS.items()]
        return json.dumps({"services": services}).encode()

    def hook(self, service_id: str, body: bytes, *, now: datetime, client: Client, base: str) -> Answer:
        self.begin()
        if service_id not in HOOKS:
            raise unknown_service()
        call = receive_hook(parse_fhir(body), HOOKS[service_id])
        parts = parts_of(call, KEYS)
        refuse_unobtainable(parts, has_orders=call.drafts is not None)
        text = json.dumps({"cards": [], "extension": {"client": client.name, "base": base, "now": now.isoformat()}})
        spoke, cards = (("kidney/x", "raised"),) * 2, (("kidney/x", service_id),)
        return Answer(text.encode(), spoke, cards, tuple((part.key, part.state) for part in parts))

    def feedback(self, service_id: str, body: bytes, *, now: datetime, client: Client) -> tuple[str, ...]:
        self.begin()
        if service_id not in HOOKS:
            raise unknown_service()
        items = receive_feedback(parse_fhir(body))
        self.kept.append((service_id, client.tenant, now, items))
        return tuple(item.outcome for item in items)

    def feedback_summary(self, *, tenant: str) -> dict[str, Any]:
        self.begin()
        return {"tenant": tenant}

    def advise(self, body: bytes, *, now: datetime, base: str) -> Answer:
        self.begin()
        data = parse_fhir(body)
        if not isinstance(data, dict) or data.get("resourceType") != "Bundle":
            raise Refused(400, [Problem("/resourceType", "This must be a Bundle.")])
        text = json.dumps({"resourceType": "Bundle", "type": "collection", "id": base, "timestamp": now.isoformat()})
        return Answer(text.encode(), (("kidney/x", "raised"),) * 2)

    def capability(self, base: str) -> dict[str, Any]:
        self.begin()
        return {"resourceType": "CapabilityStatement", "url": base}

    def operation(self) -> dict[str, Any]:
        self.begin()
        return {"resourceType": "OperationDefinition"}

    def rules(self) -> list[dict[str, Any]]:
        if self.raises:
            raise self.raises
        return []

    def rule(self, rule_id: str, /) -> dict[str, Any] | None:
        return {"id": rule_id} if rule_id == "kidney/x" else None

    def claim(self, claim_id: str, /) -> dict[str, Any] | None:
        return {"id": claim_id} if claim_id == "C-KID-01" else None

    def sources(self) -> list[dict[str, Any]]:
        return []

    def source(self, source_id: str, /) -> dict[str, Any] | None:
        return {"id": source_id} if source_id == "fda_ppi" else None

    def pack(self) -> dict[str, Any]:
        return {"name": "pretended"}

    def ready(self) -> tuple[bool, dict[str, Any]]:
        return self.is_ready, {"pack": self.pack()}


@pytest.fixture(scope="session")
def service(tmp_path_factory: pytest.TempPathFactory) -> Service:
    database = tmp_path_factory.mktemp("store") / "magflag.db"
    return build_service(replace(Settings.from_environment(), database=f"sqlite:///{database}"))


@pytest.fixture(scope="session")
def app(service: Service) -> Flask:
    return create_app(service, clock=lambda: NOW)


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.fixture
def pretend() -> type[Pretend]:
    return Pretend


@pytest.fixture(scope="session")
def pretend_app() -> Flask:
    """Return an application for what does not depend on the rules."""
    return create_app(Pretend(), clock=lambda: NOW)


@pytest.fixture
def pretend_client(pretend_app: Flask) -> FlaskClient:
    return pretend_app.test_client()


@pytest.fixture
def profile() -> dict[str, Any]:
    """Return a profile with every member, as in the contract."""
    return {
        "patient": {"id": "p-17", "age": 74, "birth_date": "1952-04-01", "sex": "female", "pregnant": None},
        "as_of": "2026-11-21",
        "conditions": [
            "trigeminal neuralgia",
            {
                "text": "CKD stage 4",
                "coding": [{"system": "http://hl7.org/fhir/sid/icd-10-cm", "code": "N18.4"}],
                "status": "active",
                "onset": "2021-03-01",
            },
        ],
        "kidney": {
            "egfr": {"value": 28, "unit": "mL/min/{1.73_m2}", "date": "2026-10-30"},
            "creatinine": {"value": 2.1, "unit": "mg/dL", "date": "2026-10-30"},
            "cystatin_c": None,
            "stage": "G4",
            "dialysis": False,
        },
        "labs": {"magnesium": {"value": 0.62, "unit": "mmol/L", "interpretation": "low", "date": "2026-10-30"}},
        "medications": ["omeprazole", {"text": "Lasix", "status": "current", "route": "oral", "since": "2024-01"}],
        "supplements": [{"nutrient": "magnesium", "form": "citrate", "route": "oral", "status": "considered"}],
        "diet": {"magnesium_rich_foods": "low", "foods": ["spinach"]},
        "signs": ["muscle cramps"],
    }


@pytest.fixture
def promptly() -> Callable[[Callable[[], T]], T]:
    """Return a caller that fails, instead of hanging, when there is no answer; how long it took is for benchmarks."""

    def call(work: Callable[[], T]) -> T:
        answers: list[T] = []
        thread = threading.Thread(target=lambda: answers.append(work()), daemon=True)
        thread.start()
        thread.join(SECONDS_UNTIL_HUNG)
        assert answers, "no answer"
        return answers[0]

    return call
