"""Where the service may be served, and the service served for real."""

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time

import pytest

from service.web.serve import RefusedToServe, serve
from service.web.settings import SETTINGS, Settings, check_access, is_loopback, read_settings


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.8.8", "::1", "localhost"])
def test_a_loopback_address_needs_no_authentication(host: str) -> None:
    check_access(host, None)
    check_access(host, "off")


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.2", "magflag.example", "127.0.0.1.example"])  # noqa: S104
def test_any_other_address_is_refused(host: str) -> None:
    assert not is_loopback(host)
    for auth in (None, "off"):
        with pytest.raises(RefusedToServe, match="other machines"):
            check_access(host, auth)


def test_what_is_not_built_is_said_to_be_not_built() -> None:
    with pytest.raises(RefusedToServe, match="not built yet"):
        check_access("127.0.0.1", "required")
    with pytest.raises(RefusedToServe, match="neither off nor required"):
        check_access("127.0.0.1", "maybe")


def test_settings_are_read() -> None:
    assert read_settings({}) == Settings()
    assert read_settings({"MAGFLAG_WORKERS": "2", "MAGFLAG_MAX_EVALUATIONS": "7"}) == Settings(2, 7)
    assert all(name.startswith("MAGFLAG_") and meaning.endswith(".") for name, _, meaning in SETTINGS)


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
    imports = "from service.web.serve import serve; from service.wiring import build_service"
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
