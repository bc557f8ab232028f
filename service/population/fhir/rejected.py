"""Names every line that was not used: file, line number, reason. Only files that hold such lines are read again."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from schemas.problem import Refused
from service.facts.in_sql.words import cases, literal
from service.intake.strict_json import parse_fhir
from service.population.duck import Duck, lines_of_files
from service.population.fhir import lines_sql
from service.population.fhir.lines_sql import NOT_JSON, NOT_STRICT, REASONS, TOO_LONG
from service.population.inputs import Input, is_too_long, lines_of

Rejected = dict[str, Any]


def rejected_lines(duck: Duck, found: Input, file: Path, read: Path, counted: str) -> Iterator[Rejected]:
    """Yield the rejected lines of one file, in order; `duck` has the tables `person` and `doubtful`.

    DuckDB reads it at `read`. A doubtful line that is refused has its `kind` where it was `counted` under that all the
    same.
    """
    reasons = _reasons(duck, read, counted)
    told = next(reasons, None)
    for nth, (number, line) in enumerate(lines_of(file) if told else (), 1):
        if told and nth == told[0]:
            _, why, kind = told
            reason = REASONS[TOO_LONG if is_too_long(line) else why]
            yield {"file": found.name_of(file), "line": number, "reason": reason, "kind": kind}
            told = next(reasons, None)


def _reasons(duck: Duck, file: Path, counted: str) -> Iterator[tuple[int, str, str | None]]:
    """Yield the place among the lines that are not blank, why a line is not used, and the type it was counted under."""
    reason = cases([("line IS NULL", literal(NOT_JSON))], lines_sql.reason("p.pid"))
    numbered = f"(SELECT *, row_number() OVER () AS nth FROM ({lines_of_files([file])}) AS read) AS numbered"
    rows = duck.rows(f"""
        SELECT nth, CASE WHEN {counted} THEN kind END AS kind, {reason} AS reason, text
        FROM ({lines_sql.whose(numbered)}) AS l
        LEFT JOIN person p ON p.patient = l.patient_id
        LEFT JOIN (SELECT line AS text, is_twice FROM doubtful WHERE file = {literal(str(file))}) d ON d.text = l.line
        WHERE {reason} IS NOT NULL OR text IS NOT NULL ORDER BY nth""")  # fmt: skip
    for nth, kind, why, text in rows:
        if text is not None and _is_refused(text):
            yield int(nth), NOT_STRICT, None if why is not None else kind
        elif why is not None:
            yield int(nth), str(why), None


def _is_refused(line: str) -> bool:
    try:
        return not isinstance(parse_fhir(line.encode()), dict)
    except (Refused, UnicodeEncodeError):
        return True


def told(counts: Mapping[str, int]) -> dict[str, int]:
    """Return counts by reason in words."""
    return {REASONS[reason]: count for reason, count in sorted(counts.items())}
