"""From a screening into the worklist: each patient once under the same rules, however often it is run or killed."""

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from schemas.review import Kept, Wanted
from service.knowledge.load import load_pack
from service.population.worklist import Posted, critical_patients, post_criticals
from service.presenters.passages import Passages
from service.store.advisories import AdvisoryStore
from service.store.database import StoreUnavailable
from service.wiring.answering import FHIR, PROFILE, Answering
from service.wiring.reviewing import Reviewing, open_reviews
from tests.screening import flag, missing, screening
from tests.store.made import ANN, KIDNEY, NOW, keep

EXAMPLES = Path(__file__).parents[2] / "examples"
RECORD = ("p-17", (EXAMPLES / "fhir" / "ckd-g4-oxide.bundle.json").read_bytes(), FHIR)
OWN = ("example-ckd", (EXAMPLES / "ckd-g4-oxide.json").read_bytes(), PROFILE)
UNREADABLE = ("p-18", b'{"resourceType": "Bundle", ', FHIR)
LOCKED = "another program has locked it"


@pytest.fixture(scope="module")
def answering() -> Answering:
    return Answering(load_pack(), Passages(None))


@pytest.fixture
def reviews(store: AdvisoryStore, answering: Answering) -> Reviewing:
    return open_reviews(store, answering)


def patients(store: AdvisoryStore, tenant: str = "general") -> list[str]:
    return sorted(line.patient or "" for line in store.worklist(tenant, Wanted()).items)


def test_what_was_raised_is_known_by_patient_rules_and_severity(store: AdvisoryStore) -> None:
    keep(store, patient="p-1")
    keep(store, patient="p-2", told=((KIDNEY, "cannot_say", "critical"), (KIDNEY + "-too", "raised", "warning")))
    assert store.was_raised("general", "p-1", "a" * 64, "critical")
    assert not store.was_raised("general", "P-1", "a" * 64, "critical")
    assert not store.was_raised("general", "p-1", "b" * 64, "critical")
    assert not store.was_raised("general", "p-1", "a" * 64, "warning")
    assert not store.was_raised("general", "p-2", "a" * 64, "critical")


def test_what_was_raised_is_known_after_it_was_signed_and_after_it_was_superseded(store: AdvisoryStore) -> None:
    keep(store, patient="p-1", told=((KIDNEY, "raised", "critical"),))
    keep(store, patient="p-1", told=())
    assert store.was_raised("general", "p-1", "a" * 64, "critical")


def test_charts_are_posted_once_however_often(reviews: Reviewing, store: AdvisoryStore) -> None:
    charts = [RECORD, OWN, RECORD]
    assert post_criticals(charts, reviews, "general", NOW) == Posted(posted=2, already_there=1)
    assert post_criticals(charts, reviews, "general", NOW) == Posted(already_there=3)
    assert patients(store) == ["example-ckd", "p-17"]
    line = store.worklist("general", Wanted()).items[0]
    assert (line.status, line.worst, line.pack_sha256) == ("open", "critical", reviews.pack_sha256)
    assert store.events("general", line.id)[0].by == "screening"


def test_another_tenant_has_patients_of_its_own(reviews: Reviewing, store: AdvisoryStore) -> None:
    post_criticals([RECORD], reviews, "general", NOW)
    assert post_criticals([RECORD], reviews, "other", NOW) == Posted(posted=1)
    assert patients(store, "other") == ["p-17"]


def test_a_chart_that_has_changed_is_the_same_patient_under_the_same_rules(reviews: Reviewing) -> None:
    profile: dict[str, Any] = json.loads(OWN[1])
    for changed in (profile | {"signs": []}, profile | {"kidney": {}, "conditions": []}):
        body = json.dumps(changed).encode()
        post_criticals([OWN], reviews, "general", NOW)
        assert post_criticals([(OWN[0], body, PROFILE)], reviews, "general", NOW) == Posted(already_there=1)


def test_one_without_a_critical_flag_today_is_not_posted_again_either(reviews: Reviewing, store: AdvisoryStore) -> None:
    calm = ("p-1", b'{"patient": {"id": "p-1"}}', PROFILE)
    other = ("p-1", b'{"patient": {"id": "p-1"}, "signs": []}', PROFILE)
    assert post_criticals([calm], reviews, "general", NOW) == Posted(posted=1)
    assert post_criticals([calm, other], reviews, "general", NOW) == Posted(already_there=2)
    assert patients(store) == ["p-1"]


def test_an_advisory_of_somebody_else_counts_only_if_it_raised_what_is_critical(
    reviews: Reviewing, store: AdvisoryStore
) -> None:
    reviews.keep(b'{"patient": {"id": "example-ckd"}}', kind=PROFILE, actor=ANN, now=NOW)
    assert post_criticals([OWN], reviews, "general", NOW) == Posted(posted=1)
    reviews.keep(RECORD[1], kind=FHIR, actor=ANN, now=NOW)
    assert post_criticals([RECORD], reviews, "general", NOW) == Posted(already_there=1)
    assert len(store.worklist("general", Wanted(status=None)).items) == 3


def test_a_record_that_is_refused_is_counted_and_the_others_are_posted(reviews: Reviewing) -> None:
    assert post_criticals([UNREADABLE, RECORD], reviews, "general", NOW) == Posted(posted=1, refused=1)


def test_after_a_crash_the_rest_is_posted(reviews: Reviewing, store: AdvisoryStore) -> None:
    def dying() -> Iterator[tuple[str, bytes, str]]:
        yield RECORD
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        post_criticals(dying(), reviews, "general", NOW)
    assert post_criticals([RECORD, OWN], reviews, "general", NOW) == Posted(posted=1, already_there=1)
    assert patients(store) == ["example-ckd", "p-17"]


class Busy(Reviewing):
    """Cannot keep anything the first times."""

    times, reason = 2, LOCKED

    def keep(self, body: bytes, **given: Any) -> Kept:
        if self.times:
            self.times -= 1
            raise StoreUnavailable(self.reason)
        return super().keep(body, **given)


@pytest.fixture
def busy(store: AdvisoryStore, answering: Answering, reviews: Reviewing, monkeypatch: pytest.MonkeyPatch) -> Busy:
    monkeypatch.setattr(time, "sleep", lambda _: None)
    return Busy(store, reviews._packs)


def test_while_somebody_else_writes_it_waits(busy: Busy) -> None:
    assert post_criticals([RECORD], busy, "general", NOW) == Posted(posted=1)


@pytest.mark.parametrize(("times", "reason"), [(1, "the disk is full"), (1000, LOCKED)])
def test_a_database_that_stays_away_is_said(busy: Busy, times: int, reason: str) -> None:
    busy.times, busy.reason = times, reason
    with pytest.raises(StoreUnavailable, match=reason):
        post_criticals([RECORD], busy, "general", NOW)


def test_the_patients_are_those_with_a_raised_critical_flag_each_once_in_order(tmp_path: Path) -> None:
    critical, other = "kidney/magnesium-with-impaired-kidney", "reference-conditions/kidney-disease-stage-3"
    dialysis = "reference-conditions/dialysis"
    flags = [
        *(flag(patient, rule) for patient in ("p-3", "p-10", "p-2") for rule in (critical, dialysis)),
        flag("p-4", other), flag("p-5", critical, lacking=[missing("kidney.egfr", "stale")]),
    ]  # fmt: skip
    folder = screening(tmp_path, flags, ["p-6"])
    assert list(critical_patients(folder)) == ["p-10", "p-2", "p-3"]
    assert not list(folder.glob(".*"))
