"""Finds every mistake in the rules folder: in the files, in the cases, and in what the cases leave untried."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from schemas.problem import Problem, Refused, in_order
from schemas.strict import did_you_mean
from service.assess import Assessor
from service.engine.durable_compile import TooLarge
from service.engine.durable_engine import EngineFailed
from service.engine.self_test import self_test
from service.facts.model import Interval
from service.intake.profile import received
from service.knowledge.files import BrokenPack, Folder
from service.knowledge.load import load_pack
from service.knowledge.model import Pack, Rule
from service.knowledge.nodes import limits_in
from service.workbench.cases import CANNOT_SAY, CLEAR, RAISED, Case, load_cases

OUTCOMES = (RAISED, CLEAR, CANNOT_SAY)


@dataclass(frozen=True)
class Checked:
    """What was checked, and what was found."""

    files: int
    rules: int
    cases: int
    problems: tuple[Problem, ...]


def check(path: Path, locked: bool = True) -> Checked:
    """Return every mistake that can be told at once: in rules, lock and cases, and what the cases do not try."""
    files = len(list(path.rglob("*.yaml")))
    folder = Folder(path)
    cases = load_cases(folder)
    problems = [*folder.problems, *(each for document in folder.documents for each in document.problems)]
    problems += _profiles(cases)
    try:
        pack = load_pack(path, locked=False)
    except BrokenPack as broken:
        return Checked(files, len(list(path.glob("*/*.rule.yaml"))), len(cases), _told([*broken.problems, *problems]))
    problems += [*_stems(path), *_engine(pack), *_claims(pack), *_untried(pack, cases), *_facts_named(pack, cases)]
    problems += _lock(path) if locked else []
    return Checked(files, len(pack.rules), len(cases), _told(problems))


def _told(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    return tuple(in_order(set(problems)))


def _lock(path: Path) -> list[Problem]:
    try:
        load_pack(path)
    except BrokenPack as broken:
        return broken.problems
    return []


def _profiles(cases: Iterable[Case]) -> Iterator[Problem]:
    """Yield the mistakes in the profiles of the cases, which are read as strictly as those of a caller."""
    for case in cases:
        try:
            received(dict(case.profile), case.as_of)
        except Refused as refused:
            for problem in refused.problems:
                yield Problem(case.at, f"The profile of this case: {problem.at}: {problem.message}", problem.hint)


def _facts_named(pack: Pack, cases: Iterable[Case]) -> Iterator[Problem]:
    for case in cases:
        for fact in (*case.because, *case.missing):
            if fact not in pack.facts:
                yield Problem(case.at, f"There is no fact `{fact}`.", did_you_mean(fact, tuple(pack.facts)))


def _engine(pack: Pack) -> Iterator[Problem]:
    try:
        self_test(Assessor(pack).engines.durable)
    except (EngineFailed, TooLarge) as error:
        yield Problem("rules:1:1", f"The engine refuses the rules: {error}.", "Split the rule; keep definitions flat.")


def _stems(path: Path) -> Iterator[Problem]:
    for kind in ("rule", "table"):
        for file in sorted(path.glob(f"*/*.{kind}.yaml")):
            cases = file.with_name(file.name.replace(f".{kind}.yaml", ".cases.yaml"))
            if not cases.exists():
                shown = f"rules/{file.relative_to(path).as_posix()}:1:1"
                yield Problem(shown, "There are no cases beside this file.", f"Write {cases.name}.")


def _claims(pack: Pack) -> Iterator[Problem]:
    """Every claim to encode is cited by a rule that is evaluated; a claim of the reference by any rule at all."""
    evaluated = {claim for rule in pack.active_rules for claim in rule.claims} | set(pack.notice_claims)
    named = {claim for rule in pack.rules for claim in (*rule.claims, *rule.contrast)}
    for claim in pack.claims.values():
        if claim.encoded and claim.id not in (evaluated if claim.of_documents else named):
            where = "claims.yaml" if claim.of_documents else "reference-claims-*.yaml"
            yield Problem(f"rules/sources/{where}:1:1", f"No rule cites {claim.id} ({claim.encode}).", "Encode it.")


def _untried(pack: Pack, cases: Iterable[Case]) -> Iterator[Problem]:
    by_rule: dict[str, list[Case]] = defaultdict(list)
    known = {rule.id for rule in pack.rules}
    for case in cases:
        by_rule[case.rule].append(case)
        if case.rule not in known:
            yield Problem(case.at, f"There is no rule `{case.rule}`.", "Name a rule of this folder.")
    assessor = Assessor(pack, "reference")
    for rule in pack.active_rules:
        tried = {case.expect for case in by_rule[rule.id]}
        for outcome in OUTCOMES:
            if outcome not in tried:
                yield Problem(
                    f"{rule.file}:1:1", f"`{rule.id}` has no case that is {outcome}.", "Add one to its cases file."
                )
        yield from _limits(rule, by_rule[rule.id], assessor)


def _limits(rule: Rule, cases: Iterable[Case], assessor: Assessor) -> Iterator[Problem]:
    limits = sorted(limits_in(rule.condition), key=str)
    if not limits:
        return
    states = [_states(case, assessor) for case in cases if not list(_profiles([case]))]
    for limit in limits:
        for place, fits in PLACES.items():
            if not any(fits(state.get(limit.fact), limit.limit) for state in states):
                what = f"{limit.fact} {limit.relation} {limit.limit}"
                yield Problem(f"{rule.file}:1:1", f"`{rule.id}` has no case {place} the limit `{what}`.", "Add one.")


def _states(case: Case, assessor: Assessor) -> Mapping[str, Any]:
    found = received(dict(case.profile), case.as_of)
    facts = assessor.facts(found.profile, found.profile.as_of or case.as_of)
    return {known: fact.state for known, fact in facts.by_id.items()}


def _at(state: Any, limit: Decimal) -> bool:
    return isinstance(state, Interval) and state.low == limit == state.high


def _below(state: Any, limit: Decimal) -> bool:
    return isinstance(state, Interval) and state.high is not None and state.high < limit


def _above(state: Any, limit: Decimal) -> bool:
    return isinstance(state, Interval) and state.low is not None and state.low > limit


PLACES = {"at": _at, "below": _below, "above": _above}
