"""Why a rule answers otherwise than before: patient, rules, time, or several of them."""

from datetime import date
from typing import Any

import pytest

from service.review.difference import Basis, Comparison
from service.review.told import Told

OLD_DAY, NEW_DAY = date(2026, 10, 1), date(2026, 11, 21)
OLDER = Basis(b"old body", "profile", "old rules", OLD_DAY)
NEWER = Basis(b"new body", "profile", "new rules", NEW_DAY)
RULE = "kidney/x"
SILENT: tuple[Told, ...] = ()
RAISED = (Told(RULE, "raised", "critical"),)
OPEN = (Told(RULE, "cannot_say", "warning"),)
# Which of patient, rules and time are the newer ones.
PATIENT, RULES, TIME, PATIENT_AND_TIME = (1, 0, 0), (0, 1, 0), (0, 0, 1), (1, 0, 1)


def causes(answers: dict[Any, tuple[Told, ...] | None], older: Basis = OLDER, newer: Basis = NEWER) -> list[str]:
    """Return the causes of all changes from silence to raised; where nothing is given, evaluating gives silence."""

    def evaluate(basis: Basis) -> tuple[Told, ...] | None:
        key = (basis.body == NEWER.body, basis.pack_sha256 == NEWER.pack_sha256, basis.as_of == NEWER.as_of)
        return answers.get(key, SILENT)

    comparison = Comparison(older, newer, evaluate, is_same_input=older.body == newer.body)
    return [change.cause for change in comparison.changes(SILENT, RAISED)]


@pytest.mark.parametrize(
    ("answers", "cause"),
    [
        ({PATIENT: RAISED}, "patient"),
        ({RULES: RAISED}, "rules"),
        ({TIME: RAISED}, "time"),
        ({}, "several"),
        ({PATIENT: RAISED, TIME: RAISED}, "several"),
        ({PATIENT: RAISED, RULES: RAISED, TIME: RAISED}, "several"),
        ({PATIENT: OPEN}, "several"),
        ({PATIENT: OPEN, PATIENT_AND_TIME: RAISED}, "patient"),
        ({TIME: OPEN, PATIENT_AND_TIME: RAISED}, "several"),
        (dict.fromkeys((PATIENT, RULES, TIME, PATIENT_AND_TIME)), "several"),
    ],
)
def test_what_is_enough_by_itself_is_the_cause(answers: Any, cause: str) -> None:
    assert causes(answers) == [cause]


@pytest.mark.parametrize(
    ("newer", "cause"),
    [
        (Basis(b"new body", "profile", "old rules", OLD_DAY), "patient"),
        (Basis(b"old body", "profile", "new rules", OLD_DAY), "rules"),
        (Basis(b"old body", "profile", "old rules", NEW_DAY), "time"),
    ],
)
def test_where_one_thing_is_new_nothing_needs_to_be_evaluated(newer: Basis, cause: str) -> None:
    unanswered = dict.fromkeys((PATIENT, RULES, TIME, PATIENT_AND_TIME))
    assert causes(unanswered, newer=newer) == [cause]


def test_what_did_not_change_is_no_change_and_each_rule_has_its_own_cause() -> None:
    same, gone, come = Told("a/same", "raised", "info"), Told("b/gone", "raised", "info"), Told("c/come", *"xy")
    milder = Told("a/same", "cannot_say", "info")

    def evaluate(basis: Basis) -> tuple[Told, ...]:
        return (same,) if basis.pack_sha256 == NEWER.pack_sha256 else (same, gone, come)

    comparison = Comparison(OLDER, NEWER, evaluate, is_same_input=True)
    changes = comparison.changes((same, gone), (same, come))
    assert [(each.rule, each.before, each.after, each.cause) for each in changes] == [
        ("b/gone", ("raised", "info"), None, "rules"),
        ("c/come", None, ("x", "y"), "time"),
    ]
    assert [each.rule for each in comparison.changes((same,), (milder,))] == ["a/same"]
    assert not comparison.has_new_input
    assert comparison.has_new_rules
    assert comparison.has_new_day
