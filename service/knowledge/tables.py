"""Tables: one row, one rule. Fills a template with the values of a row."""

import re
from collections.abc import Mapping
from typing import Any

_PLACE = re.compile(r"\{([A-Za-z_][A-Za-z0-9_]*)\}")


class UnknownPlace(Exception):
    """The template names a column that the row does not have."""


def fill(template: Any, row: Mapping[str, Any]) -> Any:
    """Return the template with every `{name}` replaced; a string that is only `{name}` takes the value as it is."""
    if isinstance(template, str):
        whole = _PLACE.fullmatch(template)
        if whole:
            return _value(whole.group(1), row)
        return _PLACE.sub(lambda found: str(_value(found.group(1), row)), template)
    if isinstance(template, Mapping):
        return {key: fill(inner, row) for key, inner in template.items()}
    if isinstance(template, list):
        return [fill(inner, row) for inner in template]
    return template


def _value(name: str, row: Mapping[str, Any]) -> Any:
    if name not in row:
        raise UnknownPlace(name)
    return row[name]
