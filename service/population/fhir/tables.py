"""The tables between reading and deriving: resources, and what their wordings mean."""

from collections.abc import Mapping

from service.facts.in_sql.tables import INT, TEXT, YES_NO, Columns

WORD: Columns = {
    "wording": INT, "unreadable": YES_NO, "expires": YES_NO, "lists_conditions": YES_NO, "lists_medications": YES_NO,
    "lists_supplements": YES_NO, "lists_foods": YES_NO, "sex": TEXT, "born": TEXT,
}  # fmt: skip
WORD_ENTRY: Columns = {"wording": INT, "place": INT, "list": TEXT, "meaning": INT, "ending": TEXT}
WORD_RESULT: Columns = {
    "wording": INT, "place": INT, "path": TEXT, "rank": INT, "measure": INT, "ending": TEXT, "doubt_reason": TEXT,
    "doubt_detail": TEXT,
}  # fmt: skip
WORD_OPEN: Columns = {"wording": INT, "place": INT, "member": TEXT, "reason": TEXT, "text": TEXT}
WORD_MEANT: Columns = {"wording": INT, "place": INT, "pregnant": YES_NO}
WORDINGS: Mapping[str, Columns] = {
    "word": WORD, "word_entry": WORD_ENTRY, "word_result": WORD_RESULT, "word_open": WORD_OPEN,
    "word_meant": WORD_MEANT,
}  # fmt: skip
# What a time means that is written in an odd way: its day, the text that sorts by time, the last day it may mean.
ODD_TIME: Columns = {"time": TEXT, "day": TEXT, "moment": TEXT, "last_day": TEXT}
