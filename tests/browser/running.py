"""The service as anybody starts it, on a database of its own, and records put into it."""

import json
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import requests

__all__ = ["ROOT", "bundle", "example", "keep", "running"]

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "examples"
IS_UP = "Stop it with Ctrl-C."
SECONDS_TO_STOP, SECONDS_TO_ANSWER, SECONDS_BETWEEN_TRIES = 15, 30, 0.05
JSON, FHIR = "application/json", "application/fhir+json"


@contextmanager
def running(folder: Path, *options: str) -> Iterator[str]:
    """Start `magflag serve` with the database in a folder; yield its address once it answers."""
    port = _free_port()
    kept = {name: value for name, value in os.environ.items() if not name.startswith("MAGFLAG_")}
    environ = kept | {"MAGFLAG_DATABASE_URL": f"sqlite:///{folder / 'magflag.sqlite3'}"}
    command = [str(Path(sys.executable).with_name("magflag")), "serve", f"--port={port}", *options]
    with subprocess.Popen(command, cwd=ROOT, env=environ, stderr=subprocess.PIPE, text=True) as process:
        try:
            _wait(process, port)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()
            process.wait(SECONDS_TO_STOP)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _wait(process: subprocess.Popen[str], port: int) -> None:
    assert process.stderr is not None
    said = []
    for line in process.stderr:
        said.append(line)
        if IS_UP in line:
            break
    assert IS_UP in "".join(said), f"The service did not start: {''.join(said)}"
    # What it says later is read and dropped: a full pipe would stop it.
    threading.Thread(target=process.stderr.read, daemon=True).start()
    # It says where it will listen a moment before it does.
    while process.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(SECONDS_BETWEEN_TRIES)


def example(name: str, **changes: Any) -> dict[str, Any]:
    """Return one of our made-up profiles with some members changed."""
    profile: dict[str, Any] = json.loads((EXAMPLES / f"{name}.json").read_text(encoding="utf-8"))
    return profile | changes


def bundle(patient: str, name: str, *resources: dict[str, Any]) -> dict[str, Any]:
    """Return a Bundle of a patient and what is known of them."""
    person = {"resourceType": "Patient", "id": patient, "gender": "female", "birthDate": "1952-04-01"}
    about = {"subject": {"reference": f"Patient/{patient}"}}
    entries = [person | {"name": [{"text": name}]}, *(each | about for each in resources)]
    return {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": each} for each in entries]}


def keep(base: str, record: dict[str, Any]) -> dict[str, Any]:
    """Keep a record for review and return the advisory, as any program would."""
    media = FHIR if "resourceType" in record else JSON
    answer = requests.post(
        f"{base}/v1/advisories", json.dumps(record).encode(), headers={"Content-Type": media}, timeout=SECONDS_TO_ANSWER
    )
    assert answer.status_code == 201, answer.text
    advisory: dict[str, Any] = answer.json()
    return advisory | {"at": "/review/" + answer.headers["Location"].rpartition("/")[2]}
