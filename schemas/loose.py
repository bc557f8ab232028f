"""Marshmallow pieces for what others send in a shape that is not ours: what is not known is left, not refused.

Null and blank stand for "not sent" wherever a member is optional. CDS Hooks forbids both, and real clients write them;
neither can mean two things.
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from marshmallow import EXCLUDE, Schema, ValidationError, fields

from schemas.strict import Text, Told

LONGEST_ID = 128
# Wider than FHIR's own ids, which real servers exceed; but of these characters only, because an id becomes part of a
# search, where any other could change what is asked for.
ID = r"(?!\.+$)[A-Za-z0-9._~-]{1,128}"
ADDRESS = r"[Hh][Tt][Tt][Pp][Ss]?://\S+"
MOMENT = r"\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}:\d{2}(\.\d{1,9})?([Zz]|[+-]\d{2}:\d{2})"


class LooseSchema(Schema):
    """A schema that reads what it knows, and leaves the rest."""

    class Meta:
        unknown = EXCLUDE

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.error_messages = {**self.error_messages, "type": Told("This must be an object.", "Write {…}.")}


class MaybeText(Text):
    """Text that may be absent, null or blank, which all mean that it was not sent."""

    def __init__(self, longest: int = 256, **kwargs: Any) -> None:
        super().__init__(longest, allow_none=True, **kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        return None if is_blank(value) else super()._deserialize(value, attr, data, **kwargs)


class Id(Text):
    """A FHIR id, or a relative reference to one, of which the id is kept: "Patient/7" is 7."""

    def __init__(self, kind: str, **kwargs: Any) -> None:
        super().__init__(longest=LONGEST_ID + len(kind) + 1, **kwargs)
        self.kind = kind

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        text = super()._deserialize(value, attr, data, **kwargs).removeprefix(f"{self.kind}/")
        if not re.fullmatch(ID, text):
            raise ValidationError(Told("This is not a FHIR id.", "Write letters, digits, '-', '.', '_' and '~' only."))
        return text


class MaybeId(Id):
    """An id that may be absent, null or blank."""

    def __init__(self, kind: str, **kwargs: Any) -> None:
        super().__init__(kind, allow_none=True, **kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        return None if is_blank(value) else super()._deserialize(value, attr, data, **kwargs)


class MaybeAddress(MaybeText):
    """An absolute address of the web, which may be absent, null or blank."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        text = super()._deserialize(value, attr, data, **kwargs)
        if text is not None and not re.fullmatch(ADDRESS, text):
            raise ValidationError(Told("This is not an address of the web.", "Write https://…"))
        return text


class Bearer(Text):
    """The fixed word Bearer; OAuth reads it in any case (RFC 6749, section 5.1)."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        text = super()._deserialize(value, attr, data, **kwargs)
        if text.lower() != "bearer":
            raise ValidationError(Told("This token is of a type that we cannot use.", "Write Bearer."))
        return text


class Moment(Text):
    """A moment as RFC 3339 writes it (section 5.6), but for leap seconds; kept in UTC."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        text = super()._deserialize(value, attr, data, **kwargs)
        told = Told("This must be a moment with its zone (RFC 3339).", "Write for example 2026-11-21T09:30:00Z.")
        if not re.fullmatch(MOMENT, text, re.ASCII):
            raise ValidationError(told)
        try:
            return datetime.fromisoformat(text.upper()).astimezone(UTC).isoformat().replace("+00:00", "Z")
        except (ValueError, OverflowError):
            raise ValidationError(told) from None


class Anything(fields.Field[Mapping[str, Any]]):
    """An object, passed on as it is."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Mapping[str, Any]:
        if not isinstance(value, Mapping):
            raise ValidationError(Told("This must be an object.", "Write {…}."))
        return value


class Bundle(Anything):
    """A Bundle, passed on as it is. Its type is not asked for: HL7's own sandbox sends drafts without one."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Mapping[str, Any]:
        bundle = super()._deserialize(value, attr, data, **kwargs)
        if bundle.get("resourceType") != "Bundle":
            raise ValidationError(Told("This must be a Bundle.", 'Write "resourceType": "Bundle".'))
        if not isinstance(bundle.get("entry", []), list):
            raise ValidationError({"entry": [Told("This must be a list.", "Write [ … ].")]})
        return bundle


class Several(fields.List[Any]):
    """A list of bounded length, of which nothing is read if it is too long."""

    def __init__(self, inner: Any, most: int, least: int = 0, **kwargs: Any) -> None:
        super().__init__(inner, **kwargs)
        self.most, self.least = most, least

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        if isinstance(value, list) and len(value) > self.most:
            raise ValidationError(Told(f"This is longer than {self.most} entries.", "Send fewer."))
        if isinstance(value, list) and len(value) < self.least:
            raise ValidationError(Told("This list is empty.", f"Send {self.least} or more."))
        return super()._deserialize(value, attr, data, **kwargs)


def is_blank(value: object) -> bool:
    """Say whether this is text that says nothing."""
    return isinstance(value, str) and not value.strip()
