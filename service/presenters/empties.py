"""CDS Hooks allows no null and no empty member (CDS Hooks 2.0, "null and empties")."""

from typing import Any


def without_empties(data: Any) -> Any:
    """Return nested data without members that are None, "", [] or {}, or that become so; False and 0 say something."""
    if isinstance(data, dict):
        members = {name: without_empties(value) for name, value in data.items()}
        return {name: value for name, value in members.items() if not is_empty(value)}
    if isinstance(data, (list, tuple)):
        return [value for value in map(without_empties, data) if not is_empty(value)]
    return data


def is_empty(value: Any) -> bool:
    """Say whether a value says nothing."""
    return value is None or (isinstance(value, (str, list, tuple, dict)) and not value)
