"""The tables that the query reads, with their columns and types, in words that DuckDB and Spark share.

`said` has one row per patient, numbered by `pid`; the others any number. `pointer` and `source` are as they stand
inside the quotes of JSON. Of the dictionary: `meaning` and `hit` say what an entry means, `measure` what a value means.
"""

from collections.abc import Mapping

from service.facts.in_sql.formed import words_of
from service.facts.in_sql.matches import GAP, UNCLEAR
from service.facts.in_sql.matches import HIT as YES

INT, BIG, TEXT, YES_NO, NUMBER, REAL = "INT", "BIGINT", "STRING", "BOOLEAN", "DECIMAL(18,4)", "DOUBLE"

Columns = Mapping[str, str]
WAYS = (YES, GAP, UNCLEAR)

SAID: Columns = {
    "pid": INT, "sex": TEXT, "age": INT, "born": TEXT, "pregnant": YES_NO, "breastfeeding": YES_NO,
    "dialysis": YES_NO, "acute_kidney_injury": YES_NO, "stage": TEXT, "magnesium_rich_foods": TEXT,
    "conditions": YES_NO, "medications": YES_NO, "supplements": YES_NO, "signs": YES_NO, "foods": YES_NO,
}  # fmt: skip
ENTRY: Columns = {"pid": INT, "list": TEXT, "ord": BIG, "meaning": INT, "pointer": TEXT, "source": TEXT}
LEFT_OPEN: Columns = {"pid": INT, "member": TEXT, "ord": BIG, "reason": TEXT, "text": TEXT}
RESULT: Columns = {
    "pid": INT, "path": TEXT, "ord": BIG, "measure": INT, "pointer": TEXT, "source": TEXT, "day": TEXT,
    "doubt_reason": TEXT, "doubt_detail": TEXT,
}  # fmt: skip
HIT: Columns = {
    "meaning": INT, "fact": INT, "what": TEXT, "place": INT, "concept": TEXT, "prefix": TEXT, "head": TEXT,
    "tail": TEXT,
}  # fmt: skip
MEASURE: Columns = {
    "measure": INT, "path": TEXT, "number": REAL, "same": INT, "comparator": TEXT, "reading": TEXT, "says_less": YES_NO,
    "exact": REAL, "fine": REAL, "low": NUMBER, "high": NUMBER, "is_usable": YES_NO, "gap_reason": TEXT,
    "gap_part": TEXT, "gap_detail": TEXT, "head": TEXT, "middle": TEXT, "tail": TEXT, "reading_head": TEXT,
    "reading_tail": TEXT,
}  # fmt: skip
RECORDED: Mapping[str, Columns] = {"said": SAID, "entry": ENTRY, "left_open": LEFT_OPEN, "result": RESULT}


def dictionary_tables(facts: int) -> Mapping[str, Columns]:
    """Return the tables of a dictionary over so many facts: each entry's meaning has words of bits, a bit per fact."""
    words = {name: BIG for what in WAYS for name in words_of(facts, what)}
    meaning: Columns = {"meaning": INT, "recognised": YES_NO, **words}
    return {"meaning": meaning, "hit": HIT, "measure": MEASURE}
