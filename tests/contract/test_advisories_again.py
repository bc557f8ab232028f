"""Advisories evaluated again: the same bytes, also with older rules, elsewhere, later; and what changed, by cause."""

import json
import os
import subprocess
import sys
from pathlib import Path
from shutil import copytree, ignore_patterns
from typing import Any

import pytest

from schemas.review_schema import DifferenceSchema, ReplaySchema
from service.knowledge.load import default_folder, load_pack
from service.knowledge.lock import write_lock
from service.wiring.service import Service, build_service
from service.wiring.settings import Settings
from tests.contract.reviewing import BUNDLE, EXAMPLES, LABORATORY, OXIDE, PATIENT, Caller, asking

FHIR = {"Content-Type": "application/fhir+json"}
SAME = {"same": True, "differences": []}
ELSEWHERE = """
import sys
from service.wiring.service import build_service
from service.wiring.settings import Settings
reviews = build_service(Settings(database=sys.argv[1])).reviews
print([reviews.replay("then", known).same for known in sys.argv[2:]])
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("again")


@pytest.fixture(scope="module")
def database(folder: Path) -> str:
    return f"sqlite:///{folder}/magflag.db"


@pytest.fixture(scope="module")
def then(database: str) -> Caller:
    """Return somebody who works with the rules as they are."""
    return Caller(asking(build_service(Settings(database=database))).test_client(), "then")


@pytest.fixture(scope="module")
def later(folder: Path, database: str) -> Service:
    """Return a service on the same database whose rules call a result of serum magnesium old after ten days."""
    rules = folder / "rules"
    copytree(default_folder(), rules, ignore=ignore_patterns("__pycache__"))
    policy = rules / "policy.yaml"
    old = "id: magnesium_result_window\n    value: 90"
    assert old in policy.read_text(encoding="utf-8")
    policy.write_text(policy.read_text(encoding="utf-8").replace(old, old.replace("90", "10")), encoding="utf-8")
    write_lock(rules / "lock.yaml", load_pack(rules, locked=False).rules)
    return build_service(Settings(rules=rules, database=database))


@pytest.fixture(scope="module")
def now(later: Service) -> Caller:
    """Return somebody of the same tenant who works with the changed rules."""
    return Caller(asking(later).test_client(), "then")


@pytest.fixture(scope="module")
def kept(then: Caller) -> list[str]:
    """Return an advisory for each example, and for the example Bundle."""
    known = [then.post(json=json.loads(file.read_bytes())).get_json()["id"] for file in sorted(EXAMPLES.glob("*.json"))]
    return [*known, then.call("POST", data=BUNDLE, headers=FHIR).get_json()["id"]]


def replayed(caller: Caller, known: str) -> dict[str, Any]:
    answer: dict[str, Any] = caller.get(f"/{known}/replay").get_json()
    assert not ReplaySchema().validate(answer)
    return answer


def compared(caller: Caller, known: str, other: str) -> tuple[dict[str, bool], dict[str, str]]:
    """Return what is new, and the cause by rule."""
    answer = caller.get(f"/{known}/diff/{other}").get_json()
    assert not DifferenceSchema().validate(answer)
    return answer["changed"], {change["rule"]: change["cause"] for change in answer["changes"]}


def test_every_advisory_is_the_same_again(then: Caller, kept: list[str]) -> None:
    assert len(kept) > 5
    assert [replayed(then, known) for known in kept] == [SAME] * len(kept)


def test_it_is_the_same_with_the_rules_of_then_when_others_answer(now: Caller, kept: list[str]) -> None:
    assert [replayed(now, known) for known in kept] == [SAME] * len(kept)


def test_it_is_the_same_in_another_process_place_and_language(database: str, kept: list[str]) -> None:
    environ = os.environ | {"PYTHONHASHSEED": "7", "TZ": "Pacific/Kiritimati", "LC_ALL": "C"}
    ran = subprocess.run(
        [sys.executable, "-c", ELSEWHERE, database, *kept], check=False, capture_output=True, env=environ, text=True
    )
    assert ran.stdout.strip() == str([True] * len(kept)), ran.stderr


def test_a_page_finds_what_it_shows_by_the_rules_of_then(later: Service, kept: list[str]) -> None:
    assert later.reviews is not None
    for known in kept:
        found = later.reviews.background("then", known)
        assert found is not None
        assert found.is_same
        assert found.advisory.not_raised
        assert found.advisory.pack.sha256 != later.pack()["sha256"]


def test_a_change_by_the_rules_alone(then: Caller, now: Caller) -> None:
    older, newer = then.keep()["id"], now.keep()["id"]
    changed, causes = compared(now, older, newer)
    assert changed == {"patient": False, "rules": True, "time": False}
    assert causes[LABORATORY] == "rules"
    assert set(causes.values()) == {"rules"}
    assert compared(now, newer, older) == (changed, causes)


def test_a_change_by_the_passing_of_time_alone(then: Caller) -> None:
    older, newer = then.keep()["id"], then.keep(as_of="2027-02-20")["id"]
    changed, causes = compared(then, older, newer)
    assert changed == {"patient": False, "rules": False, "time": True}
    assert causes[LABORATORY] == "time"


def test_each_change_has_its_own_cause(then: Caller, now: Caller) -> None:
    older, newer = then.keep()["id"], now.keep(supplements=[], as_of="2026-11-22")["id"]
    changed, causes = compared(now, older, newer)
    assert changed == {"patient": True, "rules": True, "time": True}
    assert causes[OXIDE] == "patient"
    assert causes[LABORATORY] == "rules"


def test_a_result_newer_than_the_older_advisory_is_a_change_of_the_patient(then: Caller) -> None:
    result = {"value": 0.8, "unit": "mmol/L", "interpretation": "normal", "date": "2026-11-25"}
    older, newer = then.keep()["id"], then.keep(labs={"magnesium": result}, as_of="2026-11-26")["id"]
    assert compared(then, older, newer)[1][LABORATORY] == "patient"


def test_an_advisory_does_not_differ_from_itself(then: Caller, kept: list[str]) -> None:
    assert compared(then, kept[0], kept[0]) == ({"patient": False, "rules": False, "time": False}, {})


def test_the_same_patient_in_other_words_is_no_new_input(then: Caller) -> None:
    older = then.keep()["id"]
    newer = then.call("POST", data=json.dumps(PATIENT, indent=3), headers={"Content-Type": "application/json"})
    assert not compared(then, older, newer.get_json()["id"])[0]["patient"]
