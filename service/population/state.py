"""What a screening has done so far, beside its output: a killed one goes on where it was, and nothing half counts."""

import json
import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

PLAN, READ = "plan.json", "read.json"


class Aside:
    """The folder beside the output in which a screening works; it becomes the output when all is there."""

    def __init__(self, out: Path, plan: Mapping[str, Any]) -> None:
        self.out = out
        self.folder = out.with_name(f".{out.name}.screening")
        self._plan = json.loads(json.dumps(plan))
        if self._read(PLAN) != self._plan:
            shutil.rmtree(self.folder, ignore_errors=True)
            self.folder.mkdir(parents=True)
            self.note(PLAN, self._plan)

    @property
    def read(self) -> dict[str, Any] | None:
        """What was noted when all was read; None until then."""
        return self._read(READ)

    def note(self, name: str, told: Mapping[str, Any]) -> None:
        """Write a note, whole or not at all."""
        written = self.folder / f"{name}.part"
        written.write_text(json.dumps(told, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
        written.replace(self.folder / name)

    def noted(self, name: str) -> dict[str, Any] | None:
        """Return a note; None where it was not written."""
        return self._read(name)

    def path(self, *parts: str) -> Path:
        """Return a path in the folder, whose own folder is there."""
        found = self.folder.joinpath(*parts)
        found.parent.mkdir(parents=True, exist_ok=True)
        return found

    def forget(self, name: str) -> None:
        """Remove a file and what belongs to it."""
        for found in self.folder.glob(f"{name}*"):
            found.unlink()

    def finish(self, *kept: str) -> None:
        """Leave only what is `kept`, and make the folder the output."""
        for found in self.folder.iterdir():
            if found.name not in kept:
                shutil.rmtree(found) if found.is_dir() else found.unlink()
        if self.out.is_dir():
            self.out.rmdir()
        os.replace(self.folder, self.out)

    def _read(self, name: str) -> dict[str, Any] | None:
        try:
            found = json.loads((self.folder / name).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None
        return found if isinstance(found, dict) else None
