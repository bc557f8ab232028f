"""JSON read so that it can neither crash us, hang us, nor mean two things at once.

The standard parser accepts NaN, keeps the last of two equal names, reads numbers of any length, lets half characters
through and fails on deep nesting. Size, depth and count are therefore checked on the text, before it is parsed.
A FHIR resource is somebody else's text, so one odd number in it does not refuse the rest (`parse_fhir`).
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
# A hook call or a Bundle holds many resources, and each holds much that is not read.
MOST_FHIR_BYTES = 5 * 1024 * 1024
MOST_FHIR_VALUES = 1_000_000

# Longer ones are refused unread: nobody writes fifteen digits with so many zeros.
LONGEST_MANTISSA = 64
LONGEST_POWER = 4
# A name is shown only when it looks like the name of a member; anything else could be somebody's data.
PLAIN_NAME = re.compile(r"[a-z][A-Za-z0-9_]{0,30}")
# What tells the shape of a text, with the quotes that say where its strings are; objects and lists nest alike.
NO_MARKS = bytes(set(range(256)) - set(b'[]{},:"'))
AS_LISTS = bytes.maketrans(b"{}", b"[]")
OPENING = ord("[")
NOT_TEXT = re.compile("[\x00\ud800-\udfff]")
# Only an escape can bring in half a character or a NUL: raw ones are refused by UTF-8 and by the parser.
DOUBTFUL_ESCAPE = re.compile(r"\\u(0000|[dD][89a-fA-F])")

NUMBER_TOLD = f"This number has more than {MOST_DIGITS} significant digits, or an exponent beyond ±{MOST_EXPONENT}."
NUMBER_HINT = "The rule engine compares such numbers unreliably. Round the value, or express it in another unit."


_T = TypeVar("_T")


class _BadNumber:
    """Stands in the parsed tree where a number was refused, until its place is known."""


class _Doubled(dict[str, Any]):
    """An object in which a name stood twice."""


def parse(body: bytes, max_bytes: int = MOST_BYTES, most_values: int = MOST_VALUES, tolerant: bool = False) -> object:
    """Return the data of one JSON text, decimals as Decimal; raise Refused (400 or 413) with every mistake found.

    If `tolerant`, a number beyond our limits is Decimal("NaN") in the data instead of a mistake.
    """
    if len(body) > max_bytes:
        _refuse(413, f"The body is larger than {max_bytes} bytes.", "Send one patient, and what is current only.")
    text = _decoded(body)
    _check_shape(body, most_values)
    reader = _Reader(tolerant)
    data = reader.read(text)
    if reader.is_flawed or DOUBTFUL_ESCAPE.search(text):
        problems = list(islice(_walk(data, "", shown=True), MOST_PROBLEMS))
        if problems:
            raise Refused(400, problems)
    return data


def parse_fhir(body: bytes) -> object:
    """Return the data of a JSON text that holds FHIR resources: a hook call, or a Bundle."""
    return parse(body, MOST_FHIR_BYTES, MOST_FHIR_VALUES, tolerant=True)


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


def _check_shape(body: bytes, most_values: int) -> None:
    """Refuse what is too deep or too much, with plain byte operations, whose time grows only with the length.

    Up to the first mistake in the text, this sees the same strings and brackets as the parser will.
    """
    marks = _marks_outside_strings(body)
    brackets = marks.translate(AS_LISTS, b",:")
    values = 1 + brackets.count(b"[") + len(marks) - len(brackets)
    if max(values, brackets.count(b"]")) > most_values:
        _refuse(400, f"The JSON holds more than {most_values} names and values.", "Send what is current only.")
    if _are_left(brackets):
        _check_depth(brackets)


def _marks_outside_strings(body: bytes) -> bytes:
    kept = body.replace(b"\\\\", b"").replace(b'\\"', b"").translate(None, NO_MARKS)
    # Two quotes side by side hold nothing, and to take both out leaves the inside of all other strings inside.
    return b"".join(kept.replace(b'""', b"").split(b'"')[::2])


def _are_left(brackets: bytes) -> bool:
    """Say whether brackets are left once the innermost pairs were taken out as often as nesting is allowed."""
    for _ in range(MOST_DEPTH):
        fewer = brackets.replace(b"[]", b"")
        if len(fewer) == len(brackets):
            break
        brackets = fewer
    return bool(brackets)


def _check_depth(brackets: bytes) -> None:
    """Refuse what is too deep, bracket by bracket: the slow way, for texts that are too deep or not JSON."""
    depth = 0
    for bracket in brackets:
        depth += 1 if bracket == OPENING else -1
        if depth > MOST_DEPTH:
            _refuse(400, f"The JSON is nested deeper than {MOST_DEPTH} levels.", "What is read here needs far fewer.")


class _Reader:
    """The standard parser with stricter hooks; `is_flawed` says that the tree holds something to be refused."""

    def __init__(self, tolerant: bool = False) -> None:
        self.is_flawed = False
        self.tolerant = tolerant

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

    def _whole(self, written: str) -> int | Decimal | _BadNumber:
        return int(written) if _is_bounded(written) else self._unreadable()

    def _decimal(self, written: str) -> Decimal | _BadNumber:
        return Decimal(written) if _is_bounded(written) else self._unreadable()

    def _unreadable(self) -> Decimal | _BadNumber:
        return Decimal("NaN") if self.tolerant else self._flawed(_BadNumber())

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
    if len(written) <= MOST_DIGITS and "e" not in written and "E" not in written:
        return True
    mantissa, _, power = written.lower().partition("e")
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
