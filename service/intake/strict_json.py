"""JSON read so that it can neither crash us, hang us, nor mean two things at once.

The standard parser accepts NaN, keeps the last of two equal names, reads numbers of any length, lets half characters
through and fails on deep nesting. Size, depth and count are therefore checked on the text, before it is parsed.
"""

import json
import re
from collections.abc import Iterator
from decimal import Decimal
from itertools import islice
from typing import Any, NoReturn, TypeVar

from schemas.problem import Problem, Refused

MOST_BYTES = 1_048_576
MOST_DEPTH = 64
MOST_VALUES = 100_000
MOST_DIGITS = 17
MOST_EXPONENT = 15
MOST_PROBLEMS = 20

# Longer ones are refused unread: nobody writes fifteen digits with so many zeros.
LONGEST_MANTISSA = 64
LONGEST_POWER = 4
# A name is shown only when it looks like the name of a member; anything else could be somebody's data.
PLAIN_NAME = re.compile(r"[a-z][A-Za-z0-9_]{0,30}")
BRACKET = re.compile(r"[\[\]{}]")
NOT_TEXT = re.compile("[\x00\ud800-\udfff]")

NUMBER_TOLD = f"This number has more than {MOST_DIGITS} significant digits, or an exponent beyond ±{MOST_EXPONENT}."
NUMBER_HINT = "The rule engine compares such numbers unreliably. Round the value, or express it in another unit."


_T = TypeVar("_T")


class _BadNumber:
    """Stands in the parsed tree where a number was refused, until its place is known."""


class _Doubled(dict[str, Any]):
    """An object in which a name stood twice."""


def parse(body: bytes, max_bytes: int = MOST_BYTES) -> object:
    """Return the data of one JSON text, decimals as Decimal; raise Refused (400 or 413) with every mistake found."""
    if len(body) > max_bytes:
        _refuse(413, f"The body is larger than {max_bytes} bytes.", "Send one patient, and what is current only.")
    text = _decoded(body)
    _check_shape(text)
    reader = _Reader()
    data = reader.read(text)
    # Only an escape can bring in half a character or a NUL: raw ones are refused by UTF-8 and by the parser.
    if reader.is_flawed or "\\u" in text:
        problems = list(islice(_walk(data, "", shown=True), MOST_PROBLEMS))
        if problems:
            raise Refused(400, problems)
    return data


def _refuse(status: int, message: str, hint: str | None = None) -> NoReturn:
    raise Refused(status, [Problem("", message, hint)]) from None


def _decoded(body: bytes) -> str:
    if not body.strip(b" \t\r\n"):
        _refuse(400, "The body is empty.", "Send a JSON object; {} is the smallest.")
    if body.startswith(b"\xef\xbb\xbf"):
        _refuse(400, "The body starts with a byte order mark.", "Send UTF-8 without it (RFC 8259, section 8.1).")
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError as error:
        _refuse(400, f"The body is not UTF-8 at byte {error.start}.", "JSON travels as UTF-8 (RFC 8259, section 8.1).")


def _check_shape(text: str) -> None:
    """Refuse what is too deep or too much, with plain string operations, whose time grows only with the length.

    Up to the first mistake in the text, this sees the same strings and brackets as the parser will.
    """
    outside = '"'.join(text.replace("\\\\", "").replace('\\"', "").split('"')[::2])
    depth = 0
    for bracket in islice(BRACKET.finditer(outside), 2 * MOST_VALUES):
        depth += 1 if bracket[0] in "[{" else -1
        if depth > MOST_DEPTH:
            _refuse(400, f"The JSON is nested deeper than {MOST_DEPTH} levels.", "A profile needs fewer than ten.")
    values = 1 + sum(outside.count(mark) for mark in "[{,:")
    if max(values, outside.count("]") + outside.count("}")) > MOST_VALUES:
        _refuse(400, f"The JSON holds more than {MOST_VALUES} names and values.", "Send what is current only.")


class _Reader:
    """The standard parser with stricter hooks; `is_flawed` says that the tree holds something to be refused."""

    def __init__(self) -> None:
        self.is_flawed = False

    def read(self, text: str) -> Any:
        """Return the tree, with _BadNumber and _Doubled where a mistake was met."""
        try:
            return json.loads(
                text,
                parse_int=self._whole,
                parse_float=self._decimal,
                parse_constant=_no_constant,
                object_pairs_hook=self._object,
            )
        except json.JSONDecodeError as error:
            told = f"This is not JSON; the mistake is at line {error.lineno}, column {error.colno}."
            _refuse(400, told, "Compare the text with RFC 8259; a JSON formatter shows the place.")

    def _whole(self, written: str) -> int | _BadNumber:
        return int(written) if _is_bounded(written) else self._flawed(_BadNumber())

    def _decimal(self, written: str) -> Decimal | _BadNumber:
        return Decimal(written) if _is_bounded(written) else self._flawed(_BadNumber())

    def _object(self, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        members = dict(pairs)
        return members if len(members) == len(pairs) else self._flawed(_Doubled(members))

    def _flawed(self, mark: _T) -> _T:
        self.is_flawed = True
        return mark


def _no_constant(_: str) -> NoReturn:
    _refuse(400, "NaN and Infinity are not JSON.", "Write null for a value that is not known.")


def _is_bounded(written: str) -> bool:
    """Say whether a number as JSON writes it keeps to the limits; short ones do, whatever their digits."""
    mantissa, _, power = written.lower().partition("e")
    if not power and len(written) <= MOST_DIGITS:
        return True
    digits = mantissa.replace("-", "").replace(".", "").lstrip("0")
    if len(digits) > MOST_DIGITS or len(power) > LONGEST_POWER or len(mantissa) > LONGEST_MANTISSA:
        return False
    return abs(int(power or 0)) <= MOST_EXPONENT and abs(Decimal(written).adjusted()) <= MOST_EXPONENT


def _walk(value: Any, at: str, shown: bool) -> Iterator[Problem]:
    """Yield what is wrong with single values; recursion is safe because depth is already bounded.

    Below a name that is not shown, `at` stays at the nearest place that is.
    """
    if isinstance(value, _BadNumber):
        yield Problem(at, NUMBER_TOLD, NUMBER_HINT)
    elif isinstance(value, str):
        yield from _text_problems(value, at)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _walk(item, f"{at}/{index}" if shown else at, shown)
    elif isinstance(value, dict):
        yield from _object_problems(value, at, shown)


def _object_problems(members: dict[str, Any], at: str, shown: bool) -> Iterator[Problem]:
    if isinstance(members, _Doubled):
        yield Problem(at, "A name stands twice in this object.", "Keep one of them: we do not choose between two.")
    for name, item in members.items():
        yield from _text_problems(name, at)
        is_plain = shown and PLAIN_NAME.fullmatch(name) is not None
        yield from _walk(item, f"{at}/{name}" if is_plain else at, is_plain)


def _text_problems(text: str, at: str) -> Iterator[Problem]:
    if NOT_TEXT.search(text):
        yield Problem(at, "This text holds a NUL or half a character (a lone surrogate).", "Send whole characters.")
