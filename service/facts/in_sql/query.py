"""The query that derives all facts of many patients: what is gathered of each patient first, then fact by fact."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from service.facts.deriving import DIALYSIS, procedure_classes
from service.facts.filtration import MEMBERS
from service.facts.in_sql import kidneys, lists, results, values
from service.facts.in_sql.columns import GAPS, SEEN, UNKNOWN, column_of, columns_of
from service.facts.in_sql.formed import AT, LISTS, Declared, Formed, NoSqlForm, words_of
from service.facts.in_sql.matches import GAP, HIT, LISTED, UNCLEAR, lists_of
from service.facts.in_sql.rows import PATHS
from service.facts.in_sql.tables import WAYS
from service.facts.in_sql.texts import plain_gap
from service.facts.in_sql.words import MARK, cases, literal, prefix_of, source_json
from service.facts.model import NOT_SUPPLIED, UNRECOGNISED, Gap
from service.knowledge.model import FactDeclaration, Pack

KINDS = {**lists.KINDS, **values.KINDS, **kidneys.KINDS}
# Of single tests, and of kidney filtration: these look at what was gathered of results.
OF_RESULTS = ("result", "result_flag", "filtration")
# No place in a list is so far: the entries of a fact's second list come after those of its first.
FAR = 10**15
UNKNOWN_ENTRY = '","detail":"This entry was not recognised."}'


@dataclass(frozen=True)
class FactsQuery:
    """The queries by name, in the order in which they rest on each other; the last is `facts`; and each fact's form."""

    ctes: Mapping[str, str]
    formed: Mapping[str, Formed]

    def sql(self, select: str) -> str:
        """Return the whole as one query in DuckDB's dialect; what several others read is computed once."""
        texts = [*self.ctes.values(), select]
        readers = {name: sum(bool(re.search(rf"\b(FROM|JOIN) {name}\b", text)) for text in texts) for name in self.ctes}
        kept = {name: "MATERIALIZED" if count > 1 else "NOT MATERIALIZED" for name, count in readers.items()}
        named = ",\n".join(f"{name} AS {kept[name]} ({query})" for name, query in self.ctes.items())
        return f"WITH {named}\n{select}"


def facts_query(
    pack: Pack, as_of: date, wanted: Iterable[str] | None = None, keys: Sequence[str] = ("pid",)
) -> FactsQuery:
    """Return the query of the wanted facts (all, unless said) on the day `as_of`; raise NoSqlForm for a kind without.

    `facts` has the columns `keys` of `derived`, and those of each fact.
    """
    declared = {each.fact.id: each for each in _declared(pack, _needed(pack, wanted))}
    formed = {name: _form(each) for name, each in declared.items()}
    of_results = [name for name, each in declared.items() if each.fact.kind in OF_RESULTS]
    filtration = next((declared[name].fact for name in of_results if declared[name].fact.kind == "filtration"), None)
    ctes = {
        **_of_lists(len(pack.facts)), **_of_openness(),
        "recorded": _recorded(as_of),
        "reasoned": _with_helpers("recorded", formed.values()),
        "person_facts": _with_columns("reasoned", [form for name, form in formed.items() if name not in of_results]),
        **results.ctes(pack, as_of), "numbers": results.numbers(), "readings": results.readings(),
        "tests": _tests(pack), **(kidneys.ctes(filtration, pack) if filtration else {}),
        "measured": _measured(filtration is not None),
        "derived": _with_columns("measured", [formed[name] for name in of_results]),
        "facts": _told(keys, list(declared.values()), formed),
    }  # fmt: skip
    return FactsQuery(ctes, formed)


def _needed(pack: Pack, wanted: Iterable[str] | None) -> set[str]:
    """Return the wanted facts with those that they look at."""
    needed = set(pack.facts) if wanted is None else set(wanted)
    for fact in [pack.facts[name] for name in needed]:
        if fact.kind == "filtration":
            needed |= {"patient.age", *fact.given.get("not_valid_with", ())}
    return needed


def _declared(pack: Pack, needed: set[str]) -> list[Declared]:
    elsewhere = {"procedures": procedure_classes(pack), "dialysis": _classes(pack, DIALYSIS)}
    return [
        Declared(fact, number, tuple(name for name, asked in elsewhere.items() if _asks(fact, asked)))
        for number, fact in enumerate(pack.facts.values())
        if fact.id in needed
    ]


def _classes(pack: Pack, concept: str) -> frozenset[str]:
    found = pack.vocabulary.concepts.get(concept)
    return found.classes if found else frozenset()


def _asks(fact: FactDeclaration, asked: frozenset[str]) -> bool:
    is_listed = fact.kind in LISTED and "conditions" in lists_of(fact)
    return is_listed and not asked.isdisjoint(fact.given.get("concept", ()))


def _form(declared: Declared) -> Formed:
    form = KINDS.get(declared.fact.kind)
    if form is None:
        raise NoSqlForm(f"The kind `{declared.fact.kind}` of {declared.fact.id} has no form in SQL.")
    return form(declared)


