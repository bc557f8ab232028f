"""Reads the `smart` entries of the clients file, with the secrets that stand in files beside it."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations
from pathlib import Path
from typing import Any

from schemas.client import Client, Smart
from schemas.problem import Problem, Refused
from service.intake.strict_json import parse
from service.knowledge.yaml_strict import Document
from service.trust.app_keys import algorithm_of
from service.trust.audience import covers
from service.trust.keys import UnusableKey
from service.trust.secret_files import UnreadableSecret, read_secret


def smart_of(document: Document, folder: Path, number: int, row: Mapping[str, Any]) -> Smart | None:
    """Return how a client launches us, or None; note every file beside it that cannot be used."""
    entry = row.get("smart")
    if entry is None:
        return None
    secret, key = None, None
    for name in ("secret_file", "private_key_file"):
        if name not in entry:
            continue
        try:
            written = read_secret(folder / entry[name])
            secret, key = (written, key) if name == "secret_file" else (secret, _private_key(written))
        except (UnreadableSecret, UnusableKey) as unusable:
            document.problems.append(document.problem(("clients", number, "smart", name), str(unusable), unusable.hint))
    return Smart(
        client_id=entry["client_id"],
        redirect=entry.get("redirect"),
        scopes=entry.get("scopes"),
        secret=secret,
        private_key=key,
        servers=tuple(entry.get("servers", ())),
    )


def _private_key(written: str) -> dict[str, Any]:
    try:
        key = parse(written.encode())
    except Refused:
        key = None
    if not isinstance(key, dict):
        raise UnusableKey("This file is not a key.", "Write one JSON Web Key (RFC 7517), private half included.")
    algorithm_of(key)
    return key


def launched_twice(document: Document, clients: Sequence[Client]) -> Iterator[Problem]:
    """Yield the clients whose launches cannot be told apart: they name the same server."""
    smart = [(number, client) for number, client in enumerate(clients) if client.smart]
    for (_, first), (number, second) in combinations(smart, 2):
        if any(covers(one, two) and covers(two, one) for one in first.fhir_servers for two in second.fhir_servers):
            told = f"A launch from this client's server could be one of `{first.name}`."
            yield document.problem(("clients", number, "smart"), told, "Keep `smart` at one of the two.")
