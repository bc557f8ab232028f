"""Take the steps of the Dockerfile without Docker, and start the service as the image does.

Every RUN, COPY, ENV, USER, HEALTHCHECK and CMD is read from the Dockerfile, so that the two cannot drift. A stage is a
fresh virtual environment and a folder that stands for the root of its file system. What needs Docker itself is not
tried: the base image, its packages (a compiler must be here already), and files that may only be read.
"""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
EXAMPLE = ROOT / "examples" / "clients"
PORT = "8080"
SECONDS_TO_START, SECONDS_TO_STOP, SECONDS_BETWEEN_LOOKS = 60, 30, 0.5
# Paths that begin with these lie in the folder of the stage.
OWN = re.compile(r"(?<![\w.])/(?=(?:wheels|src|var/lib/magflag|etc/magflag)\b)")
AS_ROOT = os.geteuid() == 0


@dataclass
class Stage:
    """One stage: its folder, and what the Dockerfile has set in it so far."""

    folder: Path
    workdir: Path = field(init=False)
    environ: dict[str, str] = field(default_factory=dict)
    user: int | None = None
    commands: dict[str, list[str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.workdir = self.folder
        subprocess.run([sys.executable, "-m", "venv", str(self.folder / "venv")], check=True)

    def here(self, text: str) -> str:
        """Return a text with the paths that are the stage's own moved into its folder."""
        return OWN.sub(lambda _: f"{self.folder}/", text)

    def environment(self) -> dict[str, str]:
        """Return the environment of a process in this stage: the machine's, without magflag's settings, and our own."""
        usual = {name: value for name, value in os.environ.items() if not name.startswith(("MAGFLAG_", "PYTHON"))}
        path = f"{self.folder / 'venv' / 'bin'}:{usual.get('PATH', '')}"
        return usual | {name: self.here(value) for name, value in self.environ.items()} | {"PATH": path}


def instructions(text: str) -> Iterator[tuple[str, str]]:
    """Give each instruction of a Dockerfile with what follows it, on one line."""
    lines = [line for line in text.splitlines() if not line.lstrip().startswith("#")]
    for line in re.sub(r"\\\n", " ", "\n".join(lines)).splitlines():
        if line.strip():
            word, _, rest = line.strip().partition(" ")
            yield word, rest.strip()


def take(stage: Stage, earlier: dict[str, Stage], word: str, rest: str) -> None:
    """Take one step; an instruction that is not known here is a mistake, or something would go untried."""
    match word:
        case "RUN":
            run(stage, earlier, rest)
        case "WORKDIR":
            stage.workdir = Path(stage.here(rest))
            stage.workdir.mkdir(parents=True)
        case "COPY":
            copy(stage, rest.split())
        case "ENV":
            stage.environ |= dict(pair.split("=", 1) for pair in rest.split())
        case "USER":
            stage.user = int(rest)
        case "HEALTHCHECK" | "CMD":
            stage.commands[word] = json.loads(rest[rest.index("[") :])
        case "VOLUME" | "EXPOSE":
            pass
        case _:
            sys.exit(f"image_steps: the Dockerfile says {word}, and nobody has said here what that means.")


def run(stage: Stage, earlier: dict[str, Stage], rest: str) -> None:
    """Run a RUN line; what it mounts from another stage is linked."""
    for mount in re.findall(r"--mount=(\S+)", rest):
        said = dict(part.split("=", 1) for part in mount.split(","))
        link = Path(stage.here(said["target"]))
        link.symlink_to(earlier[said["from"]].here(said["source"]))
    command = re.sub(r"--mount=\S+", "", rest).strip()
    if command.startswith("apt-get"):
        told(f"not here: {command}")
        return
    if not AS_ROOT:
        command = re.sub(r"--(?:owner|group)=\S+", "", command)
    told(command)
    subprocess.run(["bash", "-euc", stage.here(command)], cwd=stage.workdir, env=stage.environment(), check=True)


def copy(stage: Stage, words: list[str]) -> None:
    """Copy files and folders as COPY does: a file into a folder, a folder's contents into one of that name."""
    *sources, target = words
    for source in sources:
        goal = stage.workdir / target
        if (ROOT / source).is_dir():
            shutil.copytree(ROOT / source, goal, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            goal.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / source, goal)


def built(text: str, folder: Path) -> Stage:
    """Build every stage and return the last."""
    stages: dict[str, Stage] = {}
    stage = None
    for word, rest in instructions(text):
        if word == "FROM":
            name = rest.split(" AS ")[-1] if " AS " in rest else "final"
            told(f"stage {name}")
            stage = stages[name] = Stage(folder / name)
        elif stage is not None:
            take(stage, stages, word, rest)
    if stage is None:
        sys.exit("image_steps: the Dockerfile has no stage.")
    return stage


def served(stage: Stage) -> None:
    """Start what the image starts, as its user; wait until its health check is content; stop it as Docker does."""
    shutil.copytree(EXAMPLE, Path(stage.here("/etc/magflag")))
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = str(probe.getsockname()[1])
    command, health = ([each.replace(PORT, port) for each in stage.commands[word]] for word in ("CMD", "HEALTHCHECK"))
    environ = stage.environment() | {"HOME": "/"}
    whose = owner(stage)
    told(" ".join(command))
    with subprocess.Popen(command, cwd=stage.folder, env=environ, **whose) as process:
        try:
            until = time.monotonic() + SECONDS_TO_START
            while subprocess.run(health, env=environ, stderr=subprocess.DEVNULL, check=False, **whose).returncode:
                if process.poll() is not None or time.monotonic() > until:
                    sys.exit("image_steps: the service did not become healthy.")
                time.sleep(SECONDS_BETWEEN_LOOKS)
            told("healthy")
        finally:
            process.send_signal(signal.SIGTERM)
            ended = process.wait(SECONDS_TO_STOP)
    if ended:
        sys.exit(f"image_steps: the service ended with {ended} when it was told to stop.")


def owner(stage: Stage) -> dict[str, Any]:
    """Return who runs the service: the image's user, if we are root and that user may use this Python at all."""
    whose: dict[str, Any] = {"user": stage.user, "group": stage.user, "extra_groups": []} if AS_ROOT else {}
    try:
        subprocess.run([str(stage.folder / "venv" / "bin" / "python"), "-c", ""], check=True, **whose)
    except PermissionError:
        told(f"user {stage.user} may not use {sys.executable}, so the service runs as whoever runs this")
        return {}
    return whose


def told(what: str) -> None:
    """Say what happens."""
    sys.stderr.write(f"image_steps: {what}\n")


def main() -> None:
    """Take all steps in a folder that is removed afterwards."""
    with tempfile.TemporaryDirectory(prefix="magflag-image-") as name:
        folder = Path(name)
        folder.chmod(0o755)  # The user of the image must come through.
        stage = built((ROOT / "Dockerfile").read_text(encoding="utf-8"), folder)
        served(stage)
    told("every step was taken, and the service became healthy and stopped when told")


if __name__ == "__main__":
    main()