def _of_lists(facts: int) -> dict[str, str]:
    """Return the queries that gather the entries of each patient that bear on facts."""
    shown = f'h.head || e.pointer || \'","source":\' || {source_json("e")} || h.tail'
    mark = literal(MARK)
    words = "".join(f", bit_or(m.{name}) AS {name}" for what in WAYS for name in words_of(facts, what))
    return {
        "answered": f"SELECT e.pid{words} FROM entry e JOIN meaning m ON m.meaning = e.meaning GROUP BY e.pid",
        "matched": f"""
            SELECT e.pid, h.fact, h.what, h.place * {FAR} + e.ord AS seq, h.place, h.concept, h.prefix,
              CASE WHEN h.what = '{HIT}' THEN h.prefix || {shown} ELSE h.head || e.pointer || h.tail END AS text
            FROM entry e JOIN hit h ON h.meaning = e.meaning""",
        "bearing": f"""
            SELECT pid, fact, what, place, seq, prefix, text FROM matched WHERE concept IS NULL
            UNION ALL
            SELECT pid, fact, '{HIT}', 0, min(seq), prefix, arg_max(text, seq) FROM matched WHERE concept IS NOT NULL
            GROUP BY pid, fact, concept, prefix""",
        "by_fact": f"""
            SELECT pid, fact, seen, hits, gap0, gap1,
              CASE WHEN gap IS NOT NULL THEN replace(named(gap, {mark}), {mark}, prefix) END AS gap,
              CASE WHEN unclear IS NOT NULL THEN replace(named(unclear, {mark}), {mark}, prefix) END AS unclear
            FROM (
              SELECT pid, fact, prefix, string_agg(text, ',' ORDER BY seq) FILTER (WHERE what = '{HIT}') AS seen,
                count(*) FILTER (WHERE what = '{HIT}') AS hits,
                array_agg(text ORDER BY seq) FILTER (WHERE what = '{GAP}') AS gap,
                array_agg(text ORDER BY seq) FILTER (WHERE what = '{GAP}' AND place = 0) AS gap0,
                array_agg(text ORDER BY seq) FILTER (WHERE what = '{GAP}' AND place = 1) AS gap1,
                array_agg(text ORDER BY seq) FILTER (WHERE what = '{UNCLEAR}') AS unclear
              FROM bearing GROUP BY pid, fact, prefix) AS grouped""",
        "gathered": """
            SELECT pid, map_from_entries(array_agg((fact, {'seen': seen, 'hits': hits, 'gap': gap, 'gap0': gap0,
              'gap1': gap1, 'unclear': unclear}))) AS told
            FROM by_fact GROUP BY pid""",
    }


def _of_openness() -> dict[str, str]:
    """Return the queries that gather what is open about lists, and which tests there are results of."""
    return {
        "opened_members": """
            SELECT pid, member, array_agg(text ORDER BY ord) AS texts FROM left_open GROUP BY pid, member""",
        "opened_lists": _pivoted("opened_members", "member", _members(), "texts"),
        "unknown_entries": f"""
            SELECT e.pid, e.list, array_agg('"reason":"{UNRECOGNISED}","at":"' || e.pointer || {literal(UNKNOWN_ENTRY)}
              ORDER BY e.ord) AS texts
            FROM entry e JOIN meaning m ON m.meaning = e.meaning WHERE NOT m.recognised GROUP BY e.pid, e.list""",
        "unknown_lists": _pivoted("unknown_entries", "list", {f"unknown_{name}": name for name in LISTS}, "texts"),
        "supplied_tests": f"SELECT pid{_supplied()} FROM result GROUP BY pid",
    }


def _supplied() -> str:
    tests = (path for path in PATHS if path not in MEMBERS)
    return "".join(
        f", CASE WHEN bool_or(path = {literal(path)}) THEN TRUE END AS has_{path.replace('.', '__')}" for path in tests
    )


def _members() -> dict[str, str]:
    """Return, by the name of the column, the members of a profile that may be left open."""
    named = {f"said_open_{name}": AT[name][1:].replace("/", ".") for name in LISTS}
    others = ("procedures", "dialysis", "patient.birth_date", *(path for path in PATHS if path not in MEMBERS))
    return named | {f"open_{name.replace('.', '__')}": name for name in others}


def _pivoted(source: str, by: str, columns: Mapping[str, str], value: str) -> str:
    each = "".join(
        f", any_value({value}) FILTER (WHERE {by} = {literal(key)}) AS {name}" for name, key in columns.items()
    )
    return f"SELECT pid{each} FROM {source} GROUP BY pid"


