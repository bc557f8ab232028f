"""Facts of many patients in SQL against those of one: every kind, its value, what was seen, and why it is not known."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from schemas.problem import Refused
from schemas.profile import Open, Profile, Quantity
from service.assess.reasons import Reasons
from service.engine.reference import Leaf
from service.facts.derive import derive
from service.facts.in_sql.columns import GAPS, SEEN, column_of, columns_of
from service.facts.in_sql.dictionary import Dictionary
from service.facts.in_sql.query import facts_query
from service.facts.in_sql.rows import rows_of
from service.facts.in_sql.tables import RECORDED
from service.facts.model import Fact, Interval
from service.intake.profile import received
from service.knowledge.load import load_pack
from service.knowledge.model import FactDeclaration
from service.knowledge.nodes import Is
from service.population.duck import Duck
from service.population.intake import load_dictionary
from service.population.row_files import RowFiles
from service.presenters.plain import because_of, missing_of, to_bytes
from tests.properties.test_real_pack import PROFILES

PACK = load_pack()
AS_OF = date(2026, 11, 21)
MEMBERS = ["conditions", "medications", "supplements", "signs", "diet.foods", "kidney.egfr", "kidney.creatinine",
           "kidney.cystatin_c", "labs.magnesium", "procedures", "dialysis", "patient.birth_date"]  # fmt: skip
UNITS = ["mL/min/{1.73_m2}", "mg/dL", "mmol/L", "mg/L", "mL/min", None, "umol/L"]
VALUES = [Decimal(text) for text in ("0", "0.4", "0.7", "1.2", "2.5", "45", "59.9995", "61", "90", "130")]


@pytest.fixture(scope="module")
def duck(tmp_path_factory: pytest.TempPathFactory) -> Any:
    duck = Duck(tmp_path_factory.mktemp("facts"))
    yield duck
    duck.close()


def left_open(draw: Random) -> dict[str, tuple[Open, ...]]:
    return {
        member: tuple(
            Open(draw.choice(["key_null", "skipped", "stale"]), f"/x/{place}", f"Why {draw.randint(1, 3)}.")
            for place in range(draw.randint(1, 3))
        )
        for member in draw.sample(MEMBERS, draw.randint(0, 4))
    }


def results(draw: Random, name: str, given: Quantity | None) -> Quantity | None:
    """Return several results as a record has them: newest first, some doubtful, some without a day, unit or source."""
    if draw.random() < 0.5:
        return given
    found = sorted((result(draw, f"/{name}/{place}") for place in range(draw.randint(1, 5))), key=lambda each: (
        each.date is None, 0 if each.date is None else -each.date.toordinal()
    ))  # fmt: skip
    return replace(found[0], earlier=tuple(found[1:]))


def result(draw: Random, at: str) -> Quantity:
    doubt = Open("preliminary", at, "The result is preliminary.") if draw.random() < 0.2 else None
    day = draw.choice([None, AS_OF, AS_OF - timedelta(draw.randint(-1, 500))])
    return Quantity(
        at, draw.choice(VALUES), draw.choice(UNITS), day, draw.choice([None, None, None, "<", ">", ">=", "<="]),
        draw.choice([None, "low", "normal", "high"]), draw.choice([None, f"Observation{at}"]),
        draw.choice([None, "MDRD"]), doubt,
    )  # fmt: skip


def recorded(data: dict[str, Any], draw: Random) -> Profile | None:
    try:
        profile = received(data, AS_OF).profile
    except Refused:
        return None
    kidney, labs = profile.kidney, profile.labs
    kidney = replace(
        kidney, egfr=results(draw, "egfr", kidney.egfr), creatinine=results(draw, "creatinine", kidney.creatinine),
        cystatin_c=results(draw, "cystatin_c", kidney.cystatin_c),
    )  # fmt: skip
    labs = replace(labs, magnesium=results(draw, "magnesium", labs.magnesium), calcium=results(draw, "calcium", None))
    return replace(profile, kidney=kidney, labs=labs, open=left_open(draw))


def derived(duck: Duck, profiles: list[Profile]) -> list[dict[str, Any]]:
    dictionary = Dictionary(PACK)
    with RowFiles(duck.folder, "", RECORDED) as files:
        for pid, profile in enumerate(profiles):
            files.add(rows_of(pid, profile, dictionary))
    files.load(duck)
    load_dictionary(duck, dictionary)
    query = facts_query(PACK, AS_OF)
    names = ["pid", *(name for fact in query.formed for name in names_of(PACK.facts[fact]))]
    select = f"SELECT {', '.join(names)} FROM facts ORDER BY pid"
    return [dict(zip(names, row, strict=True)) for row in duck.rows(query.sql(select))]


def names_of(declaration: FactDeclaration) -> list[str]:
    return [*columns_of(declaration), *(column_of(declaration.id, part) for part in (SEEN, GAPS))]


def values(declaration: FactDeclaration, fact: Fact) -> list[Any]:
    if declaration.type != "number":
        return [fact.state]
    state = fact.state if isinstance(fact.state, Interval) else None
    return [state is not None, state and state.low, state and state.high]


def texts(fact: Fact) -> tuple[str, str]:
    """Return what is seen and what is missing, as an advisory writes it."""
    reasons, leaf = Reasons({fact.id: fact}), Leaf(Is(fact.id, (True,)), None)
    seen = (to_bytes(because_of(each)).decode() for each in reasons._behind(leaf))
    gaps = (to_bytes(missing_of(each)).decode() for each in reasons._gaps(fact.id))
    return ",".join(seen), ",".join(gaps)


def may_be_unknown(fact: Fact) -> bool:
    """Return whether a test of this fact can come to nothing, so that its gaps are told."""
    if not isinstance(fact.state, Interval):
        return fact.state is None
    return fact.state.low != fact.state.high


@settings(max_examples=10, deadline=None, suppress_health_check=list(HealthCheck))
@given(drawn=st.lists(PROFILES, min_size=5, max_size=25), draw=st.randoms(use_true_random=False))
def test_sql_derives_the_same_facts(duck: Duck, drawn: list[dict[str, Any]], draw: Random) -> None:
    profiles = [profile for data in drawn if (profile := recorded(data, draw))]
    for profile, row in zip(profiles, derived(duck, profiles), strict=True):
        for name, fact in derive(profile, PACK, AS_OF).by_id.items():
            declaration = PACK.facts[name]
            seen, gaps = texts(fact)
            assert [row[column] for column in columns_of(declaration)] == values(declaration, fact), name
            assert (row[column_of(name, SEEN)] or "") == seen, name
            if may_be_unknown(fact):
                assert row[column_of(name, GAPS)] == gaps, name
