"""All rules of a pack as one query: one row per patient and rule that is not clear, in the order of the rules."""

from collections.abc import Sequence

from service.engine.sql import Conditions
from service.engine.sql_reasons import Reasons
from service.facts.in_sql.columns import GAPS, KNOWN, column_of
from service.facts.in_sql.words import cases, literal, prefix_of
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

    def flags(self, keys: Sequence[str]) -> str:
        """Return the query of `keys`, `rule` (its place), `raised` (else it cannot say), `because` and `missing`.

        The last two are JSON texts. The rows of one source row are in the order of the rules. The brackets come last,
        so that of the many texts side by side none is copied for their sake.
        """
        told = [self._told(place, rule) for place, rule in enumerate(self._rules)]
        columns = ",\n".join(f"unnest([{', '.join(each[name] for each in told)}]) AS {name}" for name in NAMES)
        parts = _each([f"{query} AS {name}" for name, query in self._reasons.parts.items()])
        every = f"SELECT {', '.join(keys)}, {columns}\nFROM (SELECT *{parts} FROM {self._source}) AS reasoned_with"
        texts = ", ".join(f"'[' || coalesce({name}, '') || ']' AS {name}" for name in ("because", "missing"))
        listed = ", ".join(keys)
        return f"SELECT {listed}, rule, raised, {texts} FROM ({every}) AS told WHERE raised IS DISTINCT FROM FALSE"

    def _told(self, place: int, rule: Rule) -> dict[str, str]:
        """Return what is told of a rule: what is seen behind it, and what is missing; nothing where it is clear."""
        raised, reasons, condition = f"rule__{place}", self._reasons, rule.condition
        because = cases(
            [(f"{raised} IS FALSE", "NULL"), (raised, reasons.because(condition))], reasons.known_so_far(condition)
        )
        missing = f"CASE WHEN {raised} IS NULL THEN {reasons.missing(condition)} END"
        return {"rule": str(place), "raised": raised, "because": because, "missing": missing}

    def unknowns(self) -> str:
        """Return the query that counts, by fact and reason, the patients of whom it is unknown and the flags it leaves.

        Of several reasons for one fact the first is counted.
        """
        waiting = self._waiting()
        facts = sorted(set().union(*(facts_in(rule.condition) for rule in self._rules)))
        lacking = [self._unknown(fact, waiting.get(fact, [])) for fact in facts]
        columns = zip(("fact", "reason", "flags"), (map(literal, facts), *zip(*lacking, strict=True)), strict=True)
        lists = ",\n".join(f"unnest([{', '.join(texts)}]) AS {name}" for name, texts in columns)
        return f"""
            SELECT fact, reason, count(*) AS patients, sum(flags) AS flags
            FROM (SELECT {lists} FROM {self._source}) AS unknown WHERE reason IS NOT NULL GROUP BY 1, 2"""

    def _waiting(self) -> dict[str, list[str]]:
        """Return, by fact, when each rule cannot say because of it."""
        found: dict[str, list[str]] = {}
        for place, rule in enumerate(self._rules):
            for fact, when in self._reasons.lacking(rule.condition):
                found.setdefault(fact, []).append(f"rule__{place} IS NULL AND ({when})")
        return found

    def _unknown(self, fact: str, waiting: Sequence[str]) -> tuple[str, str]:
        """Return why a fact is not known, NULL where it is, and how many rules that leaves open."""
        gaps, start = column_of(fact, GAPS), len(prefix_of(fact)) + len('"reason":"') + 1
        reason = f"split_part(substr({gaps}, {start}, 40), '\"', 1)"
        is_number = self._facts[fact].type == "number"
        known = column_of(fact, KNOWN) if is_number else f"{column_of(fact)} IS NOT NULL"
        flags = " + ".join(f"CASE WHEN {when} THEN 1 ELSE 0 END" for when in waiting) or "0"
        return f"CASE WHEN NOT ({known}) THEN coalesce({reason}, '') END", f"CASE WHEN {known} THEN 0 ELSE {flags} END"


def _each(columns: Sequence[str]) -> str:
    return "".join(f",\n  {column}" for column in columns)
