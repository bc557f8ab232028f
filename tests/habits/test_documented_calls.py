"""Whatever README.md and docs/connect-your-ehr.md tell people to type works, against the running service.

On these pages the comment behind each curl command is the HTTP status that it is answered with. A block that starts the
service is started and left running; every other block is run as it stands, from top to bottom, in a folder of its own.
Only the ports are others.
"""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
import requests

from service.presenters.discovery import OFFERED
from service.trust.clients import load_clients

ROOT = Path(__file__).parents[2]
PAGES = ["README.md", "docs/connect-your-ehr.md"]
CONNECT = "docs/connect-your-ehr.md"
PORTS = ("8080", "8081")
SECONDS_UNTIL_HUNG = 60
# Every curl also writes its status, where it disturbs no pipe.
PRELUDE = """set -euo pipefail
curl() { command curl --write-out '%{stderr}<%{http_code}>' "$@"; }
"""


def blocks(page: str, language: str) -> list[tuple[int, str]]:
    """Return the fenced blocks of a page, each with the line it begins at."""
    text = (ROOT / page).read_text(encoding="utf-8")
    found = re.finditer(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    return [(text.count("\n", 0, match.start()) + 2, match[1]) for match in found]


def free_ports() -> dict[str, str]:
    with ExitStack() as held:
        probes = [held.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in PORTS]
        return {port: str(probe.getsockname()[1]) for port, probe in zip(PORTS, probes, strict=True)}


@contextmanager
def started(command: str, port: str, folder: Path, environ: Mapping[str, str]) -> Iterator[None]:
    """Start the service as the page does, wait until it answers, and stop it afterwards."""
    log = folder / f"{port}.log"
    with (
        log.open("w") as told,
        subprocess.Popen(
            ["bash", "-c", command], cwd=folder, env=environ, stderr=told, start_new_session=True
        ) as process,
    ):
        try:
            assert is_ready(port, process), f"the service did not start: {log.read_text()}"
            yield
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGTERM)
            process.wait(SECONDS_UNTIL_HUNG)


def is_ready(port: str, process: "subprocess.Popen[bytes]") -> bool:
    """Wait until the service answers; say whether it does."""
    until = time.monotonic() + SECONDS_UNTIL_HUNG
    while time.monotonic() < until and process.poll() is None:
        try:
            return requests.get(f"http://127.0.0.1:{port}/health/ready", timeout=SECONDS_UNTIL_HUNG).ok
        except requests.ConnectionError:
            time.sleep(0.05)
    return False


def served_by(block: str) -> str | None:
    """Return the port at which a block serves; None if it does not serve."""
    if "magflag serve" not in block and "make run" not in block:
        return None
    port = re.search(r"--port (\d+)", block)
    return port[1] if port else PORTS[0]


def as_command(block: str, ports: Mapping[str, str]) -> str:
    """Return a block with our ports. `make run` sets up and serves; what is tested here is set up."""
    block = re.sub(r"^make run$", ".venv/bin/magflag serve", block.strip(), flags=re.MULTILINE)
    block = re.sub(r"magflag serve$", f"magflag serve --port {PORTS[0]}", block, flags=re.MULTILINE)
    return re.sub(r"(127\.0\.0\.1:|--port )(8080|8081)\b", lambda found: found[1] + ports[found[2]], block)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder that looks like the repository to whoever follows the pages."""
    (tmp_path / ".venv").symlink_to(sys.prefix)
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    return tmp_path


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("MAGFLAG_")}
    return kept | {"MAGFLAG_DATABASE_URL": f"sqlite:///{tmp_path / 'magflag.db'}"}


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not here, and the pages are about its calls")
@pytest.mark.parametrize("page", PAGES)
def test_what_people_are_told_to_type_works(page: str, folder: Path, environ: dict[str, str]) -> None:
    for name, script in scripts(page).items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(script, encoding="utf-8")
    ports = free_ports()
    with ExitStack() as running:
        for line, block in blocks(page, "sh"):
            command, port = as_command(block, ports), served_by(block)
            if port:
                running.enter_context(started(command, ports[port], folder, environ))
                continue
            ran = subprocess.run(
                ["bash", "-c", PRELUDE + command], cwd=folder, env=environ, capture_output=True, text=True,
                timeout=SECONDS_UNTIL_HUNG, check=False,
            )  # fmt: skip
            assert ran.returncode == 0, f"{page}:{line}: {ran.stderr}"
            assert re.findall(r"<(\d{3})>", ran.stderr) == statuses(block), f"{page}:{line}: {ran.stdout[-2000:]}"


def scripts(page: str) -> dict[str, str]:
    """Return the Python of a page, by the file that its first line tells people to save it as."""
    return {script.splitlines()[0].removeprefix("# "): script for _, script in blocks(page, "python")}


def statuses(block: str) -> list[str]:
    return re.findall(r"# (\d{3})$", block, re.MULTILINE)


@pytest.mark.parametrize("page", PAGES)
def test_every_call_says_how_it_is_answered(page: str) -> None:
    calls = [block for _, block in blocks(page, "sh") if "curl" in block]
    assert calls
    assert [block for block in calls if len(re.findall(r"\bcurl\b", block)) != len(statuses(block))] == []


def test_every_script_is_used() -> None:
    typed = "".join(block for _, block in blocks(CONNECT, "sh"))
    assert scripts(CONNECT)
    assert [name for name in scripts(CONNECT) if f".venv/bin/python {name}" not in typed] == []


def test_the_clients_files_that_are_shown_can_be_used(tmp_path: Path) -> None:
    assert load_clients(ROOT / "examples" / "clients" / "clients.yaml", OFFERED)
    shown = blocks(CONNECT, "yaml")
    assert shown
    for _, text in shown:
        file = tmp_path / "clients.yaml"
        file.write_text(text, encoding="utf-8")
        assert load_clients(file, OFFERED)
