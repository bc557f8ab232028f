"""Names every line that was not used: file, line number, reason. Only files that hold such lines are read again."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from schemas.problem import Refused
from service.facts.in_sql.words import cases, literal
from service.intake.strict_json import parse_fhir
from service.population.duck import Duck
from service.population.fhir import lines_sql
from service.population.fhir.lines_sql import NOT_JSON, NOT_STRICT, REASONS
from service.population.inputs import Input, lines_of

Rejected = dict[str, Any]


def rejected_lines(duck: Duck, found: Input, file: Path, not_strict: str, counted: str) -> Iterator[Rejected]:
    """Yield the rejected lines of one file, in order; `duck` has the table `person`.

    A line that is not strict JSON has its `kind` where it was `counted` under that all the same.
    """
    reasons = {nth: (why, kind) for nth, why, kind in _reasons(duck, file, not_strict, counted)}
    if not reasons:
        return
    for nth, (number, _) in enumerate(lines_of(file), 1):
        if nth in reasons:
            why, kind = reasons[nth]
            yield {"file": found.name_of(file), "line": number, "reason": REASONS[why], "kind": kind}


def _reasons(duck: Duck, file: Path, not_strict: str, counted: str) -> Iterator[tuple[int, str, str | None]]:
    """Yield the place among the lines that are not blank, why a line is not used, and the type it was counted under."""
    reason = cases([("line IS NULL", literal(NOT_JSON))], lines_sql.reason("p.pid"))
    lines = f"(SELECT *, {not_strict} AS is_suspect FROM ({_numbered(duck, file)}) AS counted) AS numbered"
    rows = duck.rows(f"""
        SELECT nth, CASE WHEN {counted} THEN kind END AS kind, reason, CASE WHEN is_suspect THEN line END AS text FROM (
          SELECT l.*, {reason} AS reason FROM ({lines_sql.whose(lines)}) AS l
          LEFT JOIN person p ON p.patient = l.patient_id) AS told
        WHERE reason IS NOT NULL OR coalesce(is_suspect, FALSE)""")  # fmt: skip
    for nth, kind, why, text in rows:
        if text is not None and _is_refused(text):
            yield int(nth), NOT_STRICT, None if why is not None else kind
        elif why is not None:
            yield int(nth), str(why), None


def _numbered(duck: Duck, file: Path) -> str:
    names = ("resourceType", "id", "subject", "patient")
    paths = ", ".join(f"'$.{name}'" for name in names)
    members = ", ".join(f"CAST(found[{place}] AS VARCHAR) AS {name}" for place, name in enumerate(names, 1))
    # A line is parsed once for all of its members.
    read = f"SELECT line, json_extract(line, [{paths}]) AS found FROM ({duck.lines_in_order(file)}) AS lines"
    return f"SELECT row_number() OVER () AS nth, line, {members} FROM ({read}) AS read"


def _is_refused(line: str) -> bool:
    try:
        return not isinstance(parse_fhir(line.encode()), dict)
    except (Refused, UnicodeEncodeError):
        return True


def told(counts: Mapping[str, int]) -> dict[str, int]:
    """Return counts by reason in words."""
    return {REASONS[reason]: count for reason, count in sorted(counts.items())}
