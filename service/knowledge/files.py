"""Reads files of rules/ through their schemas, and turns every mistake into file, line and column."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from schemas.problem import Problem
from schemas.strict import StrictSchema, loaded
from service.knowledge.yaml_strict import BrokenYaml, Document, read, type_path


class BrokenPack(Exception):
    """The rules folder holds mistakes; all of them are told at once."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__(f"{len(problems)} problem(s) in the rules")
        self.problems = sorted(set(problems), key=_in_order)


def _in_order(problem: Problem) -> tuple[str, int, int, str]:
    name, _, place = problem.at.partition(":")
    line, _, column = place.partition(":")
    return name, int(line or 0), int(column or 0), problem.message


@dataclass
class Folder:
    """The rules folder while it is being read; problems gather here."""

    path: Path
    problems: list[Problem] = field(default_factory=list)
    documents: list[Document] = field(default_factory=list)

    def names(self, pattern: str) -> Iterator[str]:
        """Yield the files matching `pattern`, relative to the folder, in order."""
        yield from sorted(found.relative_to(self.path).as_posix() for found in self.path.glob(pattern))

    def read(self, name: str) -> Document:
        """Return a document, empty where the file is broken."""
        shown = f"rules/{name}"
        try:
            document = read(self.path / name, shown)
        except FileNotFoundError:
            self.problems.append(Problem(f"{shown}:1:1", "This file is missing.", "Every pack needs it."))
            return Document(shown)
        except BrokenYaml as broken:
            self.problems.append(broken.problem)
            return Document(shown)
        self.documents.append(document)
        return document

    def load(self, name: str, schema: StrictSchema) -> tuple[Document, Any]:
        """Return a document and its data through a schema; None where it does not fit."""
        document = self.read(name)
        if not document.marks:
            return document, None
        return document, checked(document, schema, document.data, ())

    def finish(self) -> None:
        """Raise BrokenPack if anything was wrong."""
        found = [*self.problems, *(problem for document in self.documents for problem in document.problems)]
        if found:
            raise BrokenPack(found)


def checked(document: Document, schema: StrictSchema, data: Any, path: type_path) -> Any:
    """Return `data` through `schema`, or None after noting each mistake at its place."""
    value, problems = loaded(schema, data)
    for problem in _misspelt_once(problems):
        where = document.where((*path, *_path(problem.at)))
        document.problems.append(Problem(where, _in_yaml_words(problem), problem.hint))
    return value


def _misspelt_once(problems: list[Problem]) -> list[Problem]:
    """Report a misspelt required key once, as the misspelling, not again as missing."""
    meant = {
        problem.at.rsplit("/", 1)[0] + "/" + problem.hint.removeprefix("Did you mean ").rstrip("?")
        for problem in problems
        if problem.hint and problem.hint.startswith("Did you mean ")
    }
    return [problem for problem in problems if not (problem.at in meant and problem.message == MISSING)]


MISSING = "This is missing."


def _in_yaml_words(problem: Problem) -> str:
    key = problem.at.rsplit("/", 1)[-1]
    if problem.message == MISSING:
        return f"The key `{key}` is missing."
    if problem.message.startswith("This member is not known"):
        return f"Unknown key `{key}`. A key we do not know is never ignored: it could be a safety condition mistyped."
    return problem.message


def _path(pointer: str) -> type_path:
    parts = [part.replace("~1", "/").replace("~0", "~") for part in pointer.split("/")[1:]]
    return tuple(int(part) if part.isdigit() else part for part in parts)
