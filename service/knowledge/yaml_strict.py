"""YAML without its traps: every key once, only true and false are booleans, dates stay text, every value has a place.

PyYAML keeps the last of two equal keys, reads `no` as false, `1:30` as ninety and `010` as eight. In a rule file each
of these is how a safety condition dies quietly, so the events are read here one by one.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

import yaml

from schemas.problem import Problem

LARGEST = 512 * 1024
DEEPEST = 20
_INTEGER = re.compile(r"-?(0|[1-9]\d{0,14})", re.ASCII)
_DECIMAL = re.compile(r"-?(0|[1-9]\d{0,14})\.\d{1,15}", re.ASCII)
_WORDS = {"true": True, "false": False, "null": None, "~": None, "": None}

type_path = tuple[str | int, ...]


class BrokenYaml(Exception):
    """A file that cannot be read at all; carries the one problem that says where."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.message)
        self.problem = problem


@dataclass
class Document:
    """One file: its plain data, and the place of every value."""

    name: str
    data: Any = None
    marks: dict[type_path, tuple[int, int]] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def where(self, path: type_path = ()) -> str:
        """Return `file:line:column` of the value at `path`, or of the nearest value around it."""
        for length in range(len(path), -1, -1):
            if path[:length] in self.marks:
                line, column = self.marks[path[:length]]
                return f"{self.name}:{line}:{column}"
        return f"{self.name}:1:1"

    def problem(self, path: type_path, message: str, hint: str | None = None) -> Problem:
        """Return a Problem placed at `path`."""
        return Problem(self.where(path), message, hint)


def read(path: Path, name: str) -> Document:
    """Return the document in `path`, known to people as `name`; raise BrokenYaml if it is no YAML at all."""
    raw = path.read_bytes()
    document = Document(name)
    if len(raw) > LARGEST:
        raise BrokenYaml(Problem(f"{name}:1:1", f"This file is larger than {LARGEST // 1024} KiB.", "Split it."))
    try:
        events = yaml.parse(raw.decode("utf-8"), Loader=yaml.CSafeLoader)
        _Builder(document, iter(events)).build()
    except UnicodeDecodeError:
        raise BrokenYaml(Problem(f"{name}:1:1", "This file is not UTF-8.", "Save it as UTF-8.")) from None
    except yaml.MarkedYAMLError as error:
        raise BrokenYaml(_syntax(name, error)) from None
    except yaml.YAMLError:
        raise BrokenYaml(
            Problem(f"{name}:1:1", "This file holds a character that YAML forbids.", "Remove it.")
        ) from None
    return document


def _syntax(name: str, error: yaml.MarkedYAMLError) -> Problem:
    mark = error.problem_mark or error.context_mark
    place = f"{name}:{mark.line + 1}:{mark.column + 1}" if mark else f"{name}:1:1"
    hint = "Check the indentation, and put texts with a colon, brace or bracket in quotation marks."
    return Problem(place, f"This is not YAML: {error.problem}.", hint)


class _Builder:
    """Builds plain data from YAML events and notes what it must not hold."""

    def __init__(self, document: Document, events: Iterator[Any]) -> None:
        self.document = document
        self.events = events

    def build(self) -> None:
        for event in self.events:
            if isinstance(event, yaml.DocumentStartEvent):
                if self.document.marks:
                    self._refuse(event, (), "A file holds one document only.", "Remove the second `---`.")
                    return
                self.document.data = self._value(next(self.events), ())

    def _value(self, event: Any, path: type_path) -> Any:
        self.document.marks.setdefault(path, (event.start_mark.line + 1, event.start_mark.column + 1))
        self._forbid(event, path)
        if isinstance(event, yaml.ScalarEvent):
            return _scalar(event)
        if isinstance(event, yaml.AliasEvent):
            return None
        if len(path) > DEEPEST:
            raise BrokenYaml(
                Problem(self.document.where(path), f"This is nested deeper than {DEEPEST} levels.", "Flatten it.")
            )
        return self._mapping(path) if isinstance(event, yaml.MappingStartEvent) else self._sequence(path)

    def _forbid(self, event: Any, path: type_path) -> None:
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            self._refuse(event, path, "Anchors and aliases (& and *) are not used here.", "Write the value out.")
        elif getattr(event, "tag", None):
            self._refuse(event, path, "Tags (!) are not used here.", "Remove the tag; quote texts.")

    def _mapping(self, path: type_path) -> dict[str, Any]:
        result: dict[str, Any] = {}
        while not isinstance(event := next(self.events), yaml.MappingEndEvent):
            key = event.value if isinstance(event, yaml.ScalarEvent) else None
            if key is None:
                raise BrokenYaml(
                    Problem(self.document.where(path), "A key must be a plain word.", "Quote texts with braces.")
                )
            inner = (*path, key)
            if key in result:
                self._refuse(event, (), f"The key `{key}` stands here twice.", "Keep one; YAML would drop the first.")
            self.document.marks[inner] = (event.start_mark.line + 1, event.start_mark.column + 1)
            self._forbid(event, inner)
            result[key] = self._value(next(self.events), inner)
        return result

    def _sequence(self, path: type_path) -> list[Any]:
        result: list[Any] = []
        while not isinstance(event := next(self.events), yaml.SequenceEndEvent):
            result.append(self._value(event, (*path, len(result))))
        return result

    def _refuse(self, event: Any, _path: type_path, message: str, hint: str) -> None:
        place = f"{self.document.name}:{event.start_mark.line + 1}:{event.start_mark.column + 1}"
        self.document.problems.append(Problem(place, message, hint))


def _scalar(event: yaml.ScalarEvent) -> Any:
    text: str = event.value
    if not event.implicit[0]:  # The scalar is quoted or a block: text, whatever it looks like.
        return text
    if text in _WORDS:
        return _WORDS[text]
    if _INTEGER.fullmatch(text):
        return int(text)
    return Decimal(text) if _DECIMAL.fullmatch(text) else text
