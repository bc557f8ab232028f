"""What somebody who logs in may be: the people file, held against the claims of an id_token."""

from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any

from schemas.people_file import PeopleFileSchema
from schemas.person import PersonRule
from schemas.problem import Problem
from schemas.review import Actor
from service.knowledge.files import checked
from service.knowledge.yaml_strict import BrokenYaml, Document, read
from service.trust.untrusted import Untrusted

LONGEST_NAME = 120
# By what people are called first, and what tells two of the same name apart.
CALLED = ("name", "preferred_username", "email")
TELLS_APART = ("preferred_username", "email", "sub")


class BrokenPeople(Exception):
    """The people file holds mistakes; all of them are told at once, at `file:line:column`."""

    def __init__(self, problems: Collection[Problem]) -> None:
        super().__init__(f"{len(problems)} problem(s) in the people file")
        self.problems = sorted(set(problems), key=_place)


class NotListed(Untrusted):
    """Somebody whom the provider knows, and no rule of the people file."""

    def __init__(self) -> None:
        super().__init__("not_listed")


def load_people(path: Path) -> tuple[PersonRule, ...]:
    """Return the rules of a people file, in order; raise BrokenPeople."""
    document = _read(path)
    data = checked(document, PeopleFileSchema(), document.data, ())
    if document.problems or data is None:
        raise BrokenPeople(document.problems)
    rules = []
    seen: dict[tuple[str, str, bool], int] = {}
    for number, row in enumerate(data["people"]):
        in_list = "contains" in row
        rule = PersonRule(row["claim"], row["contains" if in_list else "equals"], row["role"], row["tenant"], in_list)
        earlier = seen.setdefault((rule.claim, rule.value, in_list), number)
        if earlier != number:
            told = f"Rule {earlier + 1} is about the same people, and the first that fits counts."
            document.problems.append(document.problem(("people", number), told, "Keep one of the two."))
        rules.append(rule)
    if document.problems:
        raise BrokenPeople(document.problems)
    return tuple(rules)


def actor_of(claims: dict[str, Any], rules: Sequence[PersonRule]) -> Actor:
    """Return who somebody with these claims is here; raise NotListed where no rule is about them."""
    for rule in rules:
        if rule.fits(claims):
            return Actor(name_of(claims), rule.role, rule.tenant)
    raise NotListed


def name_of(claims: dict[str, Any]) -> str:
    """Return a name for the history: what people are called by, and what tells them from others of that name."""
    called = next((text for name in CALLED if (text := _plain(claims.get(name)))), None)
    apart = next((text for name in TELLS_APART if (text := _plain(claims.get(name))) and text != called), None)
    if called is None:
        return apart or "unnamed"
    return f"{called} ({apart})" if apart else called


def _plain(value: object) -> str:
    """Return a claim as one line of text that can be shown, or nothing."""
    if not isinstance(value, str):
        return ""
    return " ".join("".join(each if each.isprintable() else " " for each in value).split())[:LONGEST_NAME]


def _read(path: Path) -> Document:
    try:
        return read(path, path.name)
    except BrokenYaml as broken:
        raise BrokenPeople([broken.problem]) from None
    except OSError as error:
        told = f"This file cannot be read ({error.strerror})."
        raise BrokenPeople([Problem(f"{path.name}:1:1", told, "MAGFLAG_PEOPLE names it.")]) from None


def _place(problem: Problem) -> tuple[int, int, str]:
    _, line, column = problem.at.rsplit(":", 2)
    return int(line), int(column), problem.message
