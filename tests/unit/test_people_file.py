"""The people file: who may be what, every mistake with its place, and nobody let in by accident."""

from pathlib import Path
from typing import Any

import pytest

from schemas.review import Actor
from service.trust.people import BrokenPeople, NotListed, actor_of, load_people, name_of

GOOD = """\
people:
  - claim: groups
    contains: magflag-clinician
    role: clinician
    tenant: general
  - claim: https://login.example/role
    equals: author
    role: author
    tenant: general
  - claim: realm_access.roles
    contains: admin
    role: admin
    tenant: other
"""


def write(tmp_path: Path, text: str) -> Path:
    file = tmp_path / "people.yaml"
    file.write_text(text, encoding="utf-8")
    return file


def told(tmp_path: Path, text: str) -> list[str]:
    with pytest.raises(BrokenPeople) as broken:
        load_people(write(tmp_path, text))
    return [f"{each.at} {each.message} {each.hint}" for each in broken.value.problems]


@pytest.mark.parametrize(
    ("claims", "role", "tenant"),
    [
        ({"groups": ["x", "magflag-clinician"]}, "clinician", "general"),
        ({"https://login.example/role": "author"}, "author", "general"),
        ({"realm_access": {"roles": ["admin"]}}, "admin", "other"),
        ({"realm_access.roles": ["admin"]}, "admin", "other"),
        ({"groups": ["magflag-clinician"], "realm_access": {"roles": ["admin"]}}, "clinician", "general"),
    ],
)
def test_the_first_rule_that_fits_counts(tmp_path: Path, claims: dict[str, Any], role: str, tenant: str) -> None:
    rules = load_people(write(tmp_path, GOOD))
    assert actor_of({"sub": "1", **claims}, rules) == Actor("1", role, tenant)


@pytest.mark.parametrize(
    "claims",
    [
        {},
        {"groups": "magflag-clinician"},
        {"groups": ["magflag-clinicians"]},
        {"groups": ["MAGFLAG-CLINICIAN"]},
        {"groups": {"magflag-clinician": True}},
        {"groups": [["magflag-clinician"]]},
        {"https://login.example/role": ["author"]},
        {"realm_access": ["roles"]},
        {"realm_access": {"roles": "admin"}},
    ],
)
def test_whoever_is_only_nearly_listed_is_not(tmp_path: Path, claims: dict[str, Any]) -> None:
    with pytest.raises(NotListed):
        actor_of({"sub": "1", **claims}, load_people(write(tmp_path, GOOD)))


@pytest.mark.parametrize(
    ("claims", "name"),
    [
        ({"sub": "1", "name": "Ada", "preferred_username": "ada"}, "Ada (ada)"),
        ({"sub": "1", "name": "Ada", "email": "a@b"}, "Ada (a@b)"),
        ({"sub": "1", "name": "Ada"}, "Ada (1)"),
        ({"sub": "1", "preferred_username": "ada"}, "ada (1)"),
        ({"sub": "1"}, "1"),
        ({"sub": "1", "name": 7}, "1"),
        ({"sub": "1", "name": " A\u202eda\n \x00 B "}, "A da B (1)"),
        ({"sub": "1", "name": "x" * 999}, "x" * 120 + " (1)"),
    ],
)
def test_a_name_says_who_it_is_and_tells_two_of_one_name_apart(claims: dict[str, Any], name: str) -> None:
    assert name_of(claims) == name


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("    contains: admin\n", "", "people.yaml:10:5 This rule would fit everybody."),
        ("    contains: admin\n", "    contains: a\n    equals: b\n", "This rule has both `equals` and `contains`."),
        ("role: admin", "role: integration", "people.yaml:12:5 This word is not one of those known here."),
        ("tenant: other", "tenant: Other Hospital", "people.yaml:13:5 This is not a plain name."),
        ("tenant: other", "tenent: other", "people.yaml:13:5 Unknown key `tenent`."),
        ("    tenant: other\n", "", "people.yaml:10:5 The key `tenant` is missing."),
        (
            "claim: realm_access.roles\n    contains: admin", "claim: groups\n    contains: magflag-clinician",
            "people.yaml:10:5 Rule 1 is about the same people, and the first that fits counts.",
        ),
        ("people:", "peopel:", "people.yaml:1:1 Unknown key `peopel`."),
    ],
)  # fmt: skip
def test_a_mistake_is_told_with_its_place(tmp_path: Path, old: str, new: str, problem: str) -> None:
    assert old in GOOD
    assert any(problem in line for line in told(tmp_path, GOOD.replace(old, new))), told(
        tmp_path, GOOD.replace(old, new)
    )


def test_every_mistake_is_told_at_once(tmp_path: Path) -> None:
    assert (
        len(told(tmp_path, GOOD.replace("clinician\n    t", "doctor\n    t").replace("admin\n    t", "boss\n    t")))
        == 2
    )


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(BrokenPeople) as broken:
        load_people(tmp_path / "none.yaml")
    assert broken.value.problems[0].hint == "MAGFLAG_PEOPLE names it."
