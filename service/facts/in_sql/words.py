"""Small pieces of SQL that the queries are made of, in DuckDB's dialect (service.population translates it for Spark).

`named`, `prefixed` and `all_of` are functions that each engine is given: see `FUNCTIONS`.
"""

from collections.abc import Iterable

from service.facts.from_lists import MOST_GAPS
from service.facts.in_sql.texts import plain_gap, plain_seen
from service.facts.model import Gap

# Stands in a text for how its objects begin, where many facts share it. JSON writes no such character as it is.
MARK = "\x01"
# The texts of several gaps, each with the name of its fact in front; of very many the first, and how many more.
_MORE = (
    'split_part(texts[{next}], \',"detail":\', 1) || \',"detail":"This and \' || (len(texts) - {next}) '
    "|| ' more entries leave this open.\"}}'"
)
FUNCTIONS = {
    "each_once(texts)": "list_filter(texts, lambda text, place: list_position(texts, text) = place)",
    "prefixed(texts, prefix)": "prefix || array_to_string(each_once(texts), ',' || prefix)",
    "named(texts, prefix)": (
        f"CASE WHEN len(texts) <= {MOST_GAPS} THEN prefixed(texts, prefix) ELSE "
        f"prefixed(list_append(texts[1:{MOST_GAPS}], {_MORE.format(next=MOST_GAPS + 1)}), prefix) END"
    ),
    "all_of(one, two, three, four)": (
        "nullif(list_concat(coalesce(one, []), coalesce(two, []), coalesce(three, []), coalesce(four, [])), [])"
    ),
}


def literal(text: str) -> str:
    """Return a text as SQL."""
    return "'" + text.replace("'", "''") + "'"


def prefix_of(fact: str) -> str:
    """Return how a JSON object of an advisory begins that is about a fact."""
    return f'{{"fact":"{fact}",'


def told_gap(fact: str, gap: Gap) -> str:
    """Return a gap that is known beforehand, whole, as SQL."""
    return literal(prefix_of(fact) + plain_gap(gap))


def told_seen(fact: str, value: object, at: str, origin: str | None = None) -> str:
    """Return something seen that is known beforehand, whole, as SQL."""
    return literal(prefix_of(fact) + plain_seen(value, at, origin))


def source_json(alias: str) -> str:
    """Return the source of a row as JSON."""
    return f"coalesce('\"' || {alias}.source || '\"', 'null')"


def cases(pairs: Iterable[tuple[str, str]], otherwise: str = "NULL") -> str:
    """Return a CASE; `otherwise` alone where there is nothing to choose from."""
    arms = " ".join(f"WHEN {when} THEN {then}" for when, then in pairs)
    return f"CASE {arms} ELSE {otherwise} END" if arms else otherwise
