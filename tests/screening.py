"""A made-up folder as a screening leaves it: Parquet by DuckDB, and a summary that fits it."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import cache
from itertools import groupby
from pathlib import Path
from types import MappingProxyType
from typing import Any

import duckdb

from service.knowledge.load import load_pack
from service.knowledge.model import SEVERITIES, Pack, Rule

__all__ = ["AS_OF", "RULES", "canaries", "egfr", "flag", "missing", "pack", "screening"]

AS_OF = "2026-11-21"
KIDNEY, REVIEW = "kidney/magnesium-with-impaired-kidney", "reference-conditions/kidney-disease-stage-3"
RULES = KIDNEY, REVIEW
FLAG_COLUMNS = {
    "patient": "VARCHAR", "rule": "VARCHAR", "version": "INTEGER", "outcome": "VARCHAR", "category": "VARCHAR",
    "severity": "VARCHAR", "claims": "VARCHAR[]", "because": "VARCHAR", "missing": "VARCHAR",
    "pack_version": "VARCHAR", "pack_sha256": "VARCHAR",
}  # fmt: skip
PATIENT_COLUMNS = {"patient": "VARCHAR", "flags": "INTEGER", "cannot_say": "INTEGER", "worst": "VARCHAR"}
Flag = dict[str, Any]


@cache
def pack() -> Pack:
    """Return the rules."""
    return load_pack()


@cache
def _rules() -> dict[str, Rule]:
    return {rule.id: rule for rule in pack().rules}


def flag(patient: str, rule: str, *because: dict[str, Any], lacking: Sequence[dict[str, Any]] = ()) -> Flag:
    """Return a flag that was raised, or that cannot be answered where it lacks something."""
    of = _rules()[rule]
    return {
        "patient": patient, "rule": rule, "version": of.version, "outcome": "cannot_say" if lacking else "raised",
        "category": of.category, "severity": of.severity, "claims": list(of.claims), "because": json.dumps(because),
        "missing": json.dumps(list(lacking)), "pack_version": pack().version, "pack_sha256": pack().sha256,
    }  # fmt: skip


def egfr(value: Any, date: str | None = AS_OF, **more: Any) -> dict[str, Any]:
    """Return an eGFR as a flag names it."""
    return {"fact": "kidney.egfr", "value": value, "unit": "mL/min/{1.73_m2}", "date": date, "at": "/kidney", **more}


def missing(fact: str, reason: str) -> dict[str, Any]:
    """Return what a flag lacks."""
    return {"fact": fact, "reason": reason, "at": "/somewhere", "detail": "This is not known."}


def screening(
    folder: Path, flags: Sequence[Flag], others: Sequence[str] = (), changes: Mapping[str, Any] = MappingProxyType({})
) -> Path:
    """Write a screening of the patients of some flags, and of others without a flag; `changes` go into its summary."""
    ordered = sorted(flags, key=lambda each: (each["patient"], each["rule"]))
    patients = [_patient(name, list(found)) for name, found in groupby(ordered, lambda each: str(each["patient"]))]
    patients += [_patient(name, []) for name in others]
    _write(folder / "flags", ordered, FLAG_COLUMNS)
    _write(folder / "patients", sorted(patients, key=lambda each: str(each["patient"])), PATIENT_COLUMNS)
    summary = _summary(ordered, patients) | dict(changes)
    (folder / "summary.json").write_text(json.dumps(summary), encoding="utf-8")
    return folder


def _patient(name: str, flags: Sequence[Flag]) -> dict[str, Any]:
    raised = [each["severity"] for each in flags if each["outcome"] == "raised"]
    worst = min(raised, key=SEVERITIES.index, default=None)
    return {"patient": name, "flags": len(raised), "cannot_say": len(flags) - len(raised), "worst": worst}


def _write(folder: Path, rows: Sequence[dict[str, Any]], columns: dict[str, str]) -> None:
    """Write rows as two files, as a screening of many would."""
    folder.mkdir()
    lines = folder / "rows.ndjson"
    lines.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    with duckdb.connect() as connection:
        table = f"read_json('{lines}', columns={json.dumps(columns)}, format='newline_delimited')"
        connection.execute(f"CREATE TABLE every AS SELECT * FROM {table}")
        for part in range(2):
            file = folder / f"{part}.parquet"
            half = f"rowid {'>=' if part else '<'} {len(rows) // 2}"
            connection.execute(f"COPY (SELECT * FROM every WHERE {half}) TO '{file}' (FORMAT parquet)")
    lines.unlink()


def _summary(flags: Sequence[Flag], patients: Sequence[dict[str, Any]]) -> dict[str, Any]:
    spoke = Counter((each["rule"], each["outcome"]) for each in flags)
    unknown = Counter((gap["fact"], gap["reason"]) for each in flags for gap in json.loads(each["missing"]))
    outcomes = Counter(each["outcome"] for each in flags)
    named = {"name": pack().name, "version": pack().version, "sha256": pack().sha256, "clinical_review": "none"}
    return {
        "magflag": "0.1.0", "engine": "duckdb", "as_of": AS_OF, "pack": named, "patients": len(patients),
        "with_flags": sum(each["flags"] > 0 for each in patients),
        "flags": {"raised": outcomes["raised"], "cannot_say": outcomes["cannot_say"]},
        "rules": sorted((_spoke(rule, spoke) for rule in {rule for rule, _ in spoke}), key=_gravest_first),
        "unknowns": [
            {"fact": fact, "reason": reason, "patients": 1, "flags": count}
            for (fact, reason), count in unknown.most_common(100)
        ],
        "resources": {"Condition": 12, "Patient": len(patients)}, "not_read": {"Encounter": 2}, "lines": 1000,
        "rejected": {"lines": 3, "share": 0.003, "reasons": {"not JSON": 2, "no subject": 1}},
    }  # fmt: skip


def _spoke(rule: str, spoke: Counter[tuple[str, str]]) -> dict[str, Any]:
    of, raised, unsure = _rules()[rule], spoke[rule, "raised"], spoke[rule, "cannot_say"]
    head = {"rule": rule, "title": of.title, "category": of.category, "severity": of.severity}
    return head | {"raised": raised, "cannot_say": unsure}


def _gravest_first(row: dict[str, Any]) -> tuple[int, int, str]:
    return SEVERITIES.index(row["severity"]), -row["raised"], row["rule"]


def canaries(count: int = 60) -> list[Flag]:
    """Return flags of many patients, whose ids would be seen anywhere: rules of every severity, many unknowns."""
    reasons = ("not_supplied", "stale", "unrecognised", "unusable_unit", "conflict", "a_reason_of_tomorrow")
    facts = sorted(pack().facts)
    rules = [rule.id for rule in pack().active_rules[::6] if rule.id not in RULES]
    found = []
    for number in range(count):
        name = f"Canary-{number}"
        found += [flag(name, rule, egfr(number * 2, "2026-10-30")) for rule in RULES]
        for place, rule in enumerate(rules):
            gap = missing(facts[(number * 7 + place) % len(facts)], reasons[(number + place) % len(reasons)])
            found.append(flag(name, rule, lacking=() if (number + place) % 5 == 0 else [gap]))
    return found
