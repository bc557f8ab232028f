"""What the conformance tests share: FHIR servers, and the service, open and guarded."""

import json
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from tests.conformance.running import Running, running
from tests.conformance.signers import GENERAL, LOOP, SANDBOX
from tests.contract.fhir_server import FhirServer

# Enough that a busy machine is never late by itself; only what stalls is waited for.
FETCH_MS = "2000"


@pytest.fixture(scope="session")
def _ehr() -> Iterator[FhirServer]:
    with FhirServer() as server:
        yield server


@pytest.fixture(scope="session")
def _stranger() -> Iterator[FhirServer]:
    with FhirServer() as server:
        yield server


@pytest.fixture
def ehr(_ehr: FhirServer) -> Iterator[FhirServer]:
    """Return a FHIR server that the clients files list; it has forgotten the test before."""
    yield from forgotten(_ehr)


@pytest.fixture
def stranger(_stranger: FhirServer) -> Iterator[FhirServer]:
    """Return a FHIR server that no clients file lists, and that must never be called."""
    yield from forgotten(_stranger)


def forgotten(server: FhirServer) -> Iterator[FhirServer]:
    server.answers.clear()
    server.asked.clear()
    server.release, server.stalled, server.next_base = threading.Event(), threading.Event(), None
    yield server
    server.release.set()


@pytest.fixture(scope="session")
def service(tmp_path_factory: pytest.TempPathFactory, _ehr: FhirServer) -> Iterator[Running]:
    """Return the service as a developer runs it: nobody is asked who they are."""

    def clients(base: str) -> list[dict[str, Any]]:
        return [SANDBOX.entry(base, fhir_servers=[_ehr.base])]

    folder = tmp_path_factory.mktemp("open")
    SANDBOX.write_keys(folder)
    with running(folder, clients, MAGFLAG_FETCH_MS=FETCH_MS) as started:
        yield started


@pytest.fixture(scope="session")
def guarded(tmp_path_factory: pytest.TempPathFactory, _ehr: FhirServer) -> Iterator[Running]:
    """Return the service as a hospital runs it: every caller is asked, and two processes answer."""

    def clients(base: str) -> list[dict[str, Any]]:
        return [
            SANDBOX.entry(base, fhir_servers=[_ehr.base], origins=[SANDBOX.issuer], flavour="sandbox"),
            GENERAL.entry(base, services=["magnesium-patient-view"], max_token_seconds=900, flavour="epic"),
            LOOP.entry(base),
        ]

    folder = tmp_path_factory.mktemp("guarded")
    SANDBOX.write_keys(folder)
    asked = {"MAGFLAG_AUTH": "required", "MAGFLAG_CDS_AUTH": "required"}
    with running(folder, clients, **asked, MAGFLAG_WORKERS="2", MAGFLAG_FETCH_MS=FETCH_MS) as started:
        yield started


@pytest.fixture(scope="session")
def published(service: Running) -> dict[str, Any]:
    """Return what discovery says."""
    found: dict[str, Any] = json.loads(service.get("/cds-services").text)
    return found
