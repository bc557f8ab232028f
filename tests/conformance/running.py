"""The service as people run it: its own command, its own process, real HTTP, a database and a log that can be read."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests
import yaml

from tests.contract.conftest import HOOKS

MAGFLAG = Path(sys.executable).with_name("magflag")
SERVICE = {hook: known for known, hook in HOOKS.items()}
SECONDS_UNTIL_HUNG = 30
SECONDS_BETWEEN_LOOKS = 0.05


@dataclass(frozen=True, eq=False)
class Running:
    """One service: where it listens, and what it leaves behind."""

    base: str
    folder: Path
    session: requests.Session
    environ: Mapping[str, str]

    def url(self, path: str) -> str:
        return f"{self.base}{path}"

    def get(self, path: str, token: str | None = None, **headers: str) -> requests.Response:
        return self.ask("GET", path, token, None, headers)

    def post(self, path: str, data: Any, token: str | None = None, **headers: str) -> requests.Response:
        return self.ask("POST", path, token, data, headers)

    def ask(
        self, method: str, path: str, token: str | None, data: Any, headers: Mapping[str, str]
    ) -> requests.Response:
        """Send one request; `token` is a whole Authorization header."""
        sent = {**headers, **({"Authorization": token} if token else {})}
        return self.session.request(method, self.url(path), json=data, headers=sent, timeout=SECONDS_UNTIL_HUNG)

    def hook(self, call: Mapping[str, Any], token: str | None = None) -> requests.Response:
        """Call the service of the call's hook."""
        return self.post(f"/cds-services/{SERVICE[call['hook']]}", call, token)

    def cards(self, call: Mapping[str, Any], token: str | None = None) -> list[dict[str, Any]]:
        """Return the cards for a call that must be answered with 200."""
        answer = self.hook(call, token)
        assert answer.status_code == 200, answer.text
        found: list[dict[str, Any]] = answer.json()["cards"]
        return found

    def templates(self, known: str = "magnesium-patient-view", token: str | None = None) -> dict[str, str]:
        """Return the prefetch templates of a service, as discovery gives them."""
        services = {each["id"]: each for each in self.get("/cds-services", token).json()["services"]}
        found: dict[str, str] = services[known]["prefetch"]
        return found

    def log(self) -> str:
        """Return everything that was written to standard output and error so far."""
        return (self.folder / "log").read_text(encoding="utf-8")

    def kept(self) -> bytes:
        """Return every byte of the database, its write-ahead log included."""
        return b"".join(file.read_bytes() for file in sorted(self.folder.glob("x.db*")))

    def processes(self, work: Callable[[requests.Session], object], times: int) -> int:
        """Do some work at once, each time on a connection of its own, and return how many processes answered any of it.

        Each process counts its requests in a file of its own (prometheus-client's way to count together).
        """
        before = self._counters()
        with ThreadPoolExecutor(times) as pool:
            for done in [pool.submit(self._alone, work) for _ in range(times)]:
                done.result()
        return sum(before.get(name) != counted for name, counted in self._counters().items())

    def _alone(self, work: Callable[[requests.Session], object]) -> None:
        with requests.Session() as session:
            session.trust_env = False
            work(session)

    def _counters(self) -> dict[str, bytes]:
        return {file.name: file.read_bytes() for file in self.folder.glob("magflag-metrics-*/counter_*.db")}

    def command(self, *words: str) -> str:
        """Return what a command prints, run beside the service with the same settings."""
        done = subprocess.run([MAGFLAG, *words], env=dict(self.environ), capture_output=True, text=True, check=True)
        return done.stdout


@contextmanager
def running(folder: Path, clients: Callable[[str], Sequence[Mapping[str, Any]]], **settings: str) -> Iterator[Running]:
    """Start the service on a free port and stop it in the end; `clients` is told its address."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    base = f"http://127.0.0.1:{port}"
    (folder / "clients.yaml").write_text(yaml.safe_dump({"clients": list(clients(base))}), encoding="utf-8")
    usual = {name: value for name, value in os.environ.items() if not name.startswith("MAGFLAG_")}
    environ = usual | settings | {
        "MAGFLAG_DATABASE_URL": f"sqlite:///{folder}/x.db",
        "MAGFLAG_CLIENTS": str(folder / "clients.yaml"),
        # Workers count together in files of a temporary folder, each in one that is named after it.
        "TMPDIR": str(folder),
    }  # fmt: skip
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen([MAGFLAG, "serve", "--port", str(port)], stdout=log, stderr=log, env=environ)
    with requests.Session() as session:
        session.trust_env = False
        started = Running(base, folder, session, environ)
        try:
            eventually(lambda: _is_ready(started, process))
            yield started
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(SECONDS_UNTIL_HUNG)


def eventually(happened: Callable[[], bool]) -> None:
    """Wait for what another process does, and tells nobody."""
    until = time.monotonic() + SECONDS_UNTIL_HUNG
    while not happened():
        assert time.monotonic() < until, "it did not happen"
        time.sleep(SECONDS_BETWEEN_LOOKS)


def _is_ready(started: Running, process: "subprocess.Popen[bytes]") -> bool:
    assert process.poll() is None, f"it ended instead of starting: {started.log()}"
    try:
        return started.get("/health/ready").status_code == 200
    except requests.ConnectionError:
        return False
