"""What cannot be answered, by what is missing: one line for one missing thing, and what exactly is needed.

The flags come from the answer as it was kept. Names, codes, units and windows come from the rules; none is made up.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from service.knowledge.model import SEVERITIES, FactDeclaration, Pack
from service.presenters.fhir_guidance import MEMBERS, codes_by_member
from service.presenters.grouping import REASON_WORDS
from service.presenters.page_facts import window_of
from service.presenters.page_words import (
    MEMBER_WORDS,
    capital,
    counted,
    day_words,
    fact_label,
    place_name,
    record_text,
    slug,
    titles_of,
    unit_name,
)

Flag = Mapping[str, Any]
MOST_CODES = 6
EMPTY = "empty where it was asked and there are none"
LISTS = {
    "conditions": f"Each with a code (SNOMED CT, ICD-10) or a known name; {EMPTY}.",
    "medications": f"Each with a code (RxNorm, ATC) or a known name; {EMPTY}.",
    "supplements": f"Each with nutrient, form and route; {EMPTY}.",
    "signs": f"Each by a code or a known name; {EMPTY}.",
    "foods": f"Each by its name; {EMPTY}.",
}
IN_WORDS = {"stated": "Yes or no, as recorded.", "age": "The birth date, or the age."}
RESULTS = ("result", "result_flag", "filtration")
# Reasons that a better value of the same fact would settle; for any other the record itself has to be looked into.
OF_VALUES = (
    "not_supplied", "unusable_unit", "stale", "undated", "future", "preliminary", "conflict", "comparator",
    "implausible", "newer_unusable", "not_computable", "not_used",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Needed:
    """What would settle a group: its name; codes, unit and how recent where it is a result; else in words."""

    name: str
    codes: tuple[str, ...] = ()
    more_codes: int = 0
    unit: str = ""
    ucum: str = ""
    recent: str = ""
    how: str = ""


@dataclass(frozen=True, slots=True)
class Waiting:
    """One flag that waits: its rule, title and severity, and what else it waits for."""

    rule: str
    title: str
    severity: str


@dataclass(frozen=True, slots=True)
class Unknown:
    """One missing thing, and the flags that wait for it (alone or among others), the gravest first."""

    anchor: str
    name: str
    reason: str
    place: str
    at: str
    detail: str
    text: str
    suggestions: tuple[str, ...]
    needed: tuple[Needed, ...]
    waiting: tuple[Waiting, ...]

    @property
    def severity(self) -> str:
        """The gravest severity that waits."""
        return min((each.severity for each in self.waiting), key=SEVERITIES.index)

    @property
    def rules(self) -> tuple[str, ...]:
        """The rules that wait."""
        return tuple(each.rule for each in self.waiting)

    @property
    def heading(self) -> str:
        """What is missing and why, in a few words."""
        return f"{self.name}: {self.reason}"


def unknowns(answer: Mapping[str, Any], pack: Pack | None) -> tuple[Unknown, ...]:
    """Return what is missing in an answer, what blocks the gravest and the most first."""
    flags = [flag for flag in answer["flags"] if flag["outcome"] == "cannot_say"]
    titles = titles_of(flags)
    waiting: dict[tuple[str, str], dict[str, Waiting]] = {}
    gaps: dict[tuple[str, str], list[Mapping[str, Any]]] = {}
    for flag in flags:
        for gap in flag["missing"]:
            key = gap["at"], gap["reason"]
            gaps.setdefault(key, []).append(gap)
            waiting.setdefault(key, {})[flag["rule"]] = Waiting(flag["rule"], titles[flag["rule"]], flag["severity"])
    texts = {each["at"]: each for each in answer["unrecognised"]}
    day = date.fromisoformat(answer["as_of"])
    made = [_unknown(key, gaps[key], found.values(), texts, Asked(pack, day)) for key, found in waiting.items()]
    return tuple(_apart(sorted(made, key=_gravest_first)))


@dataclass(frozen=True)
class Asked:
    """By which rules, and on which day, something is asked for."""

    pack: Pack | None
    day: date


def _unknown(
    key: tuple[str, str],
    gaps: Sequence[Mapping[str, Any]],
    waiting: Iterable[Waiting],
    texts: Mapping[str, Mapping[str, Any]],
    asked: Asked,
) -> Unknown:
    at, reason = key
    told = texts.get(at, {})
    facts = list(dict.fromkeys(gap["fact"] for gap in gaps))
    needed = _needed(at, reason, facts, gaps[0]["detail"], asked)
    text = record_text(told.get("text", ""))
    return Unknown(
        anchor=f"open-{slug(f'{at} {reason}')}", name=_name(at, text, needed),
        reason=REASON_WORDS.get(reason, reason.replace("_", " ")), place=place_name(at), at=at,
        detail=gaps[0]["detail"], text=text, suggestions=tuple(told.get("did_you_mean", ())), needed=needed,
        waiting=tuple(sorted(waiting, key=lambda each: (SEVERITIES.index(each.severity), each.rule))),
    )  # fmt: skip


def _name(at: str, text: str, needed: Sequence[Needed]) -> str:
    """Return what is missing: the record's own word, the result, or the place where it belongs."""
    if text:
        return f"“{text}”"
    is_pointed_at = any(step.isdigit() for step in at.split("/"))
    return needed[0].name if (is_pointed_at and needed[0].unit) or not at else capital(place_name(at))


