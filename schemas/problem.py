"""A mistake, told so that whoever made it can mend it."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Problem:
    """One mistake: where it is, what it is, what to write instead.

    `at` is a JSON pointer (RFC 6901) for input, or `file:line:column` for a rule file.
    """

    at: str
    message: str
    hint: str | None = None


def in_order(problems: Iterable[Problem]) -> list[Problem]:
    """Return problems by place, then by message."""
    return sorted(problems, key=lambda problem: (problem.at, problem.message, problem.hint or ""))


class Refused(Exception):
    """Input that is refused as a whole, with every mistake at once.

    `status` is the HTTP status that fits (RFC 9110): 400, 413, 415 or 422.
    Messages never quote what could be a patient's data.
    """

    def __init__(self, status: int, problems: list[Problem]) -> None:
        super().__init__(f"refused with {len(problems)} problem(s)")
        self.status = status
        self.problems = in_order(problems)
