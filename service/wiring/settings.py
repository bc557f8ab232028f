"""What a deployment may set, as far as the stages below the web need it."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

USUAL_FETCH_MS = 400


@dataclass(frozen=True, slots=True)
class Settings:
    """What a deployment may set; each one is an environment variable with the prefix MAGFLAG_.

    Without `database` nothing is kept: cards are issued, and feedback on them is refused.
    """

    rules: Path | None = None
    documents: Path | None = None
    database: str | None = None
    clients: Path | None = None
    fetch_ms: int = USUAL_FETCH_MS

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] = os.environ) -> "Settings":
        """Return the settings of this process, without a database: only the service keeps anything."""
        return cls(
            rules=_path(environ, "MAGFLAG_RULES"),
            documents=_path(environ, "MAGFLAG_DOCUMENTS"),
            clients=_path(environ, "MAGFLAG_CLIENTS"),
            fetch_ms=int(environ.get("MAGFLAG_FETCH_MS") or USUAL_FETCH_MS),
        )


def _path(environ: Mapping[str, str], name: str) -> Path | None:
    value = environ.get(name)
    return Path(value) if value else None
