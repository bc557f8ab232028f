"""When an advisory may be signed: every flag, raised or not able to say, has a decision that stands."""

from collections.abc import Collection, Iterable

from schemas.problem import Problem, Refused
from service.review.told import Told


def undecided(flags: Iterable[Told], decided: Collection[str]) -> tuple[str, ...]:
    """Return the rules of the flags that nobody has decided on, in the order of the advisory."""
    return tuple(flag.rule for flag in flags if flag.rule not in decided)


def not_signable(flags: Iterable[Told], waiting: Collection[str]) -> Refused:
    """Return the refusal (422) to sign: one problem for each rule that waits; `at` points to its flag."""
    told = "There is no decision on {rule}."
    return Refused(422, [
        Problem(f"/flags/{index}", told.format(rule=flag.rule), "Decide on it, then sign.")
        for index, flag in enumerate(flags)
        if flag.rule in waiting
    ])  # fmt: skip
