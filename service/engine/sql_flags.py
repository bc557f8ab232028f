"""All rules of a pack as one query: one row per patient and rule, in the order of the rules; clear ones are NULL."""

from service.engine.sql import Conditions
from service.engine.sql_reasons import Reasons
from service.knowledge.model import Pack, Rule


def rules_in_order(pack: Pack) -> tuple[Rule, ...]:
    """Return the rules that are evaluated, by id; a flag names its rule by the place in this order."""
    return tuple(sorted(pack.active_rules, key=lambda rule: rule.id))


def flags_query(pack: Pack, source: str) -> str:
    """Return the query over `source`, which has a row per patient (`pid`) with the columns of the facts.

    It gives `pid` and `flag`: `rule` (its place), `raised` (else it cannot say), and `because` and `missing` as JSON
    text; NULL where a rule is clear. Raise NoSqlForm for a condition that has no form in SQL.
    """
    rules = rules_in_order(pack)
    numbers = [fact.id for fact in pack.facts.values() if fact.type == "number"]
    conditions = Conditions(numbers, [rule.condition for rule in rules])
    reasons = Reasons(conditions)
    flags = ",\n".join(_flag(place, rule, conditions, reasons) for place, rule in enumerate(rules))
    shared = "".join(f",\n  {value} AS {name}" for name, value in conditions.shared.items())
    return f"SELECT pid, unnest([{flags}]) AS flag\nFROM (SELECT *{shared}\nFROM {source}) AS conditioned"


def _flag(place: int, rule: Rule, conditions: Conditions, reasons: Reasons) -> str:
    raised = conditions.value(rule.condition)
    because = f"CASE WHEN {raised} THEN {reasons.because(rule.condition)} ELSE {reasons.known_so_far(rule.condition)} END"
    missing = f"CASE WHEN {raised} THEN '[]' ELSE {reasons.missing(rule.condition)} END"
    flag = f"{{'rule': {place}, 'raised': {raised} IS TRUE, 'because': {because}, 'missing': {missing}}}"
    return f"CASE WHEN {raised} IS FALSE THEN NULL ELSE {flag} END"
