"""Strict marshmallow pieces: an unknown key is a mistake, and a number in quotes is not a number."""

import re
from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal
from difflib import get_close_matches
from typing import Any

from marshmallow import RAISE, Schema, ValidationError, fields

from schemas.problem import Problem, in_order

__all__ = ["Day", "Flag", "LooseDay", "Number", "StrictSchema", "Text", "Told", "Word", "loaded"]

# A longer list of what is known would hide the mistake it is meant to explain.
MOST_LISTED = 19


class Told(str):
    """A message that carries its way out and, for unknown keys, the keys that are known."""

    hint: str | None
    known: tuple[str, ...]

    def __new__(cls, message: str, hint: str | None = None, known: tuple[str, ...] = ()) -> "Told":
        """Return the message as text with its hint attached."""
        told = super().__new__(cls, message)
        told.hint = hint
        told.known = known
        return told


class StrictSchema(Schema):
    """A schema that refuses what it does not know."""

    class Meta:
        unknown = RAISE

    shape = "{…}"

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        known = tuple(self.load_fields)
        self.error_messages = {
            **self.error_messages,
            "unknown": Told("This member is not known here.", known=known),
            "type": Told("This must be an object.", f"Write {self.shape}."),
        }


class Text(fields.String):
    """Text that is not empty, of bounded length, and really text."""

    def __init__(self, longest: int = 256, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.longest = longest

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        if not isinstance(value, str):
            raise ValidationError(Told("This must be text.", "Put it in quotation marks."))
        if not value.strip():
            raise ValidationError(
                Told("This text is empty.", "Leave the member out, or write null, if it is not known.")
            )
        if len(value) > self.longest:
            raise ValidationError(Told(f"This text is longer than {self.longest} characters.", "Shorten it."))
        return value


class Word(Text):
    """One of a few fixed words."""

    def __init__(self, words: tuple[str, ...], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.words = words

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        text = super()._deserialize(value, attr, data, **kwargs)
        if text not in self.words:
            near = get_close_matches(text.casefold(), self.words, n=1, cutoff=0.6)
            meant = f"Did you mean {near[0]}? " if near else ""
            hint = f"{meant}Write one of: {', '.join(self.words)}."
            raise ValidationError(Told("This word is not one of those known here.", hint))
        return text


class Flag(fields.Field[bool]):
    """true or false; "yes" and 1 are neither."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> bool:
        if not isinstance(value, bool):
            raise ValidationError(Told("This must be true or false.", "Write true, false, or null if it is not known."))
        return value


class Number(fields.Field[Decimal]):
    """A finite number between two bounds; `whole` for integers."""

    def __init__(self, low: int = 0, high: int = 10**9, whole: bool = False, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.low, self.high, self.whole = low, high, whole

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Decimal:
        if isinstance(value, bool) or not isinstance(value, (int, float, Decimal)):
            raise ValidationError(Told("This must be a number.", "Write it without quotation marks."))
        number = Decimal(str(value))
        if not number.is_finite() or not self.low <= number <= self.high:
            raise ValidationError(Told("This value is impossible.", f"Write a number from {self.low} to {self.high}."))
        if self.whole and number != number.to_integral_value():
            raise ValidationError(Told("This must be a whole number."))
        return number


class Day(fields.Field[date]):
    """A calendar day, YYYY-MM-DD. No time and no zone: results are compared in whole days."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> date:
        hint = "Write it as YYYY-MM-DD, for example 2026-10-30."
        if not isinstance(value, str) or not re.fullmatch(r"\d{4}-\d{2}-\d{2}", value, re.ASCII):
            raise ValidationError(Told("This must be a calendar day.", hint))
        try:
            return date.fromisoformat(value)
        except ValueError:
            raise ValidationError(Told("There is no such day.", hint)) from None


class LooseDay(Text):
    """A year, a month or a day: YYYY, YYYY-MM or YYYY-MM-DD; kept as written."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        hint = "Write it as YYYY, YYYY-MM or YYYY-MM-DD."
        if not isinstance(value, str) or not re.fullmatch(r"\d{4}(-\d{2}(-\d{2})?)?", value, re.ASCII):
            raise ValidationError(Told("This must be a year, a month or a day.", hint))
        try:
            date.fromisoformat((value + "-01-01")[:10])
        except ValueError:
            raise ValidationError(Told("There is no such day.", hint)) from None
        return value


def loaded(schema: Schema, data: Any) -> tuple[Any, list[Problem]]:
    """Return the data through a schema and no problems, or None and every problem with its JSON pointer (RFC 6901)."""
    try:
        return schema.load(data), []
    except ValidationError as error:
        return None, in_order(_walk(error.messages, ""))


def _walk(errors: Any, at: str) -> Iterator[Problem]:
    if isinstance(errors, Mapping):
        for key, inner in errors.items():
            yield from _walk(inner, f"{at}/{pointer_part(key)}" if key != "_schema" and _plain(key) else at)
        return
    for message in errors if isinstance(errors, list) else [errors]:
        if isinstance(message, (Mapping, list)):
            yield from _walk(message, at)
        else:
            yield _problem(at, message)


PLAINER = {
    "Missing data for required field.": Told("This is missing."),
    "Field may not be null.": Told("This may not be null.", "Leave it out, or give a value."),
    "Not a valid list.": Told("This must be a list.", "Write [ … ]."),
    "Not a valid mapping type.": Told("This must be a map of keys and values."),
    "Invalid input type.": Told("This must be an object.", "Write {…}."),
}


def _problem(at: str, message: Any) -> Problem:
    told = message if isinstance(message, Told) else PLAINER.get(str(message), Told(str(message)))
    hint = did_you_mean(at.rsplit("/", 1)[-1], told.known) if told.known else told.hint
    return Problem(at, str(told), hint)


def did_you_mean(word: str, known: tuple[str, ...]) -> str:
    """Say the nearest known words, or all of them when they are few."""
    near = get_close_matches(word[:64], known, n=1, cutoff=0.7)
    if near:
        return f"Did you mean {near[0]}?"
    if len(known) <= MOST_LISTED:
        return f"Known here: {', '.join(known)}."
    return "See the documentation for what is known here."


def _plain(key: object) -> bool:
    """Say whether a name may be repeated: an invented one may be a patient's, so its place is told instead."""
    return re.fullmatch(r"[A-Za-z_][A-Za-z0-9_-]{0,39}|\d+", str(key), re.ASCII) is not None


def pointer_part(key: object) -> str:
    """Return a key as a part of a JSON pointer (RFC 6901), cut where it is long."""
    return str(key)[:64].replace("~", "~0").replace("/", "~1")
