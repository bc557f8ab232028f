"""From what is recorded of patients to their flags: the queries, in DuckDB's dialect, whichever engine runs them.

They come in steps with tables between, because one query over all would take an engine longer to plan than to run.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from service.engine.reference import CANNOT_SAY, RAISED
from service.engine.sql_flags import FlagsQuery, rules_in_order
from service.facts.in_sql.query import facts_query
from service.facts.in_sql.words import literal
from service.knowledge.model import SEVERITIES, STEP_DOWN, Pack
from service.knowledge.nodes import facts_in


@dataclass(frozen=True, slots=True)
class Queries:
    """The queries of one pack on one day: `steps` are kept as tables in turn, and `flags` and `unknowns` read the last.

    `flags` gives a row per patient and rule that is not clear, in order, with the columns of the contract (section 5);
    `unknowns` counts by fact and reason.
    """

    steps: Mapping[str, str]
    flags: str
    unknowns: str


def queries(pack: Pack, as_of: date) -> Queries:
    """Return the queries; raise NoSqlForm where the pack holds what has no form in SQL."""
    wanted = frozenset().union(*(facts_in(rule.condition) for rule in pack.active_rules))
    query = facts_query(pack, as_of, wanted, ("pid", "patient"))
    flags = FlagsQuery(pack, "facts")
    return Queries(query.steps(), query.after_steps(_flags(pack, flags)), query.after_steps(flags.unknowns()))


def _flags(pack: Pack, flags: FlagsQuery) -> str:
    rules = rules_in_order(pack)
    raised, lowered = (
        _chosen(literal(severity) for severity in severities)
        for severities in ((rule.severity for rule in rules), (STEP_DOWN[rule.severity] for rule in rules))
    )
    columns = {
        "rule": _chosen(literal(rule.id) for rule in rules),
        "version": _chosen(str(rule.version) for rule in rules),
        "outcome": f"CASE WHEN raised THEN '{RAISED}' ELSE '{CANNOT_SAY}' END",
        "category": _chosen(literal(rule.category) for rule in rules),
        "severity": f"CASE WHEN raised THEN {raised} ELSE {lowered} END",
        "claims": _chosen(f"[{', '.join(map(literal, rule.claims))}]" for rule in rules),
        "because": "because", "missing": "missing",
        "pack_version": literal(pack.version), "pack_sha256": literal(pack.sha256),
    }  # fmt: skip
    listed = ", ".join(query if query == name else f"{query} AS {name}" for name, query in columns.items())
    return f"SELECT patient, {listed} FROM ({flags.flags(('patient',))}) AS flagged"


def _chosen(texts: Iterable[str]) -> str:
    return f"[{', '.join(texts)}][rule + 1]"


def patients_query(flags: str) -> str:
    """Return the query of one row per patient of the table `person`, also without a flag, from what was flagged."""
    ranks = " ".join(f"WHEN {literal(severity)} THEN {rank}" for rank, severity in enumerate(SEVERITIES))
    words = " ".join(f"WHEN {rank} THEN {literal(severity)}" for rank, severity in enumerate(SEVERITIES))
    raised = f"outcome = '{RAISED}'"
    return f"""
        SELECT p.patient, CAST(coalesce(f.flags, 0) AS INT) AS flags,
          CAST(coalesce(f.cannot_say, 0) AS INT) AS cannot_say,
          CASE f.worst {words} END AS worst
        FROM person p LEFT JOIN (
          SELECT patient, count(*) FILTER (WHERE {raised}) AS flags, count(*) FILTER (WHERE NOT {raised}) AS cannot_say,
            min(CASE severity {ranks} END) FILTER (WHERE {raised}) AS worst
          FROM {flags} GROUP BY patient) f ON f.patient = p.patient
        ORDER BY p.patient"""
