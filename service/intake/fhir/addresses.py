"""Addresses of resources: "Type/id", alone or below the base of a server.

Source: FHIR R4 (4.0.1), references (literal, absolute, versioned) and Bundle (fullUrl).
"""

from typing import Any


def type_and_id(reference: str) -> str | None:
    """Return "Type/id" of a relative or absolute reference, with or without a version; None where it has neither."""
    parts = reference.rsplit("/", 4)
    if parts[-2:-1] == ["_history"]:
        parts = parts[:-2]
    if len(parts) == 1 or not parts[-1]:
        return None
    kind, known = parts[-2:]
    return f"{kind}/{known}" if kind.isalpha() and kind[0].isupper() else None


def key_of_url(url: Any, kind: str) -> str | None:
    """Return the key of a resource without an id: its fullUrl, or the end of it where that is "Type/id"."""
    if not isinstance(url, str) or not url:
        return None
    ending = type_and_id(url)
    return ending if ending and ending.startswith(f"{kind}/") else url


def base_of(url: str) -> str:
    """Return the server that an absolute http address of a resource is on, without the scheme; "" for anything else."""
    scheme, _, rest = url.partition("://")
    named = type_and_id(url)
    if scheme.lower() not in ("http", "https") or not named:
        return ""
    return rest.partition(f"/{named}")[0].rstrip("/").casefold()


def are_apart(url: str, other: str) -> bool:
    """Whether two addresses are on two servers, on which one id names two things."""
    one, two = base_of(url), base_of(other)
    return bool(one and two and one != two)
