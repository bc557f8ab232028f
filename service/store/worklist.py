"""The worklist: a tenant's advisories, gravest and newest first, page by page, filtered by what indexes can answer.

A page begins behind the last advisory of the one before it, not at a count: what arrives meanwhile moves nothing.
"""

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterator, Sequence

from sqlalchemy import ColumnElement, Connection, Select, exists, func, or_, select, tuple_, union_all

from schemas.review import OPEN, SIGNED, SUPERSEDED, Page, Wanted
from service.store.advisory_reading import summary_of
from service.store.advisory_tables import ADVISORIES, FLAGS, TOLD
from service.store.derived import kinds_mask, searched

__all__ = ["LARGEST_PAGE", "MOST_COUNTED", "worklist"]

LARGEST_PAGE = 200
# Beyond this a number tells a reader little, and counting takes longer than finding: None says that there are more.
MOST_COUNTED = 1_000
# As many advisories are looked at one by one for a rule, where a name or a time leaves no more.
FEW = 2_000
STATUSES = (OPEN, SIGNED, SUPERSEDED)
# Sorts behind every text with the same beginning.
LAST_CHARACTER = "\U0010ffff"
LARGEST_NUMBER = 2**63
ROW = ADVISORIES.c
Place = tuple[int, int]


def worklist(connection: Connection, tenant: str, wanted: Wanted, cursor: str | None, size: int) -> Page:
    """Return one page; see AdvisoryStore.worklist."""
    size = max(1, min(size, LARGEST_PAGE))
    behind = None if cursor is None else _place(cursor)
    branches = _branches(connection, tenant, wanted)
    if not branches:
        return Page((), None, 0)
    found = connection.execute(_first(branches, behind, size + 1)).all()
    numbers = [number for _, number in found[:size]]
    rows = {row.number: row for row in connection.execute(select(ADVISORIES).where(ROW.number.in_(numbers)))}
    count: int = connection.execute(_count(branches)).scalar_one()
    return Page(
        items=tuple(summary_of(rows[number]) for number in numbers),
        next=_cursor(*found[size - 1]) if len(found) > size else None,
        total=count if count <= MOST_COUNTED else None,
    )


def _branches(connection: Connection, tenant: str, wanted: Wanted) -> list[Select[int, int]]:
    """Return selections of (gravity, number) that together are what is wanted, each in the order of an index.

    A rule's flags are one branch for each way it spoke and each status: as it speaks once in an advisory, nothing is
    found twice. Not a join, nor OR: the databases would have to guess where to begin, and sort what they found.
    """
    mask, conditions = kinds_mask([(wanted.outcome, wanted.severity)]), list(_conditions(tenant, wanted))
    if wanted.rule is None:
        if wanted.outcome or wanted.severity:
            conditions.append(ROW.told_kinds.bitwise_and(mask) != 0)
        return [select(ROW.gravity, ROW.number).where(*conditions)]
    spoke = connection.execute(select(TOLD).where(TOLD.c.tenant == tenant, TOLD.c.rule == wanted.rule)).all()
    told = [row.id for row in spoke if mask & kinds_mask([(row.outcome, row.severity)])]
    flagged, others = select(FLAGS.c.gravity, FLAGS.c.number), []
    if wanted.text or wanted.since or wanted.until:
        few = connection.execute(select(ROW.number).where(*conditions).limit(FEW + 1)).scalars().all()
        if len(few) <= FEW:
            return [flagged.where(FLAGS.c.told.in_(told), FLAGS.c.number.in_(few))]
        # The oldest come last: without this, all others would be looked at before them.
        ends = connection.execute(select(func.min(ROW.number), func.max(ROW.number)).where(*conditions)).one()
        others = [FLAGS.c.number.between(*ends), exists().where(ROW.number == FLAGS.c.number, *conditions)]
    statuses = STATUSES if wanted.status is None else (wanted.status,)
    return [
        flagged.where(FLAGS.c.told == each, FLAGS.c.status == status, *others) for each in told for status in statuses
    ]


def _conditions(tenant: str, wanted: Wanted) -> Iterator[ColumnElement[bool]]:
    yield ROW.tenant == tenant
    if wanted.status is not None:
        yield ROW.status == wanted.status
    if wanted.since is not None:
        yield ROW.created_at >= wanted.since
    if wanted.until is not None:
        yield ROW.created_at < wanted.until
    if text := searched(wanted.text):
        yield or_(*(_begins(column, text) for column in (ROW.patient_searched, ROW.label_searched)))


def _begins(column: ColumnElement[str | None], text: str) -> ColumnElement[bool]:
    """Say that a text begins with another; as a range, because no character in it then means anything else."""
    return (column >= text) & (column < text + LAST_CHARACTER)


def _first(branches: Sequence[Select[int, int]], behind: Place | None, count: int) -> Select[int, int]:
    """Select the first places behind a place; each branch is asked for as many, and the best of all are taken."""
    limited = []
    for branch in branches:
        gravity, number = branch.selected_columns
        ordered = branch.order_by(gravity.desc(), number.desc()).limit(count)
        limited.append(ordered if behind is None else ordered.where(tuple_(gravity, number) < tuple_(*behind)))
    if len(limited) == 1:
        return limited[0]
    joined = union_all(*(select(each.subquery()) for each in limited)).subquery()
    gravity, number = joined.c
    return select(gravity, number).order_by(gravity.desc(), number.desc()).limit(count)


def _count(branches: Sequence[Select[int, int]]) -> Select[int]:
    most = MOST_COUNTED + 1
    joined = union_all(*(select(branch.limit(most).subquery()) for branch in branches)).subquery()
    return select(func.count()).select_from(joined)


def _cursor(gravity: int, number: int) -> str:
    return urlsafe_b64encode(f"{gravity}.{number}".encode("ascii")).decode("ascii").rstrip("=")


def _place(cursor: str) -> Place:
    """Read a cursor; ValueError for a text that is none of ours."""
    try:
        written = urlsafe_b64decode(cursor.encode("ascii") + b"=" * (-len(cursor) % 4)).decode("ascii")
    except ValueError:
        written = ""
    parts = re.fullmatch(r"([0-3])\.([0-9]{1,19})", written, re.ASCII)
    place = (int(parts[1]), int(parts[2])) if parts else None
    if place is None or place[1] >= LARGEST_NUMBER or _cursor(*place) != cursor:
        raise ValueError("This cursor is none of ours.")
    return place
