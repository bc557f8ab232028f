"""Why an advisory says something else than an earlier one: because of the patient, the rules, or the time.

The older advisory is evaluated again with one thing of the newer put in its place. What gives the newer answer by
itself is the cause; where none does, or two do, it is several.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property

from schemas.review import BY_PATIENT, BY_RULES, BY_SEVERAL, BY_TIME, Change
from service.review.told import Told


@dataclass(frozen=True, slots=True)
class Basis:
    """What an advisory rests on: the input as it came with its kind (profile or fhir), the rules, the day."""

    body: bytes
    kind: str
    pack_sha256: str
    as_of: date


# Evaluates; None where it cannot: the rules are not at hand, or the input is not understood with them or on that day.
Evaluate = Callable[[Basis], tuple[Told, ...] | None]
Answers = Mapping[str, tuple[str, str]]


class Comparison:
    """Two advisories side by side; `is_same_input` says that the newer input tells of the patient what the older did.

    An `as_of` that stands in an input has no say here: the days are those of the two bases.
    """

    def __init__(self, older: Basis, newer: Basis, evaluate: Evaluate, is_same_input: bool) -> None:
        self._older, self._newer = older, newer
        self._evaluate = evaluate
        self.has_new_input = not is_same_input
        self.has_new_rules = older.pack_sha256 != newer.pack_sha256
        self.has_new_day = older.as_of != newer.as_of

    def changes(self, before: tuple[Told, ...], after: tuple[Told, ...]) -> tuple[Change, ...]:
        """Return each rule that answers otherwise than before, by id, with the cause."""
        old, new = _answers(before), _answers(after)
        return tuple(
            Change(rule, old.get(rule), new.get(rule), self._cause(rule, old.get(rule), new.get(rule)))
            for rule in sorted({*old, *new})
            if old.get(rule) != new.get(rule)
        )

    def _cause(self, rule: str, before: tuple[str, str] | None, after: tuple[str, str] | None) -> str:
        """Return the one cause that is enough; where one thing alone is new, there is no other."""
        new = {BY_PATIENT: self.has_new_input, BY_RULES: self.has_new_rules, BY_TIME: self.has_new_day}
        possible = [cause for cause, is_new in new.items() if is_new]
        if len(possible) == 1:
            return possible[0]
        enough = [cause for cause in possible if self._is_enough(cause, rule, before, after)]
        return enough[0] if len(enough) == 1 else BY_SEVERAL

    def _is_enough(self, cause: str, rule: str, before: tuple[str, str] | None, after: tuple[str, str] | None) -> bool:
        if cause == BY_RULES:
            return _gives(self._with_rules, rule, after)
        if cause == BY_TIME:
            return _gives(self._with_time, rule, after)
        if _gives(self._with_patient, rule, after):
            return True
        # A result of last week lies in the future of an advisory of last month, and so is not read there. It is the
        # cause all the same, where the passing of time alone would have changed nothing.
        time_is_idle = not self.has_new_day or _gives(self._with_time, rule, before)
        return time_is_idle and _gives(self._with_patient_and_time, rule, after)

    @cached_property
    def _with_patient(self) -> Answers | None:
        newer, older = self._newer, self._older
        return self._answer(Basis(newer.body, newer.kind, older.pack_sha256, older.as_of))

    @cached_property
    def _with_rules(self) -> Answers | None:
        older = self._older
        return self._answer(Basis(older.body, older.kind, self._newer.pack_sha256, older.as_of))

    @cached_property
    def _with_time(self) -> Answers | None:
        older = self._older
        return self._answer(Basis(older.body, older.kind, older.pack_sha256, self._newer.as_of))

    @cached_property
    def _with_patient_and_time(self) -> Answers | None:
        newer = self._newer
        return self._answer(Basis(newer.body, newer.kind, self._older.pack_sha256, newer.as_of))

    def _answer(self, basis: Basis) -> Answers | None:
        told = self._evaluate(basis)
        return None if told is None else _answers(told)


def _answers(told: tuple[Told, ...]) -> Answers:
    return {each.rule: (each.outcome, each.severity) for each in told}


def _gives(answers: Answers | None, rule: str, wanted: tuple[str, str] | None) -> bool:
    return answers is not None and answers.get(rule) == wanted
