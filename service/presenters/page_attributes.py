"""The 13 source attributes of evidence-based decision support: 45 CFR 170.315(b)(11)(iv)(A).

Each stands on every rule's page; what is not used says so. The names are the regulation's, as the clinical reference
of this project has them. Whether something is used follows from the facts of the rule, never from a list of rules.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from service.knowledge.model import Pack, Rule
from service.knowledge.nodes import facts_in

NOT_USED = "Not used."
IN_170_213 = "as expressed in the standards in 170.213"
RACE = f"Use of race {IN_170_213}"
SEX = f"Use of sex {IN_170_213}"
BIRTH = f"Use of date of birth {IN_170_213}"
HEALTH_STATUS = f"Use of health status assessments data {IN_170_213}"
NEVER_READ = ("ethnicity", "language", "sexual orientation", "gender identity")
DETERMINANTS = f"Use of social determinants of health data {IN_170_213}"
# A laboratory's eGFR comes with an equation that is not ours to choose.
RACE_OF_OTHERS = (
    "Not used: filtration is computed here by CKD-EPI 2021, which asks for no race. A reported eGFR may have been "
    "computed elsewhere with a race-based equation; that is told wherever the record shows it."
)
FOR_EQUATION = "Used: CKD-EPI 2021 needs it where filtration is computed from creatinine."
# Of the health status assessments of USCDI, the one that facts of ours ask about.
ASSESSED = {"patient.pregnant": "pregnancy status"}


@dataclass(frozen=True, slots=True)
class Attribute:
    """One attribute: its name, and what is to be said of this rule."""

    name: str
    text: str


def source_attributes(rule: Rule, pack: Pack) -> tuple[Attribute, ...]:
    """Return the 13 attributes of a rule, in the order of the regulation."""
    facts = _facts_of(rule, pack)
    computed = any(pack.facts[name].kind == "filtration" for name in facts)
    never = [Attribute(f"Use of {what} {IN_170_213}", NOT_USED) for what in NEVER_READ]
    return (
        Attribute("Bibliographic citation of the intervention (clinical research or guideline)", _citation(rule, pack)),
        Attribute(
            "Developer of the intervention (translation from clinical research or guideline)",
            f"The magflag project wrote the rule; its status: {rule.status}.",
        ),
        Attribute(
            "Funding source of the technical implementation for the intervention(s) development",
            "None is recorded.",
        ),
        Attribute(
            "Release and, if applicable, revision dates of the intervention or reference source",
            f"Version {rule.version}, in {pack.name} {pack.version}; no day is recorded for it.{_read(rule, pack)}",
        ),
        Attribute(RACE, RACE_OF_OTHERS if computed else NOT_USED),
        *never,
        Attribute(SEX, _sex(facts, pack, computed)),
        Attribute(BIRTH, _birth(facts, computed)),
        Attribute(DETERMINANTS, NOT_USED),
        Attribute(HEALTH_STATUS, _assessed(facts)),
    )


def _facts_of(rule: Rule, pack: Pack) -> frozenset[str]:
    """Return the facts of the condition, and those that decide whether another of them can be computed."""
    direct = facts_in(rule.condition)
    behind = {other for name in direct for other in pack.facts[name].given.get("not_valid_with", ())}
    return frozenset(direct | behind)


def _citation(rule: Rule, pack: Pack) -> str:
    named = list(dict.fromkeys(_named(rule, pack)))
    return f"{'; '.join(named)}." if named else "None: the documents say nothing on it."


def _named(rule: Rule, pack: Pack) -> Iterator[str]:
    for claim in (pack.claims[known] for known in (*rule.claims, *rule.contrast) if known in pack.claims):
        yield from (str(pack.documents[at.document]["what"]) for at in claim.locations)
        yield from (pack.references[known].what for known, _ in claim.rests_on)
        if claim.study:
            yield claim.study.citation


def _read(rule: Rule, pack: Pack) -> str:
    claims = [pack.claims[known] for known in (*rule.claims, *rule.contrast) if known in pack.claims]
    read = dict.fromkeys(pack.references[known].read for claim in claims for known, _ in claim.rests_on)
    if read:
        return f" Its references were read so: {'; '.join(read)}."
    return " The articles name no day that could be relied on." if claims else ""


def _sex(facts: frozenset[str], pack: Pack, computed: bool) -> str:
    if computed:
        return FOR_EQUATION
    asked = [name for name in facts if name == "patient.sex" or pack.facts[name].given.get("never_if_sex")]
    return f"Used: {', '.join(sorted(pack.facts[name].meaning for name in asked))}" if asked else NOT_USED


def _birth(facts: frozenset[str], computed: bool) -> str:
    if "patient.age" in facts:
        return "Used: the rule asks for the age."
    return FOR_EQUATION if computed else NOT_USED


def _assessed(facts: frozenset[str]) -> str:
    asked = [words for name, words in ASSESSED.items() if name in facts]
    return f"Used: {', '.join(asked)}." if asked else NOT_USED
