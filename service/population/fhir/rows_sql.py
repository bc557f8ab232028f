"""From resources and the meaning of their wordings to what is recorded of each patient, in SQL.

The counterpart of service.intake.fhir.assemble, people and results: what stands where, which lists are known, and which
of several results of a test stands first. It reads `person` (who there is), `resource` (in the order in which they are
read) and the tables of wordings.
"""

from collections.abc import Mapping
from datetime import date

from schemas.fhir_terms import Terms
from service.facts.in_sql.texts import as_json
from service.facts.in_sql.words import cases, literal
from service.intake.fhir.read import NOT_ASKED, ORDERED, PRODUCTS
from service.intake.fhir.results import MOST_EARLIER, OF_ONE_MOMENT, WITHOUT_DATE, WORSE
from service.population.fhir.wordings import AT_MARK, NAME_MARK

# How many things one resource may list, so that the order of resources and of what they list is one number.
WIDE = 1000
# After everything that the resources themselves leave open.
LAST = 9_000_000_000_000


def recorded(terms: Terms, as_of: date) -> Mapping[str, str]:
    """Return the queries of what is recorded, by table (service.facts.in_sql.tables)."""
    return {
        "entry": _entry(terms, as_of), "said": _said(terms, as_of), "left_open": _left_open(), "result": _result(),
    }  # fmt: skip


def _kinds(kinds: tuple[str, ...]) -> str:
    return ", ".join(map(literal, kinds))


def _entry(terms: Terms, as_of: date) -> str:
    age = f"date_diff('day', CAST(r.last_day AS DATE), DATE '{as_of}')"
    past = f"w.expires AND r.last_day IS NOT NULL AND {age} > {terms.procedure_days}"
    return f"""
        SELECT r.pid, e.list, r.ord * {WIDE} + e.place AS ord, e.meaning, r.place || e.ending AS pointer,
          r.name AS source
        FROM resource r JOIN word w ON w.wording = r.wording JOIN word_entry e ON e.wording = r.wording
        WHERE NOT coalesce({past}, FALSE)"""


def _said(terms: Terms, as_of: date) -> str:
    """Return the query of one row per patient; what no FHIR record says is not supplied."""
    lists = ", ".join(f"bool_or(w.lists_{name}) AS lists_{name}" for name in ("conditions", "supplements", "foods"))
    kinds = {"has_conditions": ("Condition",), "has_medications": ORDERED, "has_products": PRODUCTS}
    seen = ", ".join(f"bool_or(r.kind IN ({_kinds(each)})) AS {name}" for name, each in kinds.items())
    return f"""
        SELECT p.pid, g.sex, CAST(NULL AS INT) AS age, g.born, m.pregnant, CAST(NULL AS BOOLEAN) AS breastfeeding,
          CAST(NULL AS BOOLEAN) AS dialysis, CAST(NULL AS BOOLEAN) AS acute_kidney_injury,
          CAST(NULL AS STRING) AS stage, CAST(NULL AS STRING) AS magnesium_rich_foods,
          coalesce(g.has_conditions OR g.lists_conditions, FALSE) AS conditions,
          coalesce(g.has_medications, FALSE) AS medications,
          coalesce(g.has_products OR g.lists_supplements, FALSE) AS supplements, FALSE AS signs,
          coalesce(g.lists_foods, FALSE) AS foods
        FROM person p
        LEFT JOIN (
          SELECT r.pid, max(w.sex) AS sex, coalesce(max(r.born), max(w.born)) AS born, {seen}, {lists}
          FROM resource r JOIN word w ON w.wording = r.wording GROUP BY r.pid) g ON g.pid = p.pid
        LEFT JOIN ({_pregnant(terms, as_of)}) m ON m.pid = p.pid"""


def _pregnant(terms: Terms, as_of: date) -> str:
    """Return the query of what the newest statement of a pregnancy says; one too old or without a day says nothing."""
    age = f"date_diff('day', CAST(newest AS DATE), DATE '{as_of}')"
    agreed = "CASE WHEN min(pregnant) = max(pregnant) THEN max(pregnant) = 1 END"
    return f"""
        SELECT pid, {agreed} AS pregnant FROM (
          SELECT r.pid, r.day, CASE WHEN m.pregnant THEN 1 WHEN NOT m.pregnant THEN 0 END AS pregnant,
            max(r.day) OVER (PARTITION BY r.pid) AS newest
          FROM resource r JOIN word_meant m ON m.wording = r.wording) AS statements
        WHERE day = newest AND {age} BETWEEN 0 AND {terms.pregnancy_days} GROUP BY pid"""


