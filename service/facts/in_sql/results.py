"""The results of tests, in SQL: usable or why not, in order, and which one counts.

The counterpart of service.facts.quantities. A result that may raise a concern and reassures of nothing has a doubt; one
behind a newer one that cannot be used has one, too; and nothing behind the first sure result counts.
"""

from collections.abc import Mapping
from datetime import date

from service.facts.filtration import MEMBERS
from service.facts.from_values import WITHOUT_READING
from service.facts.in_sql.words import cases, literal, source_json
from service.facts.model import FUTURE, NEWER_UNUSABLE, NOT_SUPPLIED, STALE, UNDATED, UNUSABLE_UNIT
from service.facts.quantities import IN_FUTURE, OVERTAKEN, TOO_OLD, UNRELATED, WITHOUT_DAY
from service.knowledge.model import Pack

# In the order of the rows of a test, everything that stands before one.
BEFORE = "ORDER BY ord ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING"
KIDNEY = ", ".join(map(literal, MEMBERS))
AGED = "CASE WHEN age_days IS NULL THEN '' ELSE ',\"age_days\":' || age_days END"
SHOWN = f'day_json || \',"at":"\' || pointer || \'","source":\' || source_json || {{middle}} || {AGED} || {{tail}}'


BOUND = '","detail":"The value is known only as a bound, which leaves this open."}'


def windows_of(pack: Pack) -> Mapping[str, int]:
    """Return by the path of a test how many days its results are good for."""
    windows: dict[str, int] = {}
    for fact in pack.facts.values():
        if fact.kind in ("result", "filtration"):
            paths = MEMBERS if fact.kind == "filtration" else (fact.given["of"],)
            windows |= dict.fromkeys(paths, int(pack.policy[fact.given["window"]].value))
    return windows


def test_of(path: str) -> str:
    """Return how the columns begin that hold what was gathered of a test."""
    return f"test__{path.replace('.', '__')}"


def gap_text(reason: str, place: str, detail: str) -> str:
    """Return a gap as JSON text; place and detail are SQL."""
    return f"""'"reason":"{reason}","at":"' || {place} || '","detail":"' || {detail} || '"}}'"""


def place(part: str) -> str:
    """Return the place of a part of a value: of a record, the resource, which names its parts anew."""
    return f"CASE WHEN source IS NULL THEN pointer || '/{part}' ELSE pointer END"


def ctes(pack: Pack, as_of: date) -> dict[str, str]:
    """Return the queries that put results in order, by name: `judged` has them all, `kept` those up to a sure one."""
    window = cases((f"r.path = {literal(path)}", str(days)) for path, days in windows_of(pack).items())
    timed = f"""
        SELECT r.pid, r.path, r.ord, r.pointer, r.source, r.day, r.doubt_reason, r.doubt_detail,
          m.* EXCLUDE (path, measure),
          date_diff('day', CAST(r.day AS DATE), DATE '{as_of}') AS age_days, {window} AS days,
          {source_json("r")} AS source_json, coalesce('"' || r.day || '"', 'null') AS day_json
        FROM result r JOIN measure m ON m.measure = r.measure"""
    late = cases([("age_days < 0", literal(FUTURE)), ("age_days > days", literal(STALE))])
    judged = f"""
        SELECT *, late IS NULL AND is_usable AS usable, {_gap()} AS gap, {_doubt()} AS own_doubt,
          coalesce(late, gap_reason) AS why,
          bool_or(number IS NOT NULL OR source IS NOT NULL) OVER (PARTITION BY pid, path) AS is_said,
          min(ord) OVER (PARTITION BY pid, path) AS first_ord
        FROM (SELECT *, {late} AS late FROM timed) AS dated"""
    return {"timed": timed, "judged": judged, **kept("judged", "kept", f"NOT (path IN ({KIDNEY}) AND day IS NULL)")}


def kept(source: str, name: str, which: str) -> dict[str, str]:
    """Return the queries that keep results, newest first, up to the first sure one; the rest of `which` are all kept.

    `source`, a table or a query in parentheses, has `usable`, `own_doubt` and `why` (why a result is not usable).
    """
    group = f"PARTITION BY pid, path, {which}"
    walked = f"""
        SELECT *, {which} AS in_order,
          bool_or(usable AND own_doubt IS NULL) OVER ({group} {BEFORE}) AS after_sure,
          bool_or(NOT usable AND why <> '{STALE}') OVER ({group} {BEFORE}) AS is_overtaken
        FROM {source} AS taken"""
    overtaken = gap_text(NEWER_UNUSABLE, "pointer", literal(OVERTAKEN))
    doubt = cases([("NOT usable", "NULL"), ("own_doubt IS NOT NULL", "own_doubt"),
                   ("in_order AND coalesce(is_overtaken, FALSE)", overtaken)])  # fmt: skip
    found = f"SELECT *, {doubt} AS doubt FROM {name}_walked WHERE NOT (in_order AND coalesce(after_sure, FALSE))"
    return {f"{name}_walked": walked, name: found}


