"""Every route that takes something is sent a patient made of canary strings; no log line and no metric knows them."""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from flask import Flask

from service.store.database import open_database
from service.store.sessions import Sessions
from service.web.app import create_app
from service.web.people_ports import People
from tests.contract.people_app import LOCAL, browser, token_in
from tests.contract.reviewing import EXAMPLES, PATIENT

CANARY = "zebedeecanary"
NAMED = {**PATIENT, "patient": {**PATIENT["patient"], "id": CANARY}, "supplements": [{"text": f"{CANARY} oxide"}]}
HOOK = json.loads((EXAMPLES / "cds-hooks" / "patient-view.json").read_text(encoding="utf-8"))
FORM = {"text": CANARY, "comment": CANARY, "reason": CANARY, "rules": CANARY, "decision": CANARY, "revision": CANARY}


@contextmanager
def local(tmp_path: Path, service: Any) -> Iterator[Flask]:
    """Return the application as it is on a loopback address: nobody is asked who they are."""
    engine = open_database(f"sqlite:///{tmp_path}/people.db")
    yield create_app(service, people=People(Sessions(engine)))
    engine.dispose()


def posts(app: Flask, advisory: str) -> list[str]:
    """Return the address of every route that takes a POST, about one advisory where it is about any."""
    routes = [rule.rule for rule in app.url_map.iter_rules() if "POST" in (rule.methods or ())]
    named = [route.replace("<service_id>", "magnesium-patient-view") for route in routes]
    return sorted(re.sub(r"<[^>]+>", advisory, route) for route in named)


def bodies() -> list[dict[str, Any]]:
    """Return one good and several bad things to send, each as requests of a client's own kind."""
    wrong = {CANARY: CANARY, "patient": CANARY, "rules": [CANARY], "decision": CANARY, "hook": CANARY}
    sent = [NAMED, wrong, {**HOOK, "context": {**HOOK["context"], "patientId": CANARY}}, {"resourceType": CANARY}]
    return [
        *({"json": body} for body in sent),
        {"data": json.dumps({"resourceType": "Bundle", "id": CANARY}), "content_type": "application/fhir+json"},
        {"data": f"{{{CANARY}", "content_type": "application/json"},
    ]


def test_no_log_line_knows_what_any_route_was_sent(
    tmp_path: Path, service: Any, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    # The log writes to what standard error is when the application is made: here, what is captured.
    with local(tmp_path, service) as app:
        statuses, metrics = post_everywhere(app)
    said = capsys.readouterr()
    assert CANARY not in (said.out + said.err + caplog.text + metrics).lower()
    routes = {json.loads(line).get("route") for line in said.err.splitlines()}
    assert {"/v1/advisories/<advisory_id>/decisions", "/review/<advisory_id>/decisions", "/review/new"} <= routes
    assert 500 not in statuses


def post_everywhere(app: Flask) -> tuple[set[int], str]:
    """Send everything everywhere; return the statuses it was answered with, and the metrics afterwards."""
    client = browser(app, LOCAL)
    kept = client.post("/v1/advisories", json=NAMED, headers={"Idempotency-Key": CANARY})
    assert kept.status_code == 201
    known = urlsplit(kept.headers["Location"]).path.removeprefix("/v1/advisories/")
    page = client.get(f"/review/{known}")
    assert CANARY in page.text
    form, ours, statuses = FORM | {"csrf_token": token_in(page)}, {"Origin": LOCAL}, set()
    for address in posts(app, known):
        for how in (*bodies(), {"data": form}):
            statuses.add(client.post(address, **how, headers=ours).status_code)
    return statuses, client.get("/metrics").text
