"""From a screening into the worklist: everybody with a raised critical flag, as an advisory to review."""

import os
from datetime import datetime
from pathlib import Path

from service.knowledge.load import load_pack
from service.population.charts_of import charts_of
from service.population.inputs import find_input
from service.population.request import Request
from service.population.worklist import Posted, critical_patients, post_criticals
from service.presenters.passages import Passages
from service.store.database import StoreUnavailable, database_url
from service.wiring.answering import Answering
from service.wiring.kept import open_kept
from service.wiring.reviewing import open_reviews


class NoDatabase(Exception):
    """The database of MAGFLAG_DATABASE_URL cannot be used; the message says why."""


def to_worklist(request: Request, rules: Path | None, tenant: str, now: datetime) -> Posted:
    """Keep the patients of a finished screening; raise NoDatabase where nothing can be kept."""
    patients = list(critical_patients(request.out, request.memory_limit))
    charts = charts_of(find_input(request.given), patients, request.as_of or request.today, request.memory_limit)
    try:
        store = open_kept(database_url(os.environ)).advisories
        reviews = open_reviews(store, Answering(load_pack(rules), Passages(None)))
        return post_criticals(charts, reviews, tenant, now)
    except StoreUnavailable as unavailable:
        raise NoDatabase(str(unavailable)) from None