def _gravest_first(group: Unknown) -> tuple[object, ...]:
    """Order by severity, the kidney first among equals, then by how much waits."""
    elsewhere = not group.at.startswith("/kidney")
    return (SEVERITIES.index(group.severity), elsewhere, -len(group.waiting), group.at, group.reason)


def _apart(groups: Iterable[Unknown]) -> Iterable[Unknown]:
    """Yield the groups; two that would share an anchor get a number each."""
    seen: dict[str, int] = {}
    for group in groups:
        count = seen[group.anchor] = seen.get(group.anchor, 0) + 1
        fields = {name: getattr(group, name) for name in Unknown.__slots__}
        yield group if count == 1 else Unknown(**fields | {"anchor": f"{group.anchor}-{count}"})


def _needed(at: str, reason: str, facts: Iterable[str], detail: str, asked: Asked) -> tuple[Needed, ...]:
    if reason == "unrecognised":
        return (Needed("What this entry is", how="A code of a known system, or a name that the vocabulary holds."),)
    declared = [asked.pack.facts[fact] for fact in facts if asked.pack and fact in asked.pack.facts]
    if reason not in OF_VALUES or asked.pack is None or not declared:
        return (Needed(capital(place_name(at)), how="What the record says there, in a form that can be read."),)
    by_name: dict[str, Needed] = {}
    for fact in declared:
        made = _of_fact(fact, detail, asked.pack, asked.day)
        by_name[made.name] = by_name[made.name] if made.name in by_name and not made.how else made
    return tuple(by_name.values())


def _of_fact(fact: FactDeclaration, detail: str, pack: Pack, day: date) -> Needed:
    member = str(fact.given.get("of") or fact.given.get("list") or MEMBERS.get(fact.kind, ""))
    if fact.kind in RESULTS:
        return _result(fact, member, pack, day)
    if detail.startswith("The list of"):
        return Needed(f"The list of {MEMBER_WORDS.get(member, member)}", how=LISTS.get(member, ""))
    if fact.kind == "word":
        return Needed(fact_label(fact, pack.vocabulary.tests), how=f"One of: {', '.join(fact.values)}.")
    return Needed(fact_label(fact, pack.vocabulary.tests), how=IN_WORDS.get(fact.kind, detail))


def _result(fact: FactDeclaration, member: str, pack: Pack, day: date) -> Needed:
    test = pack.vocabulary.tests[member.rpartition(".")[2]]
    window = window_of(fact, pack) or 0
    codes = codes_by_member(pack.terms.results).get(member, ())
    earliest = day_words(day - timedelta(days=window))
    others = {
        "filtration": "Or creatinine with age and sex, or a stage as recorded.",
        "result_flag": "With the laboratory's own reading: low, normal or high.",
    }
    return Needed(
        name=capital(test.name), codes=codes[:MOST_CODES], more_codes=max(0, len(codes) - MOST_CODES),
        unit=unit_name(test.unit), ucum=test.unit,
        recent=f"of {earliest} or later: at most {counted(window, 'day')} old on {day_words(day)}",
        how=others.get(fact.kind, ""),
    )  # fmt: skip
