"""All rules of a pack as one query: one row per patient and rule that is not clear, in the order of the rules."""

from collections.abc import Mapping, Sequence

from service.engine.sql import Conditions
from service.engine.sql_reasons import Reasons
from service.facts.in_sql.columns import GAPS, KNOWN, column_of
from service.facts.in_sql.words import literal, prefix_of
from service.knowledge.model import Pack, Rule
from service.knowledge.nodes import facts_in

NAMES = ("rule", "raised", "because", "missing")


def rules_in_order(pack: Pack) -> tuple[Rule, ...]:
    """Return the rules that are evaluated, by id; a flag names its rule by the place in this order."""
    return tuple(sorted(pack.active_rules, key=lambda rule: rule.id))


class FlagsQuery:
    """Writes the queries over `source`, which has a row per patient with the columns of the facts.

    Raise NoSqlForm for a condition that has no form in SQL.
    """

    def __init__(self, pack: Pack, source: str) -> None:
        self._rules = rules_in_order(pack)
        self._facts = {fact.id: fact for fact in pack.facts.values()}
        numbers = [fact.id for fact in pack.facts.values() if fact.type == "number"]
        conditions = Conditions(numbers, [rule.condition for rule in self._rules])
        self._reasons = Reasons(conditions)
        shared = [f"{value} AS {name}" for name, value in conditions.shared.items()]
        truths = [f"{conditions.value(rule.condition)} AS rule__{place}" for place, rule in enumerate(self._rules)]
        inner = f"SELECT *{_each(shared)} FROM {source}"
        self._source = f"(SELECT *{_each(truths)} FROM ({inner}) AS conditioned) AS answered"

    def flags(self, keys: Sequence[str], at_once: int | None = None) -> str:
        """Return the query of `keys`, `rule` (its place), `raised` (else it cannot say), `because` and `missing`.

        The last two are JSON texts. The rows of one source row are in the order of the rules. So many rules as
        `at_once` (all, unless said) are told in one go: fewer take less memory, and more time.
        """
        told = [self._told(place, rule) for place, rule in enumerate(self._rules)]
        size = at_once or len(told)
        parts = [told[first : first + size] for first in range(0, len(told), size)]
        columns = ",\n".join(f"unnest({_of_part(name, parts)}) AS {name}" for name in NAMES)
        source = self._source
        if len(parts) > 1:
            source = f"(SELECT *, unnest([{', '.join(map(str, range(len(parts))))}]) AS part FROM {source}) AS parted"
        every = f"SELECT {', '.join(keys)}, {columns}\nFROM {source}"
        return f"SELECT * FROM ({every}) AS told WHERE missing IS NOT NULL"

    def _told(self, place: int, rule: Rule) -> dict[str, str]:
        because, missing = self._reasons_of(place, rule)
        return {"rule": str(place), "raised": f"rule__{place} IS TRUE", "because": because, "missing": missing}

    def _reasons_of(self, place: int, rule: Rule) -> tuple[str, str]:
        """Return what is seen behind a rule and what is missing; NULL where the rule is clear."""
        raised, reasons, condition = f"rule__{place}", self._reasons, rule.condition
        clear, because = f"CASE WHEN {raised} IS FALSE THEN NULL WHEN {raised} THEN", reasons.because(condition)
        return (
            f"{clear} {because} ELSE {reasons.known_so_far(condition)} END",
            f"{clear} '[]' ELSE {reasons.missing(condition)} END",
        )

    def unknowns(self) -> str:
        """Return the query that counts, by fact and reason, the patients of whom it is unknown and the flags it leaves.

        Of several reasons for one fact the first is counted.
        """
        waiting = self._waiting()
        facts = sorted(set().union(*(facts_in(rule.condition) for rule in self._rules)))
        each = ",\n".join(self._unknown(fact, waiting.get(fact, [])) for fact in facts)
        every = f"SELECT unnest([{each}]) AS lack FROM {self._source}"
        return f"""
            SELECT lack.fact AS fact, lack.reason AS reason, count(*) AS patients, sum(lack.flags) AS flags
            FROM ({every}) AS unknown WHERE lack IS NOT NULL GROUP BY 1, 2"""

    def _waiting(self) -> dict[str, list[str]]:
        """Return, by fact, when each rule cannot say because of it."""
        found: dict[str, list[str]] = {}
        for place, rule in enumerate(self._rules):
            for fact, when in self._reasons.lacking(rule.condition):
                found.setdefault(fact, []).append(f"rule__{place} IS NULL AND ({when})")
        return found

    def _unknown(self, fact: str, waiting: Sequence[str]) -> str:
        gaps, start = column_of(fact, GAPS), len(prefix_of(fact)) + len('"reason":"') + 1
        reason = f"split_part(substr({gaps}, {start}, 40), '\"', 1)"
        flags = " + ".join(f"CASE WHEN {when} THEN 1 ELSE 0 END" for when in waiting) or "0"
        is_number = self._facts[fact].type == "number"
        known = column_of(fact, KNOWN) if is_number else f"{column_of(fact)} IS NOT NULL"
        return f"CASE WHEN {known} THEN NULL ELSE {{'fact': {literal(fact)}, 'reason': {reason}, 'flags': {flags}}} END"


def _each(columns: Sequence[str]) -> str:
    return "".join(f",\n  {column}" for column in columns)


def _of_part(name: str, parts: Sequence[Sequence[Mapping[str, str]]]) -> str:
    lists = [f"[{', '.join(each[name] for each in told)}]" for told in parts]
    if len(lists) == 1:
        return lists[0]
    return f"CASE part {' '.join(f'WHEN {part} THEN {texts}' for part, texts in enumerate(lists))} END"
