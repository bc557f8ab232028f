"""Compares what was reported of cards with its events. Old reports are forgotten with their cards; the events stay."""

import json
from collections.abc import Iterator
from typing import Any

from sqlalchemy import Connection, Row, Select, select

from schemas.review import REPORTED
from service.store.advisory_tables import EVENTS
from service.store.feedback import report_of
from service.store.tables import FEEDBACK

__all__ = ["feedback_faults"]

EVENTS_AT_ONCE, REPORTS_AT_ONCE = 100, 500
# What reading damaged rows may raise. Whatever it is, such a row is not what its writer wrote.
UNREADABLE = (AttributeError, KeyError, TypeError, ValueError)


def feedback_faults(connection: Connection) -> Iterator[str]:
    """Yield a sentence for each event of which a report was changed."""
    seq = 0
    while batch := connection.execute(_after(seq)).all():
        for event in batch:
            try:
                is_whole = _is_whole(connection, event)
            except UNREADABLE:
                is_whole = False
            if not is_whole:
                yield f"What event {event.seq} says of cards is not what is counted."
        seq = batch[-1].seq


def _after(seq: int) -> Select[*tuple[Any, ...]]:
    columns = EVENTS.c.seq, EVENTS.c.tenant, EVENTS.c.actor, EVENTS.c.body
    later = (EVENTS.c.kind == REPORTED, EVENTS.c.seq > seq)
    return select(*columns).where(*later).order_by(EVENTS.c.seq).limit(EVENTS_AT_ONCE)


def _is_whole(connection: Connection, event: Row[*tuple[Any, ...]]) -> bool:
    """Compare an event with those of its reports that are still there."""
    reports = {each["fingerprint"]: each for each in json.loads(event.body)["reports"]}
    names = list(reports)
    for start in range(0, len(names), REPORTS_AT_ONCE):
        some = names[start : start + REPORTS_AT_ONCE]
        for row in connection.execute(select(FEEDBACK).where(FEEDBACK.c.fingerprint.in_(some))):
            whose = (row.tenant, row.client) == (event.tenant, event.actor)
            if not whose or report_of(row._mapping) != reports[row.fingerprint]:
                return False
    return True
