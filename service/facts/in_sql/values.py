"""Facts from single values, in SQL: the counterpart of service.facts.from_values, filtration aside.

The results of a test were measured and put in order before (`results`); a row of the gathered table has of each test
the one that counts, in columns that begin with the name of the test.
"""

from service.facts.from_values import AGES_DIFFER, NO_AGE, NO_RESULT
from service.facts.in_sql.columns import HIGH, KNOWN, LOW, column_of
from service.facts.in_sql.formed import Declared, Formed
from service.facts.in_sql.results import BOUND, test_of
from service.facts.in_sql.words import cases, literal, prefix_of, told_gap, told_seen
from service.facts.model import NOT_SUPPLIED, Gap

WORDS = {"patient.sex": "sex", "diet.magnesium_rich_foods": "magnesium_rich_foods"}


def word(declared: Declared) -> Formed:
    """Form a fact that is one of a few words."""
    fact, of = declared.fact, declared.fact.given["of"]
    said, at, column = WORDS[of], "/" + of.replace(".", "/"), column_of(fact.id)
    state = cases([(f"{said} = {literal(value)}", literal(value)) for value in fact.values])
    seen = cases([(f"{column} = {literal(value)}", told_seen(fact.id, value, at)) for value in fact.values])
    gap = Gap(NOT_SUPPLIED, at, f"Not said; {' or '.join(fact.values)} would answer it.")
    return Formed({column: state}, seen, told_gap(fact.id, gap))


def age(declared: Declared) -> Formed:
    """Form the age: from the birth date, else as stated; where the two contradict each other, not at all."""
    fact = declared.fact.id
    contradict = "abs(years - age) > 1"
    years = cases([(contradict, "NULL")], "coalesce(years, age)")
    columns = {
        column_of(fact, LOW): years,
        column_of(fact, HIGH): years,
        column_of(fact, KNOWN): f"({years}) IS NOT NULL",
    }
    shown = f"CAST({column_of(fact, LOW)} AS INT)"
    head = literal(f'{prefix_of(fact)}"value":')
    born = f"{head} || {shown} || {_age_tail('birth_date', 'from the birth date')}"
    said = f"{head} || {shown} || {_age_tail('age', 'as stated')}"
    seen = cases([(f"NOT {column_of(fact, KNOWN)}", "NULL"), ("years IS NOT NULL", born)], said)
    left_open = f"prefixed(open_patient__birth_date, {literal(prefix_of(fact))})"
    gaps = cases([(contradict, told_gap(fact, AGES_DIFFER)), ("open_patient__birth_date IS NOT NULL", left_open)],
                 told_gap(fact, NO_AGE))  # fmt: skip
    return Formed(columns, seen, gaps)


def _age_tail(member: str, origin: str) -> str:
    return literal(f',"unit":"a","date":null,"at":"/patient/{member}","source":null,"origin":"{origin}"}}')


def result(declared: Declared) -> Formed:
    """Form the number of a test."""
    fact, of = declared.fact.id, declared.fact.given["of"]
    test, prefix = test_of(of), declared.prefix
    gap = f"coalesce({test}__gap, open_{of.replace('.', '__')}[1])"
    known = f"{test}__is_usable AND {gap} IS NULL"
    columns = {
        column_of(fact, KNOWN): f"coalesce({known}, FALSE)",
        column_of(fact, LOW): cases([(known, f"{test}__low")]),
        column_of(fact, HIGH): cases([(known, f"{test}__high")]),
    }
    seen = cases([(column_of(fact, KNOWN), f"{prefix} || {test}__seen")])
    bound = f'{prefix} || \'"reason":"comparator","at":"\' || {test}__pointer || {literal(BOUND)}'
    gaps = cases([
        (f"{test}__pointer IS NULL", _none_supplied(fact, of)), (column_of(fact, KNOWN), bound),
    ], f"{prefix} || {gap}")  # fmt: skip
    return Formed(columns, seen, gaps)


def _none_supplied(fact: str, of: str) -> str:
    gap = Gap(NOT_SUPPLIED, "/" + of.replace(".", "/"), NO_RESULT)
    left_open = f"open_{of.replace('.', '__')}"
    return cases(
        [(f"{left_open} IS NOT NULL", f"prefixed({left_open}, {literal(prefix_of(fact))})")], told_gap(fact, gap)
    )


def result_flag(declared: Declared) -> Formed:
    """Form the laboratory's own reading of a test."""
    fact, of = declared.fact.id, declared.fact.given["of"]
    test, column, prefix, member = test_of(of), column_of(fact), declared.prefix, of.replace(".", "__")
    doubt = f"CASE WHEN {test}__reading = 'normal' THEN coalesce({test}__reading_doubt, open_{member}[1]) END"
    gap = f"coalesce({test}__reading_gap, {doubt})"
    state = cases([(f"{gap} IS NULL", f"{test}__reading")])
    seen = cases([(f"{column} IS NOT NULL", f"{prefix} || {test}__reading_seen")])
    gaps = cases([(f"has_{member} IS NULL", _none_supplied(fact, of))], f"{prefix} || {gap}")
    return Formed({column: state}, seen, gaps)


KINDS = {"word": word, "age": age, "result": result, "result_flag": result_flag}
