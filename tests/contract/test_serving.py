"""Where the service may be served, and the service served for real."""

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from service.web.serve import RefusedToServe, access_told, serve
from service.web.settings import SETTINGS, Settings, is_loopback, read_settings

LOOPBACK = ["127.0.0.1", "127.8.8.8", "::1", "localhost"]
ELSEWHERE = ["0.0.0.0", "::", "192.168.1.2", "magflag.example", "127.0.0.1.example"]  # noqa: S104
WITH_CLIENTS = {"MAGFLAG_CLIENTS": "clients.yaml"}


@pytest.mark.parametrize("host", LOOPBACK)
def test_a_loopback_address_needs_no_authentication(host: str) -> None:
    for environ in ({}, {"MAGFLAG_AUTH": "off", "MAGFLAG_CDS_AUTH": "off"}):
        settings = read_settings(environ, host)
        assert not settings.auth
        assert not settings.cds_auth


@pytest.mark.parametrize("host", ELSEWHERE)
def test_any_other_address_asks_every_caller(host: str) -> None:
    assert not is_loopback(host)
    settings = read_settings(WITH_CLIENTS, host)
    assert settings.auth
    assert settings.cds_auth
    for name in ("MAGFLAG_AUTH", "MAGFLAG_CDS_AUTH"):
        with pytest.raises(RefusedToServe, match=f"other machines, and {name}=off"):
            read_settings(WITH_CLIENTS | {name: "off"}, host)


def test_ehrs_cannot_be_told_apart_without_a_clients_file() -> None:
    with pytest.raises(RefusedToServe, match=r"other machines, so EHRs .* MAGFLAG_CLIENTS"):
        read_settings({}, "magflag.example")
    with pytest.raises(RefusedToServe, match="MAGFLAG_CDS_AUTH is required here, so EHRs"):
        read_settings({"MAGFLAG_CDS_AUTH": "required"})
    assert read_settings({"MAGFLAG_AUTH": "required"}).auth


@pytest.mark.parametrize("name", ["MAGFLAG_AUTH", "MAGFLAG_CDS_AUTH"])
def test_a_word_that_is_neither_off_nor_required_is_refused(name: str) -> None:
    with pytest.raises(RefusedToServe, match=f"{name} is neither off nor required"):
        read_settings({name: "maybe"})


def test_a_clients_file_with_mistakes_is_told_before_anything_starts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "clients.yaml"
    file.write_text("clients:\n  - nam: a\n")
    monkeypatch.setenv("MAGFLAG_CLIENTS", str(file))
    with pytest.raises(RefusedToServe, match=r"clients\.yaml:2:5\n  Unknown key `nam`"):
        serve(lambda: pytest.fail("nothing may be started"), port=free_port())


@pytest.mark.parametrize("is_open", [True, False])
def test_an_open_door_is_said_loudly(is_open: bool) -> None:
    told = access_told(Settings(auth=not is_open, cds_auth=True))
    assert ("NO AUTHENTICATION of /v1, /fhir, /review:" in told) == is_open
    assert ("MAGFLAG_AUTH=required" in told) == is_open
    assert "/cds-services" in access_told(Settings(auth=True))


def test_settings_are_read() -> None:
    assert read_settings({}) == Settings()
    assert read_settings({"MAGFLAG_WORKERS": "2", "MAGFLAG_MAX_EVALUATIONS": "7"}) == Settings(2, 7)
    assert read_settings({"MAGFLAG_FETCH_MS": "50"}).fetch_ms == 50
    assert read_settings(WITH_CLIENTS).clients == Path("clients.yaml")
    assert all(name.startswith("MAGFLAG_") and meaning.endswith(".") for name, _, meaning in SETTINGS)


def test_the_public_address_is_the_one_listened_on_or_the_one_given() -> None:
    assert read_settings({}, "::1", 9000).public_url == "http://[::1]:9000"
    assert read_settings({"MAGFLAG_PUBLIC_URL": "https://cds.example/a/"}).public_url == "https://cds.example/a"
    for written in ("cds.example", "ftp://cds.example", "https://cds.example?a"):
        with pytest.raises(RefusedToServe, match="MAGFLAG_PUBLIC_URL"):
            read_settings({"MAGFLAG_PUBLIC_URL": written})


@pytest.mark.parametrize("written", ["49", "5001", "-1"])
def test_a_time_for_fetching_that_cannot_be_is_refused(written: str) -> None:
    with pytest.raises(RefusedToServe, match="MAGFLAG_FETCH_MS is not a whole number from 50 to 5000"):
        read_settings({"MAGFLAG_FETCH_MS": written})


@pytest.mark.parametrize("written", ["0", "-1", "many", "1.5", "65", "²"])
def test_a_setting_that_cannot_be_is_refused(written: str) -> None:
    with pytest.raises(RefusedToServe, match="MAGFLAG_WORKERS"):
        read_settings({"MAGFLAG_WORKERS": written})


def test_a_port_in_use_is_refused() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(RefusedToServe, match="--port"):
        serve(lambda: pytest.fail("nothing may be started"), port=taken.getsockname()[1])


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
    return port


def test_it_serves() -> None:
    port = free_port()
    imports = "from service.web.serve import serve; from service.wiring.service import build_service"
    start = f"{imports}; serve(build_service, port={port})"
    environ = {name: value for name, value in os.environ.items() if not name.startswith("MAGFLAG_")}
    with subprocess.Popen([sys.executable, "-c", start], stderr=subprocess.PIPE, env=environ, text=True) as process:
        try:
            answer = answered(port)
        finally:
            process.send_signal(signal.SIGTERM)
            _, said = process.communicate(timeout=30)
    assert json.loads(answer)["pack"]["name"]
    assert f"http://127.0.0.1:{port}/docs" in said
    assert "NO AUTHENTICATION of /v1, /fhir, /review, /cds-services" in said
    assert "Traceback" not in said
    assert process.returncode == 0


def answered(port: int) -> bytes:
    """Wait for the service and return its answer."""
    for _ in range(300):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        try:
            connection.request("POST", "/v1/evaluate", b"{}", {"Content-Type": "application/json"})
            return connection.getresponse().read()
        except OSError:
            time.sleep(0.1)
        finally:
            connection.close()
    raise AssertionError("the service did not answer")