def _gap() -> str:
    head, tail = TOO_OLD.split("{age}")
    middle, end = tail.split("{window}")
    old = f"{literal(head)} || age_days || {literal(middle)} || days || {literal(end)}"
    part = "CASE WHEN source IS NULL THEN pointer || gap_part ELSE pointer END"
    unusable = f"""'"reason":"' || gap_reason || '","at":"' || {part} || '","detail":"' || gap_detail || '"}}'"""
    return cases([
        (f"late = {literal(FUTURE)}", gap_text(FUTURE, place("date"), literal(IN_FUTURE))),
        (f"late = {literal(STALE)}", gap_text(STALE, place("date"), old)),
        ("NOT is_usable", unusable),
    ])  # fmt: skip


def _recorded_doubt() -> str:
    return """'"reason":"' || doubt_reason || '","at":"' || pointer || '","detail":"' || doubt_detail || '"}'"""


def _doubt(with_unit: bool = True) -> str:
    pairs = [
        ("doubt_reason IS NOT NULL", _recorded_doubt()),
        ("day IS NULL", gap_text(UNDATED, place("date"), literal(WITHOUT_DAY))),
    ]
    if with_unit:
        pairs.append(("says_less", gap_text(UNUSABLE_UNIT, place("unit"), literal(UNRELATED))))
    return cases(pairs)


def numbers() -> str:
    """Return the query of the result of each test that counts: the newest that can be used at all, or the newest."""
    seen = f"head || {SHOWN.format(middle='middle', tail='tail')}"
    return f"""
        SELECT pid, path, usable, low, high, coalesce(gap, doubt) AS gap, {seen} AS seen, pointer FROM (
          SELECT *, row_number() OVER (PARTITION BY pid, path ORDER BY CASE WHEN usable THEN 0 ELSE 1 END, ord) AS place
          FROM kept WHERE is_said AND path NOT IN ({KIDNEY})) AS ranked
        WHERE place = 1"""


def readings() -> str:
    """Return the query of the laboratory's reading of each test that counts: the newest with a reading or a number."""
    says = "reading IS NOT NULL OR number IS NOT NULL"
    seen = f"reading_head || {SHOWN.format(middle=literal(''), tail='reading_tail')}"
    late = "CASE WHEN late IS NOT NULL THEN gap END"
    without = gap_text(NOT_SUPPLIED, place("interpretation"), literal(WITHOUT_READING.replace('"', '\\"')))
    gap = f"coalesce({late}, CASE WHEN reading IS NULL THEN {without} END)"
    overtaken = gap_text(NEWER_UNUSABLE, "pointer", literal(OVERTAKEN))
    return f"""
        SELECT pid, path, reading, {gap} AS reading_gap, {seen} AS reading_seen,
          CASE WHEN ord > first_ord THEN {overtaken} ELSE {_doubt(with_unit=False)} END AS reading_doubt
        FROM (
          SELECT *, row_number() OVER (PARTITION BY pid, path ORDER BY CASE WHEN {says} THEN 0 ELSE 1 END, ord) AS place
          FROM judged WHERE path NOT IN ({KIDNEY})) AS ranked
        WHERE place = 1"""


def gathered(pack: Pack) -> dict[str, str]:
    """Return what is gathered of the tests other than the kidneys', by the name of the column."""
    columns: dict[str, str] = {}
    for path in windows_of(pack):
        if path in MEMBERS:
            continue
        test, where = test_of(path), f"FILTER (WHERE path = {literal(path)})"
        numbers_of = {
            "is_usable": "usable",
            "low": "low",
            "high": "high",
            "gap": "gap",
            "seen": "seen",
            "pointer": "pointer",
        }
        columns |= {f"{test}__{name}": f"any_value({of}) {where}" for name, of in numbers_of.items()}
        readings_of = {"": "reading", "_gap": "reading_gap", "_doubt": "reading_doubt", "_seen": "reading_seen"}
        columns |= {f"{test}__reading{name}": f"any_value({of}) {where}" for name, of in readings_of.items()}
    return columns