def _recorded(as_of: date) -> str:
    """Return the query of one row per patient: what is said, what is open of each list, and what was gathered."""
    opened = [
        (name, cases(
            [(f"said_open_{name} IS NOT NULL", f"said_open_{name}"), (f"NOT given_{name}", f"[{_not_given(name)}]")]
        ))
        for name in LISTS
    ]  # fmt: skip
    given = ", ".join(f"s.{name} AS given_{name}" for name in LISTS)
    open_columns = ", ".join(f"{query} AS open_{name}" for name, query in opened)
    gaps = ", ".join(f"all_of(open_{name}, unknown_{name}, NULL, NULL) AS gaps_{name}" for name in LISTS)
    gaps += ", all_of(open_procedures, open_dialysis, NULL, NULL) AS open_procedures_dialysis"
    gaps += ", all_of(open_supplements, open_medications, NULL, NULL) AS open_products"
    texts = [*(f"gaps_{name}" for name in LISTS), "open_procedures", "open_dialysis", "open_procedures_dialysis"]
    shared = ", ".join(f"named({name}, {literal(MARK)}) AS {name}_text" for name in texts)
    shared += "".join(f", prefixed(open_{name}, {literal(MARK)}) AS open_{name}_text" for name in LISTS)
    this_year = "CAST(substr(born, 6) AS STRING) > " + literal(f"{as_of:%m-%d}")
    years = f"{as_of.year} - CAST(substr(born, 1, 4) AS INT) - CASE WHEN {this_year} THEN 1 ELSE 0 END"
    return f"""
        SELECT *, {shared} FROM (
        SELECT *, {gaps} FROM (
          SELECT *, {open_columns}, CASE WHEN born IS NOT NULL THEN {years} END AS years FROM (
            SELECT s.* EXCLUDE ({", ".join(LISTS)}), {given}, a.* EXCLUDE (pid), g.told, o.* EXCLUDE (pid),
              u.* EXCLUDE (pid), h.* EXCLUDE (pid)
            FROM said s LEFT JOIN answered a ON a.pid = s.pid LEFT JOIN gathered g ON g.pid = s.pid
            LEFT JOIN opened_lists o ON o.pid = s.pid
            LEFT JOIN unknown_lists u ON u.pid = s.pid LEFT JOIN supplied_tests h ON h.pid = s.pid
          ) AS joined) AS opened) AS shared"""


def _not_given(name: str) -> str:
    gap = Gap(NOT_SUPPLIED, AT[name], f"The list of {name} was not supplied.")
    return literal(plain_gap(gap))


def _told(keys: Sequence[str], declared: Sequence[Declared], formed: Mapping[str, Formed]) -> str:
    """Return the query of what each fact is, with what it shows: nothing else is needed of a patient any more."""
    columns = list(keys)
    for each in declared:
        name, form = each.fact.id, formed[each.fact.id]
        columns += columns_of(each.fact)
        columns += [f"{form.seen} AS {column_of(name, SEEN)}", f"{form.gaps} AS {column_of(name, GAPS)}"]
    unknown = "".join(f",\n  {_not_known(each.fact.id)} AS {column_of(each.fact.id, UNKNOWN)}" for each in declared)
    listed = ",\n  ".join(columns)
    return f"SELECT *{unknown}\nFROM (SELECT {listed}\nFROM derived) AS told"


def _not_known(fact: str) -> str:
    """Return that a fact is not known as something seen, from the first of its gaps."""
    gaps = column_of(fact, GAPS)
    reason = f"replace(regexp_extract({gaps}, '\"reason\":\"([^\"]*)\"', 1), '_', ' ')"
    place = f'regexp_extract({gaps}, \'"at":("[^"]*")\', 1)'
    head, tail = f'{prefix_of(fact)}"value":null,"unit":null,"date":null,"at":', ',"source":null,"origin":"not known: '
    return f"{literal(head)} || {place} || {literal(tail)} || {reason} || '\"}}'"


def _with_helpers(source: str, formed: Iterable[Formed]) -> str:
    columns = "".join(f",\n  {query} AS {name}" for form in formed for name, query in form.helpers.items())
    return f"SELECT *{columns}\nFROM {source}"


def _with_columns(source: str, formed: Iterable[Formed]) -> str:
    columns = "".join(f",\n  {query} AS {name}" for form in formed for name, query in form.columns.items())
    return f"SELECT *{columns}\nFROM {source}"


def _tests(pack: Pack) -> str:
    each = "".join(f",\n  {query} AS {name}" for name, query in results.gathered(pack).items())
    return f"""
        SELECT pid{each} FROM (
          SELECT pid, path, usable, low, high, gap, seen, pointer, NULL AS reading, NULL AS reading_gap,
            NULL AS reading_doubt, NULL AS reading_seen FROM numbers
          UNION ALL
          SELECT pid, path, NULL, NULL, NULL, NULL, NULL, NULL, reading, reading_gap, reading_doubt, reading_seen
          FROM readings) AS both_kinds
        GROUP BY pid"""


def _measured(with_filtration: bool) -> str:
    joined = " LEFT JOIN filtrated f ON f.pid = p.pid" if with_filtration else ""
    names = ("known", "least", "high", "is_open", "seen", "gaps")
    columns = "".join(f", f.{name} AS filtrated__{name}" for name in names) if with_filtration else ""
    return f"SELECT p.*, t.* EXCLUDE (pid){columns} FROM person_facts p LEFT JOIN tests t ON t.pid = p.pid{joined}"
