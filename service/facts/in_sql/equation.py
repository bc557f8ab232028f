"""CKD-EPI 2021 in SQL, alone and with cystatin C: the counterpart of service.facts.ckd_epi and service.facts.computed.

The equation is computed in the same order with the same constants, and rounded to six places before anything else, so
that the last bit, in which machines differ, never counts.
"""

from service.facts import ckd_epi
from service.facts.computed import (
    ADULTS_ONLY,
    FROM_BOTH,
    FROM_CREATININE,
    NEEDS_BOTH,
    NOT_HELD,
    NOT_TOGETHER,
    UNIT,
    ZERO,
)
from service.facts.filtration import MEMBERS
from service.facts.in_sql.columns import LOW, column_of
from service.facts.in_sql.results import SHOWN, gap_text, kept
from service.facts.in_sql.texts import as_json
from service.facts.in_sql.words import cases, literal
from service.facts.model import NOT_COMPUTABLE, NOT_USED
from service.knowledge.model import FactDeclaration

_, CREATININE, CYSTATIN = MEMBERS
TURNED = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}
SIXTH = 1_000_000


def double(value: float) -> str:
    """Return a number as a DOUBLE; SQL would read it as a decimal."""
    return f"CAST({value!r} AS DOUBLE)"


def halved(whole: str, by: int) -> str:
    """Return an integer divided by another (even) one, rounded half to even; neither is negative."""
    down, rest = f"CAST(floor(({whole}) / {double(by)}) AS BIGINT)", f"(({whole}) % {by})"
    up = f"{rest} > {by // 2} OR ({rest} = {by // 2} AND {down} % 2 = 1)"
    return f"({down} + CASE WHEN {up} THEN 1 ELSE 0 END)"


def steps_of(value: str, places: int) -> str:
    """Return how many steps of a decimal place a DOUBLE comes to, rounded to six places first."""
    return halved(f"CAST(round({value} * {SIXTH}) AS BIGINT)", 10 ** (6 - places))


def tenths(value: str) -> str:
    """Return a decimal of four places as the text of a number with at most one."""
    whole = halved(f"CAST({value} * 10000 AS BIGINT)", 1000)
    parts = f"CAST(floor({whole} / {double(10)}) AS BIGINT)"
    return f"{parts} || CASE WHEN {whole} % 10 = 0 THEN '' ELSE '.' || ({whole} % 10) END"


def _of_sex(values: dict[str, float]) -> str:
    return cases((f"sex = {literal(sex)}", double(value)) for sex, value in values.items())


def _part(ratio: str, below: str, above: float) -> str:
    one = double(1.0)
    return f"pow(least({ratio}, {one}), {below}) * pow(greatest({ratio}, {one}), {double(above)})"


def _alone() -> str:
    held = ckd_epi.CONSTANTS
    kappa, alpha = ({sex: getattr(each, name) for sex, each in held.items()} for name in ("kappa", "alpha"))
    factor = {sex: each.factor for sex, each in held.items()}
    filtered = _part(f"(exact / {_of_sex(kappa)})", _of_sex(alpha), -1.2)
    return f"{double(142)} * {filtered} * pow({double(0.9938)}, years) * {_of_sex(factor)}"


def _both() -> str:
    kappa = {sex: each.kappa for sex, each in ckd_epi.CONSTANTS.items()}
    first = _part(f"(c.fine / {_of_sex(kappa)})", _of_sex(ckd_epi.ALPHA_WITH_CYSTATIN), -0.544)
    second = _part(f"(s.fine / {double(0.8)})", double(-0.323), -0.778)
    factor = _of_sex(ckd_epi.FACTOR_WITH_CYSTATIN)
    return f"{double(135)} * ({first}) * ({second}) * pow({double(0.9961)}, years) * {factor}"


def _not_with(fact: FactDeclaration) -> tuple[str, str]:
    """Return, as SQL, which fact keeps the equation from holding, and why it is not computed."""
    holding = ((column_of(name), name.rpartition(".")[2]) for name in fact.given.get("not_valid_with", ()))
    unstable = cases((column, literal(name.replace("_", " "))) for column, name in holding)
    before, after = NOT_HELD.split("{what}")
    return unstable, cases([
        ("unstable IS NOT NULL", f"{literal(before)} || unstable || {literal(after)}"),
        ("years IS NULL OR sex IS NULL OR sex NOT IN ('female', 'male')", literal(NEEDS_BOTH)),
        (f"years < {ckd_epi.ADULT}", literal(ADULTS_ONLY)),
    ])  # fmt: skip


def ctes(fact: FactDeclaration) -> dict[str, str]:
    """Return the queries of what the equation gives; `equation` and `unused` are sources of filtration."""
    unstable, not_with = _not_with(fact)
    years = column_of("patient.age", LOW)
    return {
        "knowing": f"""
            SELECT *, {not_with} AS not_with FROM (
              SELECT pid, sex, CAST({years} AS INT) AS years, {unstable} AS unstable FROM person_facts) AS known""",
        "creatinine": _creatinine(),
        **kept("creatinine", "alone", "day IS NOT NULL"),
        "valued": _valued(fact.decimals),
        **kept(f"(SELECT * FROM judged WHERE path = {literal(CYSTATIN)})", "second", "pid IS NOT NULL"),
        "together": _together(fact.decimals),
        "unused": _unused(),
        "equation": _equation(),
    }


