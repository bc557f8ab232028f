"""The query that derives all facts of many patients: what is gathered of each patient first, then fact by fact."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date

from service.facts.deriving import DIALYSIS, procedure_classes
from service.facts.filtration import MEMBERS
from service.facts.in_sql import kidneys, lists, results, values
from service.facts.in_sql.columns import GAPS, SEEN, UNKNOWN, column_of, columns_of
from service.facts.in_sql.formed import AT, LISTS, Declared, Formed, NoSqlForm, words_of
from service.facts.in_sql.matches import GAP, HIT, LEFT, LISTED, UNCLEAR, lists_of
from service.facts.in_sql.rows import PATHS
from service.facts.in_sql.steps import FactsQuery
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


def facts_query(
    pack: Pack, as_of: date, wanted: Iterable[str] | None = None, keys: Sequence[str] = ("pid",)
) -> FactsQuery:
    """Return the query of the wanted facts (all, unless said) on the day `as_of`; raise NoSqlForm for a kind without.

    `facts` has the columns `keys` of `derived`, and those of each fact.
    """
    declared = {each.fact.id: each for each in _declared(pack, _needed(pack, wanted))}
    formed = {name: _form(each) for name, each in declared.items()}
    of_results = [name for name, each in declared.items() if each.fact.kind in OF_RESULTS]
    of_lists = [form for name, form in formed.items() if name not in of_results]
    filtration = next((declared[name].fact for name in of_results if declared[name].fact.kind == "filtration"), None)
    ctes = {
        **_of_lists(len(pack.facts)), **_of_openness(), "joined": _joined(), **results.ctes(pack, as_of),
        "numbers": results.numbers(), "readings": results.readings(), "tests": _tests(pack),
        **(_of_kidneys(filtration, pack, as_of, formed) if filtration else {}),
        "gathered": _gathered(filtration is not None, keys),
        "listed": _of_rows("gathered", as_of, of_lists),
        "derived": _with_columns("listed", [formed[name] for name in of_results]),
        "facts": _told(keys, list(declared.values()), formed),
    }  # fmt: skip
    return FactsQuery(ctes, formed)


def _of_kidneys(filtration: FactDeclaration, pack: Pack, as_of: date, formed: Mapping[str, Formed]) -> dict[str, str]:
    """Return the queries of kidney filtration, with those facts of each patient that its equation looks at."""
    looked_at = [formed[name] for name in _looked_at(filtration)]
    return {"person_facts": _of_rows("joined", as_of, looked_at), **kidneys.ctes(filtration, pack)}


def _looked_at(filtration: FactDeclaration) -> set[str]:
    return {"patient.age", *filtration.given.get("not_valid_with", ())}


def _of_rows(source: str, as_of: date, formed: Sequence[Formed]) -> str:
    """Return the query of facts made of the lists and words in the rows of `source`."""
    recorded = f"({_recorded(source, as_of)}) AS recorded"
    return _with_columns(f"({_with_helpers(recorded, formed)}) AS reasoned", formed)


def _needed(pack: Pack, wanted: Iterable[str] | None) -> set[str]:
    """Return the wanted facts with those that they look at."""
    needed = set(pack.facts) if wanted is None else set(wanted)
    for fact in [pack.facts[name] for name in needed]:
        if fact.kind == "filtration":
            needed |= _looked_at(fact)
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
    answered = f"SELECT e.pid{words} FROM entry e JOIN meaning m ON m.meaning = e.meaning GROUP BY e.pid"
    return {
        "answered": f"SELECT *{_before(facts)} FROM (SELECT *{_left(facts)} FROM ({answered}) AS bits) AS words",
        "matched": f"""
            SELECT e.pid, h.fact, h.what, h.place * {FAR} + e.ord AS seq, h.place, h.concept, h.prefix,
              CASE WHEN h.what = '{HIT}' THEN h.prefix || {shown} ELSE h.head || e.pointer || h.tail END AS text
            FROM entry e JOIN hit h ON h.meaning = e.meaning""",
        "bearing": f"""
            SELECT pid, fact, what, place, seq, prefix, text FROM matched WHERE concept IS NULL
            UNION ALL
            SELECT pid, fact, '{HIT}', 0, min(seq), prefix, arg_max(text, seq) FROM matched WHERE concept IS NOT NULL
            GROUP BY pid, fact, concept, prefix""",
        "seen_of": f"""
            SELECT pid, fact, string_agg(text, ',' ORDER BY seq) AS seen, count(*) AS hits
            FROM bearing WHERE what = '{HIT}' GROUP BY pid, fact""",
        "gaps_of": f"""
            SELECT pid, fact, gap0, gap1,
              CASE WHEN gap IS NOT NULL THEN replace(named(gap, {mark}), {mark}, prefix) END AS gap,
              CASE WHEN unclear IS NOT NULL THEN replace(named(unclear, {mark}), {mark}, prefix) END AS unclear
            FROM (
              SELECT pid, fact, prefix, array_agg(text ORDER BY seq) FILTER (WHERE what = '{GAP}') AS gap,
                array_agg(text ORDER BY seq) FILTER (WHERE what = '{GAP}' AND place = 0) AS gap0,
                array_agg(text ORDER BY seq) FILTER (WHERE what = '{GAP}' AND place = 1) AS gap1,
                array_agg(text ORDER BY seq) FILTER (WHERE what = '{UNCLEAR}') AS unclear
              FROM bearing WHERE what <> '{HIT}' GROUP BY pid, fact, prefix) AS grouped""",
        "answers": """
            SELECT pid, array_agg(seen ORDER BY fact) AS told, array_agg(hits ORDER BY fact) AS counts
            FROM seen_of GROUP BY pid""",
        "doubts": """
            SELECT pid, array_agg({'gap': gap, 'gap0': gap0, 'gap1': gap1, 'unclear': unclear} ORDER BY fact) AS doubted
            FROM gaps_of GROUP BY pid""",
    }


def _left(facts: int) -> str:
    """Return the words of bits of the facts that entries leave open, in whichever way."""
    pairs = zip(words_of(facts, GAP), words_of(facts, UNCLEAR), words_of(facts, LEFT), strict=True)
    return "".join(f", {gap} | {unclear} AS {name}" for gap, unclear, name in pairs)


def _before(facts: int) -> str:
    """Return, for each word of bits, how many are set in the words before it."""
    columns = ""
    for what in (HIT, LEFT):
        counts = [f"bit_count({name})" for name in words_of(facts, what)]
        before = (" + ".join(["0", *counts[:place]]) for place in range(len(counts)))
        columns += "".join(f", {sum_} AS {what}_before{place}" for place, sum_ in enumerate(before))
    return columns


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


def _joined() -> str:
    """Return the query of one row per patient: what is said, and what was gathered of the lists."""
    given = ", ".join(f"s.{name} AS given_{name}" for name in LISTS)
    return f"""
        SELECT s.* EXCLUDE ({", ".join(LISTS)}), {given}, a.* EXCLUDE (pid), t.told, t.counts, d.doubted,
          o.* EXCLUDE (pid), u.* EXCLUDE (pid), h.* EXCLUDE (pid)
        FROM said s LEFT JOIN answered a ON a.pid = s.pid LEFT JOIN answers t ON t.pid = s.pid
        LEFT JOIN doubts d ON d.pid = s.pid LEFT JOIN opened_lists o ON o.pid = s.pid
        LEFT JOIN unknown_lists u ON u.pid = s.pid LEFT JOIN supplied_tests h ON h.pid = s.pid"""


def _gathered(with_filtration: bool, keys: Sequence[str]) -> str:
    """Return the query of all that is gathered of each patient."""
    named = [f"p.{key}" for key in keys if key != "pid"]
    names = ("known", "least", "high", "is_open", "seen", "gaps") if with_filtration else ()
    columns = "".join(f", {column}" for column in [*named, *(f"f.{name} AS filtrated__{name}" for name in names)])
    joined = " LEFT JOIN filtrated f ON f.pid = j.pid" if with_filtration else ""
    joined += " JOIN person p ON p.pid = j.pid" if named else ""
    return f"""
        SELECT j.*, t.* EXCLUDE (pid){columns} FROM joined j LEFT JOIN tests t ON t.pid = j.pid{joined}"""


def _recorded(source: str, as_of: date) -> str:
    """Return the query of each row with what is open of each list, and the texts that many facts share."""
    opened = [
        (name, cases(
            [(f"said_open_{name} IS NOT NULL", f"said_open_{name}"), (f"NOT given_{name}", f"[{_not_given(name)}]")]
        ))
        for name in LISTS
    ]  # fmt: skip
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
          SELECT *, {open_columns}, CASE WHEN born IS NOT NULL THEN {years} END AS years
          FROM {source}) AS opened) AS shared"""


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
