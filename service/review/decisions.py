"""Which decisions may stand. Every mistake is told at once, with the place of it in what was sent."""

import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import replace

from schemas.override_reasons import DISPLAYS
from schemas.problem import Problem, Refused
from schemas.review import CHOICES, LONGEST_COMMENT, OVERRIDE, Decision
from service.review.told import Told

CRITICAL = "critical"
LINES = "\n\t"
# What turns the direction of writing can make a comment read as its opposite (Unicode, UAX #9, section 2).
TURNING = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
# Control characters, halves of characters, and characters that no version of Unicode will ever define.
NOT_TEXT = frozenset({"Cc", "Cs"})


def tidied(decision: Decision) -> Decision:
    """Return a decision with each rule once and one way to end a line; a comment of nothing but spaces is none."""
    comment = (decision.comment or "").replace("\r\n", "\n").replace("\r", "\n").strip()
    return replace(decision, rules=tuple(dict.fromkeys(decision.rules)), comment=comment or None)


def check_decision(decision: Decision, flags: Iterable[Told]) -> None:
    """Raise Refused (422) unless a tidied decision may stand on flags of an advisory."""
    severities = {flag.rule: flag.severity for flag in flags}
    problems = [*_of_rules(decision, severities), *_of_reason(decision), *_of_comment(decision, severities)]
    if decision.choice not in CHOICES:
        problems.append(Problem("/decision", "There is no such decision.", f"Write one of: {', '.join(CHOICES)}."))
    if problems:
        raise Refused(422, problems)


def _of_rules(decision: Decision, known: dict[str, str]) -> Iterator[Problem]:
    if not decision.rules:
        yield Problem("/rules", "This names no rule.", "Name at least one flag of this advisory.")
    for index, rule in enumerate(decision.rules):
        if rule not in known:
            yield Problem(f"/rules/{index}", "No flag of this advisory is of this rule.", "See its flags.")


def _of_reason(decision: Decision) -> Iterator[Problem]:
    codes = f"Write one of: {', '.join(DISPLAYS)}."
    if decision.choice == OVERRIDE and decision.reason is None:
        yield Problem("/reason", "To override needs a reason.", codes)
    elif decision.choice == OVERRIDE and decision.reason not in DISPLAYS:
        yield Problem("/reason", "There is no such reason.", codes)
    elif decision.choice != OVERRIDE and decision.reason is not None:
        yield Problem("/reason", "A reason goes with override only.", "Leave it out, or override.")


def _of_comment(decision: Decision, severities: dict[str, str]) -> Iterator[Problem]:
    comment = decision.comment
    if comment is None:
        if decision.choice == OVERRIDE and CRITICAL in {severities.get(rule) for rule in decision.rules}:
            yield Problem("/comment", "To override a critical flag needs a comment.", "Say why, in your own words.")
        return
    if len(comment) > LONGEST_COMMENT:
        yield Problem("/comment", f"This comment is longer than {LONGEST_COMMENT} characters.", "Shorten it.")
    if any(_is_hidden(each) for each in comment):
        yield Problem("/comment", "This comment holds a character that nobody sees.", "Type it again as plain text.")


def _is_hidden(character: str) -> bool:
    return character in TURNING or (unicodedata.category(character) in NOT_TEXT and character not in LINES)
