"""Flags as the screen shows them: what was raised, with everything that lets a clinician check it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from schemas.canonical import CATEGORY_DISPLAYS
from schemas.review import Standing
from service.engine.reference import RAISED
from service.knowledge.model import SEVERITIES
from service.presenters.page_condition import Line, Sayer
from service.presenters.page_facts import FactRow, fact_rows
from service.presenters.page_sources import Library, Support, supports
from service.presenters.page_words import CHOICE_WORDS, SEVERITY_WORDS, counted, moment_words, slug
from service.presenters.plain import check_of
from service.presenters.reading import Reading
from service.presenters.text import BASIS, TIERS

TIER_ORDER = ("", *TIERS)
# The scale on which tiers were given, in short.
TIER_MEANINGS = {
    "A": "High: several verified, direct trials that agree, or a verified meta-analysis.",
    "B": "Moderate: one verified, direct randomised trial or meta-analysis without a serious flaw.",
    "C": "Low: trials are told of for the same condition and route, pooled or by more than one source. "
    "Lay articles reach no higher.",
    "D": "Very low: a study is told of, but it is single, small, uncontrolled, untraceable or contradicted.",
    "E": "Insufficient: no study is told of; a mechanism, a custom or an anecdote.",
    "S": "Silent: the documents say nothing, and nothing is concluded from that.",
}
# Why a tier is not higher, by the codes that rules give.
WHY_WORDS = {
    "trace": "the study cannot be traced",
    "rob": "no comparator, or only a change from the start",
    "imp": "few participants, or their number is not given",
    "ind": "it is indirect",
    "ind-form": "it was about another form",
    "ind-route": "it was about another route",
    "ind-outcome": "it was about another outcome",
    "incon": "another source disagrees",
    "co": "it was used together with another treatment",
    "single": "one source only",
}


@dataclass(frozen=True, slots=True)
class Decided:
    """The decision that stands on a flag, in words."""

    choice: str
    words: str
    reason: str
    comment: str
    by: str
    when: str


@dataclass(frozen=True, slots=True)
class FlagView:
    """One flag that was raised. `condition` is None where the rules of that day are not at hand."""

    anchor: str
    rule: str
    version: int
    review: str
    severity: str
    category: str
    title: str
    summary: str
    detail: str
    for_review: tuple[str, ...]
    does_not_cover: tuple[str, ...]
    basis: str
    evidence: Mapping[str, Any] | None
    facts: tuple[FactRow, ...]
    condition: Line | None
    supports: tuple[Support, ...]
    checks: tuple[Mapping[str, Any], ...]
    decided: Decided | None

    @property
    def tier(self) -> str:
        """The letter of the evidence tier, or nothing."""
        return str(self.evidence["tier"]) if self.evidence else ""

    @property
    def tier_words(self) -> str:
        """The tier as a word."""
        return TIERS.get(self.tier, "")

    @property
    def tier_meaning(self) -> str:
        """What the tier means."""
        return TIER_MEANINGS.get(self.tier, "")

    @property
    def why(self) -> tuple[str, ...]:
        """Why the tier is not higher."""
        return tuple(WHY_WORDS.get(code, code) for code in (self.evidence or {}).get("why", ()))

    @property
    def places(self) -> int:
        """How many passages and references it rests on."""
        return sum(len(support.places) for support in self.supports)


@dataclass(frozen=True, slots=True)
class TierGroup:
    """Flags of one severity and one tier."""

    heading: str
    flags: tuple[FlagView, ...]


@dataclass(frozen=True, slots=True)
class SeverityGroup:
    """Flags of one severity, by tier."""

    severity: str
    words: str
    tiers: tuple[TierGroup, ...]

    @property
    def flags(self) -> tuple[FlagView, ...]:
        """All of them, in order."""
        return tuple(flag for tier in self.tiers for flag in tier.flags)

    @property
    def count(self) -> str:
        """How many there are, in words."""
        return counted(len(self.flags), "flag")

    @property
    def undecided(self) -> tuple[FlagView, ...]:
        """Those that nobody has decided on."""
        return tuple(flag for flag in self.flags if flag.decided is None)


def decided_of(standing: Standing | None, reasons: Mapping[str, str]) -> Decided | None:
    """Return a standing decision in words; `reasons` are the displays of the override codes."""
    if standing is None:
        return None
    words = {"agree": "Agreed", "no_action": CHOICE_WORDS["no_action"], "override": "Overridden"}[standing.choice]
    reason = reasons.get(standing.reason or "", standing.reason or "")
    return Decided(standing.choice, words, reason, standing.comment or "", standing.by, moment_words(standing.at))


def severity_groups(
    answer: Mapping[str, Any],
    reading: Reading | None,
    library: Library,
    decisions: Mapping[str, Decided],
) -> tuple[SeverityGroup, ...]:
    """Return the raised flags of an answer by severity, then tier."""
    sayer = Sayer(reading.pack, reading.facts.by_id) if reading else None
    lines = _conditions(sayer, reading, [flag["rule"] for flag in answer["flags"]])
    views = [
        _flag(flag, reading, lines.get(flag["rule"]), library, decisions.get(flag["rule"]))
        for flag in answer["flags"]
        if flag["outcome"] == RAISED
    ]
    groups = []
    for severity in SEVERITIES:
        of_it = [view for view in views if view.severity == severity]
        if of_it:
            groups.append(SeverityGroup(severity, SEVERITY_WORDS[severity], tuple(_by_tier(of_it))))
    return tuple(groups)


def _conditions(sayer: Sayer | None, reading: Reading | None, rules: Iterable[str]) -> dict[str, Line]:
    """Return the condition of each rule with its clauses marked, as far as the same rules answer the same today."""
    if sayer is None or reading is None or not reading.is_same:
        return {}
    wanted = set(rules)
    return {rule.id: sayer.rule(rule) for rule in reading.pack.active_rules if rule.id in wanted}


def _by_tier(views: Sequence[FlagView]) -> Iterable[TierGroup]:
    for tier in TIER_ORDER:
        of_it = tuple(view for view in views if view.tier == tier)
        if of_it:
            yield TierGroup(f"Evidence, tier {tier}: {TIERS[tier]}" if tier else "Cautions and notes", of_it)


def _flag(
    flag: Mapping[str, Any], reading: Reading | None, line: Line | None, library: Library, decided: Decided | None
) -> FlagView:
    return FlagView(
        anchor=anchor_of(flag["rule"]), rule=flag["rule"], version=int(flag["version"]), review=flag["review"],
        severity=flag["severity"], category=CATEGORY_DISPLAYS.get(flag["category"], flag["category"]),
        title=flag["title"], summary=flag["summary"], detail=flag["detail"],
        for_review=tuple(flag["for_review"]), does_not_cover=tuple(flag["does_not_cover"]),
        basis=BASIS.get(flag.get("rests_on", ""), ""), evidence=flag["evidence"],
        facts=fact_rows(flag["because"], reading.pack if reading else None), condition=line,
        supports=supports(flag["sources"], library), checks=tuple(_checks(flag, reading)), decided=decided,
    )  # fmt: skip


def _checks(flag: Mapping[str, Any], reading: Reading | None) -> Iterable[Mapping[str, Any]]:
    """Yield what an independent look found: as the answer says, or, for flags without a tier, as the rules do."""
    if flag["evidence"]:
        yield from flag["evidence"]["checked"] or ()
        return
    for claim in flag["claims"] if reading else ():
        check = reading.pack.checks.get(claim) if reading else None
        if check:
            yield check_of(check)


def anchor_of(rule: str) -> str:
    """Return the id of a flag on the page."""
    return f"flag-{slug(rule)}"
