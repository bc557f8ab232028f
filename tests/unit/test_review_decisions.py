"""Which decisions may stand, and when an advisory may be signed."""

import pytest

from schemas.override_reasons import DISPLAYS
from schemas.problem import Refused
from schemas.review import AGREE, LONGEST_COMMENT, NO_ACTION, OVERRIDE, Decision
from service.review.decisions import check_decision, tidied
from service.review.signing import not_signable, undecided
from service.review.told import Told

GRAVE, MILD, OPEN = "kidney/grave", "diet/mild", "diet/open"
FLAGS = (Told(GRAVE, "raised", "critical"), Told(MILD, "raised", "info"), Told(OPEN, "cannot_say", "warning"))
WHY = "cds-not-applicable"


def places(decision: Decision) -> list[str]:
    try:
        check_decision(tidied(decision), FLAGS)
    except Refused as refused:
        return [problem.at for problem in refused.problems]
    return []


@pytest.mark.parametrize(
    "decision",
    [
        Decision((GRAVE,), AGREE),
        Decision((GRAVE,), AGREE, comment="With the ward."),
        Decision((GRAVE, MILD, OPEN), NO_ACTION),
        Decision((MILD,), OVERRIDE, WHY),
        Decision((OPEN,), OVERRIDE, WHY),
        Decision((GRAVE,), OVERRIDE, WHY, "Seen\nby the nephrologist\tat noon."),
        Decision((GRAVE, GRAVE), AGREE),
        Decision((MILD,), AGREE, comment="x" * LONGEST_COMMENT),
        Decision((MILD,), AGREE, comment="דעה \u200d पाठ"),
        *(Decision((MILD,), OVERRIDE, code) for code in DISPLAYS),
    ],
)
def test_these_may_stand(decision: Decision) -> None:
    assert places(decision) == []


@pytest.mark.parametrize(
    ("decision", "wrong"),
    [
        (Decision((), AGREE), ["/rules"]),
        (Decision(("kidney/other",), AGREE), ["/rules/0"]),
        (Decision((GRAVE, "kidney/other"), NO_ACTION), ["/rules/1"]),
        (Decision((MILD,), "accept"), ["/decision"]),
        (Decision((MILD,), OVERRIDE), ["/reason"]),
        (Decision((MILD,), OVERRIDE, "because"), ["/reason"]),
        (Decision((MILD,), AGREE, WHY), ["/reason"]),
        (Decision((MILD,), NO_ACTION, WHY), ["/reason"]),
        (Decision((GRAVE,), OVERRIDE, WHY), ["/comment"]),
        (Decision((GRAVE,), OVERRIDE, WHY, " \r\n "), ["/comment"]),
        (Decision((MILD, GRAVE), OVERRIDE, WHY), ["/comment"]),
        (Decision((GRAVE,), OVERRIDE), ["/comment", "/reason"]),
        (Decision((MILD,), AGREE, comment="x" * (LONGEST_COMMENT + 1)), ["/comment"]),
        *((Decision((MILD,), AGREE, comment=f"a{bad}b"), ["/comment"]) for bad in "\x00\x1b\x7f\x85\u202e\u2066\ud800"),
    ],
)
def test_these_may_not_and_every_mistake_is_told(decision: Decision, wrong: list[str]) -> None:
    assert places(decision) == wrong


def test_a_comment_keeps_its_lines_and_loses_the_space_around_it() -> None:
    assert tidied(Decision((MILD,), AGREE, comment=" one\r\ntwo\rthree \n")).comment == "one\ntwo\nthree"


def test_to_sign_waits_for_every_flag_also_one_that_cannot_say() -> None:
    assert undecided(FLAGS, {GRAVE: 1, MILD: 2}) == (OPEN,)
    assert undecided(FLAGS, {GRAVE, MILD, OPEN}) == ()
    assert [problem.at for problem in not_signable(FLAGS, {OPEN, GRAVE}).problems] == ["/flags/0", "/flags/2"]