def _creatinine() -> str:
    """Return the query of creatinine as the equation reads it: what keeps it from holding is said once."""
    gap = f"CASE WHEN why_not IS NULL THEN gap ELSE {gap_text(NOT_COMPUTABLE, 'pointer', 'why_not')} END"
    return f"""
        SELECT pid, path, ord, pointer, source_json, day, day_json, age_days, exact, fine, comparator, tail, sex, years,
          own_doubt, usable AND why_not IS NULL AS usable, {gap} AS gap,
          CASE WHEN why_not IS NULL THEN why ELSE '{NOT_COMPUTABLE}' END AS why
        FROM (
          SELECT j.*, k.sex, k.years, CASE WHEN j.number <= 0 THEN {literal(ZERO)} ELSE k.not_with END AS why_not
          FROM judged j JOIN knowing k ON k.pid = j.pid
          WHERE j.path = {literal(CREATININE)} AND (k.not_with IS NULL OR j.ord = j.first_ord)) AS read"""


def _valued(places: int) -> str:
    """Return the query of what creatinine alone gives; a high creatinine is a low filtration."""
    step = 10**-places
    half = f"CAST({step / 2:.{places + 1}f} AS DECIMAL(18,4))"
    low = cases([("comparator IS NULL OR comparator = '<='", "value"), ("comparator = '<'", f"value + {half}")])
    high = cases([("comparator IS NULL OR comparator = '>='", "value"), ("comparator = '>'", f"value - {half}")])
    value = f"CAST({steps_of(_alone(), places)} * CAST({step:.{places}f} AS DECIMAL(18,4)) AS DECIMAL(18,4))"
    return f"""
        SELECT *, CAST({low} AS DECIMAL(18,4)) AS low, CAST({high} AS DECIMAL(18,4)) AS high,
          max(CASE WHEN in_order THEN ord END) OVER (PARTITION BY pid) AS last_ord
        FROM (SELECT *, CASE WHEN usable THEN {value} END AS value FROM alone) AS computed"""


def _seen(value: str, middle: str, origin: str) -> str:
    shown = SHOWN.format(middle=middle, tail=literal(f',"origin":{as_json(origin)}}}'))
    return f"""'"value":' || {value} || ',"unit":{as_json(UNIT)},"date":' || {shown}"""


def _together(places: int) -> str:
    """Return the query of the equation with both, where creatinine and cystatin C are exact and sure."""
    step = f"CAST({10**-places:.{places}f} AS DECIMAL(18,4))"
    value = f"CAST({steps_of(_both(), places)} * {step} AS DECIMAL(18,4))"
    older = "s.age_days > c.age_days"
    return f"""
        SELECT pid, ord, value, '/kidney' AS pointer, 'null' AS source_json, age_days, day_json FROM (
          SELECT c.pid, c.ord, {value} AS value,
            CASE WHEN {older} THEN s.age_days ELSE c.age_days END AS age_days,
            CASE WHEN {older} THEN s.day_json ELSE c.day_json END AS day_json
          FROM (SELECT * FROM valued WHERE ord = last_ord AND in_order AND usable AND doubt IS NULL
                AND comparator IS NULL AND fine > 0) c
          JOIN (SELECT *, max(ord) OVER (PARTITION BY pid) AS last_ord FROM second) s
            ON s.pid = c.pid AND s.ord = s.last_ord AND s.usable AND s.doubt IS NULL AND s.comparator IS NULL
              AND s.fine > 0
        ) AS joined"""


def _unused() -> str:
    """Return the query of cystatin C that could not be used together with creatinine."""
    return """
        SELECT s.pid, s.pointer FROM second s LEFT JOIN together t ON t.pid = s.pid
        WHERE s.ord = s.first_ord AND t.pid IS NULL"""


def unused_gap() -> str:
    """Return that cystatin C was not used, as JSON text."""
    return gap_text(NOT_USED, "pointer", literal(NOT_TOGETHER))


def _equation() -> str:
    turned = cases(
        (f"comparator = {literal(one)}", literal(f',"comparator":"{other}"')) for one, other in TURNED.items()
    )
    alone = _seen(tenths("coalesce(low, high)"), f"coalesce({turned}, '')", FROM_CREATININE)
    both = _seen(tenths("value"), "''", FROM_BOTH)
    return f"""
        SELECT pid, ord, in_order, usable, doubt, gap, why, low, high, CASE WHEN usable THEN {alone} END AS seen
        FROM valued LEFT JOIN (SELECT pid AS replaced_pid, ord AS replaced_ord FROM together) t
          ON replaced_pid = pid AND replaced_ord = ord AND in_order
        WHERE replaced_pid IS NULL
        UNION ALL
        SELECT pid, ord, TRUE, TRUE, NULL, NULL, NULL, value, value, {both} FROM together"""