def _left_open() -> str:
    marked = f"replace(replace(o.text, {literal(AT_MARK)}, r.place), {literal(NAME_MARK)}, r.name)"
    asked = "".join(
        f" UNION ALL {_not_asked(member, kinds)}"
        for member, kinds in (("conditions", ("Condition",)), ("supplements", PRODUCTS))
    )
    return f"""
        SELECT r.pid, o.member, r.ord * {WIDE} + o.place AS ord, o.reason, {marked} AS text
        FROM resource r JOIN word_open o ON o.wording = r.wording{asked}"""


def _not_asked(member: str, kinds: tuple[str, ...]) -> str:
    """Return the query of a list that has entries, though no resource says that it was asked for."""
    detail = as_json(NOT_ASKED.format(list=member))
    text = f"""'"reason":"not_supplied","at":"' || first_place || {literal('","detail":' + detail + "}")}"""
    return f"""
        SELECT pid, {literal(member)} AS member, {LAST} AS ord, 'not_supplied' AS reason, {text} AS text FROM (
          SELECT r.pid, arg_min(r.place, r.ord) FILTER (WHERE w.lists_{member}) AS first_place,
            bool_or(r.kind IN ({_kinds(kinds)})) AS is_asked
          FROM resource r JOIN word w ON w.wording = r.wording GROUP BY r.pid) AS listed
        WHERE first_place IS NOT NULL AND NOT is_asked"""


def _result() -> str:
    """Return the query of results: newest first, each value of a moment once, those of one moment in doubt."""
    worse = cases(((f"w.path = {literal(path)}", str(sign)) for path, sign in WORSE.items()), "0")
    within = "rank, lacks_value, worse, in_doubt, lacks_reading, name, place_of"
    in_order = f"ORDER BY moment DESC, {within}"
    found = f"""
        SELECT r.pid, w.path, w.measure, w.rank, r.name, r.place || w.ending AS place_of, r.day,
          coalesce(r.moment, '') AS moment, w.doubt_reason, w.doubt_detail, m.same, m.number IS NULL AS lacks_value,
          coalesce(m.number, 0) * {worse} AS worse, w.doubt_reason IS NOT NULL AS in_doubt,
          m.reading IS NULL AS lacks_reading
        FROM resource r JOIN word_result w ON w.wording = r.wording JOIN measure m ON m.measure = w.measure"""
    once = (
        f"SELECT *, row_number() OVER (PARTITION BY pid, path, moment, same {in_order}) AS copy FROM ({found}) AS found"
    )
    group = f"OVER (PARTITION BY pid, path {in_order}"
    placed = f"""
        SELECT *, row_number() {group}) AS place, first_value(moment) {group}) AS first_moment,
          first_value(rank) {group}) AS first_rank,
          sum(CASE WHEN moment = '' THEN 1 ELSE 0 END)
            {group} ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS undated
        FROM ({once}) AS once WHERE copy = 1"""
    alike = "CASE WHEN moment <> '' THEN starts_with(first_moment, moment) ELSE first_moment = '' END"
    judged = f"""
        SELECT *, bool_or(place > 1 AND rank = first_rank AND {alike}) OVER (PARTITION BY pid, path) AS has_rival,
          max(CASE WHEN place <= {MOST_EARLIER + 1} THEN undated ELSE 0 END)
            OVER (PARTITION BY pid, path) AS undated_near
        FROM ({placed}) AS placed"""
    rivalled = "place = 1 AND has_rival AND doubt_reason IS NULL"
    told = f"CASE WHEN moment <> '' THEN {literal(OF_ONE_MOMENT)} ELSE {literal(WITHOUT_DATE)} END"
    return f"""
        SELECT pid, path, CAST(place AS BIGINT) AS ord, measure, place_of AS pointer, name AS source, day,
          CASE WHEN {rivalled} THEN 'conflict' ELSE doubt_reason END AS doubt_reason,
          CASE WHEN {rivalled} THEN {told} ELSE doubt_detail END AS doubt_detail
        FROM ({judged}) AS judged
        WHERE place <= {MOST_EARLIER + 1} OR (moment = '' AND undated - undated_near <= {MOST_EARLIER})"""
