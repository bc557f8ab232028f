"""Kidney filtration in SQL: the counterpart of service.facts.filtration.

Each source of filtration (a reported result, a stage, what the equation gives) is a row; the worst counts, and what was
supplied and cannot be used leaves the lower end open.
"""

from service.facts.filtration import MEMBERS, NOTHING, STAGED
from service.facts.in_sql import equation
from service.facts.in_sql.columns import HIGH, KNOWN, LOW, column_of
from service.facts.in_sql.formed import Declared, Formed
from service.facts.in_sql.results import BOUND, SHOWN
from service.facts.in_sql.texts import plain_seen
from service.facts.in_sql.words import cases, literal, prefix_of, told_gap
from service.facts.model import NOT_USED, STALE
from service.knowledge.model import FactDeclaration, Pack

# Where the sources of each kind stand among all, so that they are told in the same order as for one patient.
OPEN, REPORTED, UNDATED, STAGE, UNUSED, COMPUTED, COMPUTED_UNDATED = (number * 100_000 for number in range(7))
HIGHEST = 10**9
NO_NUMBER, NO_TEXT = "CAST(NULL AS DECIMAL(18,4))", "CAST(NULL AS STRING)"


def ctes(fact: FactDeclaration, pack: Pack) -> dict[str, str]:
    """Return the queries that lead to `filtrated`: one row per patient with any source."""
    parts = {"opened": _opened(), "reported": _reported(), "staged": _staged(fact, pack), **equation.ctes(fact)}
    parts |= {"unused_source": _unused(), "computed_source": _computed()}
    sources = ("opened", "reported", "staged", "unused_source", "computed_source")
    union = " UNION ALL ".join(f"SELECT pid, seq, low, high, has, sure, seen, gap, why FROM {name}" for name in sources)
    return parts | {"sources": union, "filtrated": _filtrated()}


def _opened() -> str:
    members = cases((f"member = {literal(member)}", str(place)) for place, member in enumerate(MEMBERS))
    return f"""
        SELECT pid, {OPEN} + min({members} * 1000 + ord) AS seq, {NO_NUMBER} AS low, {NO_NUMBER} AS high, FALSE AS has,
          FALSE AS sure, {NO_TEXT} AS seen, text AS gap, reason AS why
        FROM left_open WHERE member IN ({", ".join(map(literal, MEMBERS))}) GROUP BY pid, text, reason"""


def _reported() -> str:
    seen = f"head || {SHOWN.format(middle='middle', tail='tail')}"
    return f"""
        SELECT pid, CASE WHEN day IS NULL THEN {UNDATED} ELSE {REPORTED} END + ord AS seq,
          CASE WHEN usable AND doubt IS NULL THEN low END AS low, CASE WHEN usable THEN high END AS high, usable AS has,
          usable AND doubt IS NULL AS sure, CASE WHEN usable THEN {seen} END AS seen, coalesce(gap, doubt) AS gap, why
        FROM kept WHERE path = {literal(MEMBERS[0])}"""


def _staged(fact: FactDeclaration, pack: Pack) -> str:
    half = f"{10**-fact.decimals / 2:.4f}"
    low = cases((f"stage = {literal(stage)}", str(ends[0])) for stage, ends in pack.stages.items())
    bounded = ((stage, ends[1]) for stage, ends in pack.stages.items() if ends[1] is not None)
    high = cases((f"stage = {literal(stage)}", f"{below} - {half}") for stage, below in bounded)
    texts = {stage: plain_seen(stage, "/kidney/stage", STAGED) for stage in pack.stages}
    seen = cases((f"stage = {literal(stage)}", literal(text)) for stage, text in texts.items())
    return f"""
        SELECT pid, {STAGE} AS seq, CAST({low} AS DECIMAL(18,4)) AS low, CAST({high} AS DECIMAL(18,4)) AS high,
          TRUE AS has, FALSE AS sure, {seen} AS seen, {NO_TEXT} AS gap, {NO_TEXT} AS why
        FROM person_facts WHERE stage IS NOT NULL"""


def _unused() -> str:
    return f"""
        SELECT pid, {UNUSED} AS seq, {NO_NUMBER} AS low, {NO_NUMBER} AS high, FALSE AS has, FALSE AS sure,
          {NO_TEXT} AS seen, {equation.unused_gap()} AS gap, '{NOT_USED}' AS why
        FROM unused"""


def _computed() -> str:
    return f"""
        SELECT pid, CASE WHEN in_order THEN {COMPUTED} ELSE {COMPUTED_UNDATED} END + ord AS seq,
          CASE WHEN doubt IS NULL THEN low END AS low, high, usable AS has, usable AND doubt IS NULL AS sure, seen,
          coalesce(gap, doubt) AS gap, why
        FROM equation"""


def _filtrated() -> str:
    """Return the query of what all sources come to. A stale one blocks nothing beside a newer usable result."""
    return f"""
        SELECT pid, bool_or(has) AS known, min(low) AS least, min(high) AS high,
          bool_or(NOT has AND gap IS NOT NULL AND why <> '{STALE}') OR bool_or(has AND low IS NULL)
            OR (bool_or(NOT has AND gap IS NOT NULL AND why = '{STALE}') AND NOT bool_or(sure)) AS is_open,
          array_agg(seen ORDER BY coalesce(high, {HIGHEST}), seq) FILTER (WHERE has AND seen IS NOT NULL) AS seen,
          array_agg(gap ORDER BY seq) FILTER (WHERE gap IS NOT NULL) AS gaps
        FROM sources GROUP BY pid"""


def filtration(declared: Declared) -> Formed:
    """Form the fact from `filtrated`, whose columns stand in the row as `filtrated__…`."""
    fact, prefix = declared.fact.id, literal(prefix_of(declared.fact.id))
    known = "coalesce(filtrated__known, FALSE)"
    columns = {
        column_of(fact, KNOWN): known,
        column_of(fact, LOW): cases([(f"{known} AND NOT filtrated__is_open", "filtrated__least")]),
        column_of(fact, HIGH): cases([(known, "filtrated__high")]),
    }
    seen = cases([(known, f"prefixed(filtrated__seen, {prefix})")])
    first_at = 'regexp_extract(filtrated__seen[1], \'"at":"([^"]*)"\', 1)'
    bound = f'{prefix} || \'"reason":"comparator","at":"\' || {first_at} || {literal(BOUND)}'
    gaps = cases(
        [("filtrated__gaps IS NOT NULL", f"prefixed(filtrated__gaps, {prefix})"), (known, bound)],
        told_gap(fact, NOTHING),
    )
    return Formed(columns, seen, gaps)


KINDS = {"filtration": filtration}
