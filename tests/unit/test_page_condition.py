"""A rule in words: with its definitions, with limits without units, and with each clause marked for a patient."""

from dataclasses import replace
from decimal import Decimal

import pytest

from service.facts.model import Fact, Interval
from service.knowledge.conditions import Reader
from service.knowledge.load import load_pack
from service.knowledge.model import Pack, Rule
from service.knowledge.nodes import All, Is, Not
from service.knowledge.yaml_strict import Document
from service.presenters.page_condition import FAILS, HOLDS, OPEN, Line, Sayer, UnlikeWritten

WRITTEN = {
    "all": [
        "magnesium.listed",
        {"not": {"fact": "kidney.egfr", "below": {"policy": "egfr_impaired_below"}}},
        {
            "any": [
                {"fact": "diet.magnesium", "any_of": ["low", "high"]},
                {"fact": "patient.age", "at_least": {"policy": "older_adult_from"}},
            ]
        },
    ]
}


@pytest.fixture(scope="module")
def pack() -> Pack:
    return load_pack()


def known(egfr: tuple[int | None, int | None], diet: str | None, age: int | None) -> dict[str, Fact]:
    low, high = (None if end is None else Decimal(end) for end in egfr)
    years = None if age is None else Interval(Decimal(age), Decimal(age))
    return {
        "magnesium.listed": Fact("magnesium.listed", True),
        "kidney.egfr": Fact("kidney.egfr", Interval(low, high)),
        "diet.magnesium": Fact("diet.magnesium", diet),
        "patient.age": Fact("patient.age", years),
    }


def rule_of(pack: Pack, known_as: str) -> Rule:
    return next(rule for rule in pack.rules if rule.id == known_as)


def lines(line: Line) -> list[Line]:
    return [line, *(each for part in line.parts for each in lines(part))]


def test_a_condition_is_said_in_the_words_of_its_facts(pack: Pack) -> None:
    said = Sayer(pack).rule(rule_of(pack, "kidney/magnesium-with-impaired-kidney"))
    assert said.text == "all of"
    product, kidney = "A magnesium product is in use or considered", "Kidney impaired: at least one of"
    assert [part.text for part in said.parts] == [product, kidney]
    limit = "Kidney filtration (eGFR) is below 60 (a convention of this project: eGFR impaired below)"
    assert said.parts[1].parts[-1] == Line(limit)


def test_every_rule_can_be_said_and_no_unit_stands_beside_a_limit(pack: Pack) -> None:
    for rule in pack.rules:
        said = lines(Sayer(pack).rule(rule))
        assert all(line.text for line in said)
        assert not [line.text for line in said if "mmol" in line.text or "mL/min" in line.text]


@pytest.mark.parametrize(
    ("egfr", "diet", "age", "states"),
    [
        ((90, 90), "low", None, [HOLDS, HOLDS, HOLDS, FAILS, HOLDS, HOLDS, OPEN]),
        ((20, 20), None, 70, [FAILS, HOLDS, FAILS, HOLDS, HOLDS, OPEN, HOLDS]),
        ((None, 70), None, None, [OPEN, HOLDS, OPEN, OPEN, OPEN, OPEN, OPEN]),
    ],
)
def test_each_clause_is_marked(
    pack: Pack, egfr: tuple[int | None, int | None], diet: str | None, age: int | None, states: list[str]
) -> None:
    document = Document("x.rule.yaml", {})
    node = Reader(document, pack.facts, pack.policy).read(WRITTEN, ())
    assert document.problems == []
    said = Sayer(pack, known(egfr, diet, age)).line(WRITTEN, node)
    assert [line.state for line in lines(said)] == states


def test_the_number_of_the_patient_stands_with_its_limit(pack: Pack) -> None:
    rule = rule_of(pack, "kidney/magnesium-with-impaired-kidney")
    facts = {name: Fact(name, None) for name in pack.facts} | known((15, 22), "low", 70)
    seen = [line.seen for line in lines(Sayer(pack, facts).rule(rule)) if line.seen]
    assert seen == ["at least 15 and at most 22"]


def test_what_stands_under_unless_is_said_as_not_so(pack: Pack) -> None:
    rule = rule_of(pack, "kidney/magnesium-with-impaired-kidney")
    node = All((Is("magnesium.listed", (True,)), Not(Is("magnesium.iv", (True,)))))
    excepted = replace(rule, written={"when": "magnesium.listed", "unless": "magnesium.iv"}, condition=node)
    said = Sayer(pack).rule(excepted)
    assert [part.text for part in said.parts] == ["A magnesium product is in use or considered", "it is not so that"]


def test_a_definition_says_how_its_parts_count(pack: Pack) -> None:
    given, iv = Is("magnesium.listed", (True,)), Is("magnesium.iv", (True,))
    assert Sayer(pack).line("kidney_impaired", All((given, iv))).text == "Kidney impaired: all of"
    denied = Sayer(pack).line("kidney_impaired", Not(iv))
    assert (denied.text, [part.text for part in denied.parts]) == ("Kidney impaired", ["it is not so that"])


def test_a_condition_that_is_not_the_one_written_is_our_failure(pack: Pack) -> None:
    with pytest.raises(UnlikeWritten):
        Sayer(pack).line({"all": ["magnesium.listed"]}, Is("magnesium.listed", (True,)))
