"""What a screening found, counted: summary.json, whose numbers are those of the Parquet files beside it."""

from importlib.metadata import version
from typing import Any

from service.engine.reference import CANNOT_SAY, RAISED
from service.facts.in_sql.words import literal
from service.knowledge.model import SEVERITIES, Pack
from service.population.duck import Duck
from service.population.read import Read
from service.population.state import Aside
from service.population.unknowns import unknowns_of
from service.presenters.plain import pack_of

SUMMARY, REJECTED, REPORT = "summary.json", "rejected.ndjson", "report.html"
FLAGS, PATIENTS = "flags", "patients"
# What is left of a screening when it is done.
KEPT = (FLAGS, PATIENTS, SUMMARY, REJECTED, REPORT)
MOST_UNKNOWNS = 100


def write_summary(aside: Aside, duck: Duck, pack: Pack, read: Read, engine: str) -> dict[str, Any]:
    """Count what was found, write it and return it."""
    rules = _rules(aside, duck, pack)
    patients, flagged = _patients(aside, duck)
    summary = {
        "magflag": version("magflag"), "engine": engine, "as_of": read.as_of.isoformat(), "pack": pack_of(pack),
        "patients": patients, "with_flags": flagged,
        "flags": {outcome: sum(rule[outcome] for rule in rules) for outcome in (RAISED, CANNOT_SAY)},
        "rules": rules, "unknowns": _unknowns(aside), "resources": dict(read.resources),
        "not_read": dict(read.not_read), "lines": read.lines,
        "rejected": {"lines": sum(read.reasons.values()), "share": round(read.share, 6), "reasons": dict(read.reasons)},
    }  # fmt: skip
    aside.note(SUMMARY, summary)
    return summary


def _all_of(aside: Aside, folder: str) -> str:
    return f"read_parquet({literal(str(aside.path(folder, '*.parquet')))})"


def _rules(aside: Aside, duck: Duck, pack: Pack) -> list[dict[str, Any]]:
    """Return the rules that spoke, the gravest and most often raised first."""
    counted: dict[str, dict[str, int]] = {}
    for rule, outcome, count in duck.rows(
        f"SELECT rule, outcome, count(*) FROM {_all_of(aside, FLAGS)} GROUP BY rule, outcome"
    ):
        counted.setdefault(str(rule), {RAISED: 0, CANNOT_SAY: 0})[str(outcome)] = int(count)
    found = [
        {"rule": rule.id, "title": rule.title, "category": rule.category, "severity": rule.severity, **counted[rule.id]}
        for rule in pack.active_rules
        if rule.id in counted
    ]
    return sorted(found, key=lambda row: (SEVERITIES.index(row["severity"]), -int(row[RAISED]), row["rule"]))


def _patients(aside: Aside, duck: Duck) -> tuple[int, int]:
    query = f"SELECT count(*), count(*) FILTER (WHERE flags > 0) FROM {_all_of(aside, PATIENTS)}"
    row = next(duck.rows(query), (0, 0))
    return int(row[0]), int(row[1])


def _unknowns(aside: Aside) -> list[dict[str, Any]]:
    counted = sorted(unknowns_of(aside).items(), key=lambda item: (-item[1][1], item[0]))[:MOST_UNKNOWNS]
    return [
        {"fact": fact, "reason": reason, "patients": patients, "flags": flags}
        for (fact, reason), (patients, flags) in counted
    ]
