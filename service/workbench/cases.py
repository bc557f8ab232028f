"""Reads and runs the cases that stand beside the rules, on both engines."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from schemas.problem import Refused
from schemas.rule_files import CaseSchema, CasesSchema, TableSchema
from service.assess import Advisory, Assessor
from service.engine.reference import CANNOT_SAY, CLEAR, RAISED
from service.intake.profile import received
from service.knowledge.files import Folder, checked
from service.knowledge.model import Pack
from service.knowledge.tables import UnknownPlace, fill
from service.knowledge.yaml_strict import Document, type_path

ENGINES = ("reference", "durable")
CASES, CASE, TABLE = CasesSchema(), CaseSchema(), TableSchema()
ID = "id"


@dataclass(frozen=True)
class Case:
    """One case, ready to run."""

    rule: str
    name: str
    at: str
    as_of: date
    profile: Mapping[str, Any]
    expect: str
    because: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    severity: str | None = None


@dataclass(frozen=True)
class Result:
    """What came of a case on one engine; `wrong` says what differs, one sentence each."""

    case: Case
    engine: str
    outcome: str
    wrong: tuple[str, ...] = field(default=())


def merged(base: Any, change: Any) -> Any:
    """Return `base` with `change` merged in: maps merge, lists and scalars replace, null is null."""
    if isinstance(base, Mapping) and isinstance(change, Mapping):
        return {**base, **{key: merged(base.get(key), value) for key, value in change.items()}}
    return change


def load_cases(folder: Folder) -> tuple[Case, ...]:
    """Return every case of the folder; mistakes gather in `folder`."""
    return tuple(case for name in folder.names("*/*.cases.yaml") for case in _file(folder, name))


def _file(folder: Folder, name: str) -> Iterator[Case]:
    document, loaded = folder.load(name, CASES)
    if loaded is None:
        return
    stem = name.removesuffix(".cases.yaml")
    told = loaded.get("rule") or loaded.get("table")
    if told != stem:
        document.problems.append(
            document.problem((), "The cases do not name the rule or table beside them.", f"Write {stem}.")
        )
    for index, case in enumerate(loaded.get("cases", ())):
        yield _case(document, ("cases", index), loaded, case, case.get("rule") or told, loaded.get("profile"))
    if "for_each_row" in loaded:
        yield from _each_row(folder, document, loaded, f"{stem}.table.yaml")


def _each_row(folder: Folder, document: Document, loaded: Mapping[str, Any], table_name: str) -> Iterator[Case]:
    _, table = folder.load(table_name, TABLE)
    each = loaded["for_each_row"]
    for row in table["rows"] if table else ():
        try:
            rule = fill(table["rule"]["id"], row)
            base = (
                merged(loaded.get("profile"), fill(each.get("profile"), row))
                if each.get("profile")
                else loaded.get("profile")
            )
            filled = [fill(case, row) for case in each["cases"]]
        except UnknownPlace as place:
            hint = f"Known here: {', '.join(row)}."
            document.problems.append(document.problem(("for_each_row",), f"There is no column {{{place}}}.", hint))
            return
        for index, raw in enumerate(filled):
            path: type_path = ("for_each_row", "cases", index)
            case = checked(document, CASE, raw, path)
            if case is not None:
                yield _case(document, path, loaded, case, rule, base)


def _case(
    document: Document, path: type_path, loaded: Mapping[str, Any], case: Mapping[str, Any], rule: str, base: Any
) -> Case:
    return Case(
        rule=rule, name=case["name"], at=document.where(path), as_of=loaded["as_of"],
        profile=merged(base or {}, case.get("withs") or {}), expect=case["expect"],
        because=tuple(case.get("because", ())), missing=tuple(case.get("missing", ())), severity=case.get("severity"),
    )  # fmt: skip


def assessors(pack: Pack) -> dict[str, Assessor]:
    """Return one assessor per engine."""
    return {engine: Assessor(pack, engine) for engine in ENGINES}


def run(case: Case, engines: Mapping[str, Assessor]) -> Iterator[Result]:
    """Yield the result of a case on each engine."""
    try:
        found = received(dict(case.profile), case.as_of)
    except Refused as refused:
        wrong = tuple(f"The profile is refused: {problem.at}: {problem.message}" for problem in refused.problems)
        yield Result(case, "intake", "refused", wrong)
        return
    for engine, assessor in engines.items():
        advisory = assessor.assess(found.profile, found.profile.as_of or case.as_of, found.sha256)
        yield _result(case, engine, advisory)


def _result(case: Case, engine: str, advisory: Advisory) -> Result:
    flag = next((flag for flag in advisory.flags if flag.rule.id == case.rule), None)
    outcome = flag.outcome if flag else CLEAR
    wrong = [] if outcome == case.expect else [f"Expected {case.expect}, got {outcome}."]
    seen = {each.fact for each in flag.because} if flag else set()
    gaps = {each.fact for each in flag.missing} if flag else set()
    wrong += [
        f"`{fact}` is not among the facts seen ({', '.join(sorted(seen)) or 'none'})."
        for fact in case.because
        if fact not in seen
    ]
    wrong += [
        f"`{fact}` is not among what is missing ({', '.join(sorted(gaps)) or 'nothing'})."
        for fact in case.missing
        if fact not in gaps
    ]
    if case.severity and (flag is None or flag.severity != case.severity):
        wrong.append(f"Expected severity {case.severity}, got {flag.severity if flag else 'none'}.")
    return Result(case, engine, outcome, tuple(wrong))


__all__ = ["CANNOT_SAY", "CLEAR", "RAISED", "Case", "Result", "assessors", "load_cases", "merged", "run"]
