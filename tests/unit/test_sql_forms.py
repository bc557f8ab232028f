"""What has no form in SQL is an error before anything is screened, never left out."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from service.engine.sql import Conditions
from service.engine.sql_flags import FlagsQuery
from service.facts.in_sql.formed import NoSqlForm
from service.facts.in_sql.query import KINDS, facts_query
from service.knowledge.load import load_pack
from service.knowledge.nodes import All, Compare
from service.population.deriving import queries

PACK = load_pack()
AS_OF = date(2026, 11, 21)


def test_every_kind_of_fact_has_a_form() -> None:
    assert {fact.kind for fact in PACK.facts.values()} <= KINDS.keys()
    queries(PACK, AS_OF)


def test_a_kind_without_a_form_is_refused() -> None:
    odd = replace(PACK.facts["patient.age"], kind="horoscope")
    pack = replace(PACK, facts={**PACK.facts, "patient.age": odd})
    with pytest.raises(NoSqlForm, match=r"The kind `horoscope` of patient\.age"):
        facts_query(pack, AS_OF)


def test_a_relation_without_a_form_is_refused() -> None:
    odd = Compare("kidney.egfr", "near", Decimal(60))
    with pytest.raises(NoSqlForm, match="The relation near"):
        Conditions(["kidney.egfr"]).value(All((odd, odd)))


def test_a_rule_without_a_form_is_refused() -> None:
    odd = replace(PACK.active_rules[0], condition="something else")  # type: ignore[arg-type]
    with pytest.raises(NoSqlForm, match="str has no form"):
        FlagsQuery(replace(PACK, rules=(odd,)), "facts")
