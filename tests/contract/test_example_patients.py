"""The made-up patients that `magflag serve --with-examples` keeps."""

import json
from pathlib import Path
from typing import cast

from schemas.review import Wanted
from service.web.ports import Service
from service.wiring.examples import seed_examples
from service.wiring.reviewing import Reviewing
from tests.contract.conftest import NOW
from tests.contract.reviewing import PATIENT


def test_examples_are_kept_once_and_an_edited_one_takes_the_place_of_the_older(
    service: Service, tmp_path: Path
) -> None:
    reviews = cast(Reviewing, service.reviews)
    file = tmp_path / "a-first-look.json"
    file.write_text(json.dumps(PATIENT | {"patient": {"id": "first-look"}}), encoding="utf-8")
    assert [seed_examples(reviews, tmp_path, NOW) for _ in range(2)] == [1, 0]
    file.write_text(json.dumps(PATIENT | {"patient": {"id": "first-look"}, "signs": []}), encoding="utf-8")
    assert seed_examples(reviews, tmp_path, NOW) == 1
    found = reviews.worklist("local", Wanted(status=None, text="example: a first look"), None, 10).items
    assert sorted(each.status for each in found) == ["open", "superseded"]
