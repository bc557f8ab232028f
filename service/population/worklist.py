"""Patients with a raised critical flag, from a screening into the worklist: each once under the same rules.

However often it is run, and wherever it was killed: each patient is kept under a key of their own, in one transaction.
"""

import hashlib
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from schemas.problem import Refused
from schemas.review import Actor
from service.population.screened import FLAGS, MEMORY, reading
from service.store.database import StoreUnavailable
from service.wiring.reviewing import REUSED, Reviewing

CRITICAL = "critical"
CRITICALS = """
SELECT DISTINCT patient FROM read_parquet($files) WHERE outcome = 'raised' AND severity = 'critical' ORDER BY patient"""
POSTED, ALREADY_THERE, REFUSED = "posted", "already_there", "refused"
# Others may write meanwhile, and a database that is busy now is free in a moment.
TRIES = 10
Chart = tuple[str, bytes, str]


@dataclass(frozen=True, slots=True)
class Posted:
    """How many patients were put into the worklist, were there already, and have a record that is refused."""

    posted: int = 0
    already_there: int = 0
    refused: int = 0


def critical_patients(folder: Path, memory_limit: str = MEMORY) -> Iterator[str]:
    """Yield the patients of a screening for whom a critical flag was raised, in order, each once."""
    with reading(folder, memory_limit) as screened:
        for row in screened.rows(CRITICALS, FLAGS):
            yield str(row[0])


def post_criticals(charts: Iterable[Chart], reviews: Reviewing, tenant: str, now: datetime) -> Posted:
    """Keep each chart (patient, body, kind: fhir or profile) as an advisory for review; return what became of them.

    Each is evaluated as of the day of `now`, as any request is. A patient for whom the same rules raised a critical
    flag in an advisory that is kept is there already, and so is one who was posted before. Raise StoreUnavailable where
    nothing can be kept; what was kept until then stays.
    """
    counts = {POSTED: 0, ALREADY_THERE: 0, REFUSED: 0}
    actor = Actor(name="screening", role="integration", tenant=tenant)
    for chart in charts:
        counts[_patiently(chart, reviews, actor, now)] += 1
    return Posted(**counts)


def _patiently(chart: Chart, reviews: Reviewing, actor: Actor, now: datetime) -> str:
    """Post a chart; wait where somebody else writes just now."""
    for _ in range(TRIES - 1):
        try:
            return _post(chart, reviews, actor, now)
        except StoreUnavailable as busy:
            if not busy.is_locked:
                raise
            time.sleep(busy.retry_after)
    return _post(chart, reviews, actor, now)


def _post(chart: Chart, reviews: Reviewing, actor: Actor, now: datetime) -> str:
    patient, body, kind = chart
    if reviews.was_raised(actor.tenant, patient, CRITICAL):
        return ALREADY_THERE
    try:
        kept = reviews.keep(body, kind=kind, actor=actor, now=now, key=_key(patient, reviews.pack_sha256))
    except Refused as refused:
        return ALREADY_THERE if REUSED in refused.problems else REFUSED
    return POSTED if kept.is_new else ALREADY_THERE


def _key(patient: str, pack_sha256: str) -> str:
    """Return the idempotency key of a patient under some rules; the id itself has no place among keys."""
    return f"screening:{pack_sha256}:{hashlib.sha256(patient.encode('utf-8')).hexdigest()}"
