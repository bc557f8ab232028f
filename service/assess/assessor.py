"""Runs the whole way: profile, facts, both engines, reasons, flags."""

from datetime import date

from schemas.profile import Profile
from service.assess.advisory import Advisory, Clear, Flag
from service.assess.reasons import Reasons, would_need
from service.engine.agree import Engines
from service.engine.reference import CANNOT_SAY, CLEAR, RAISED
from service.facts.derive import derive
from service.facts.model import Facts, Gap
from service.knowledge.model import SEVERITIES, STEP_DOWN, Pack, Rule

ORDER = {severity: rank for rank, severity in enumerate(SEVERITIES)}


class Assessor:
    """Assesses profiles with one pack; `engine` names a single engine for authors, None both, as every answer needs."""

    def __init__(self, pack: Pack, engine: str | None = None) -> None:
        self.pack = pack
        self.engines = Engines(pack)
        self._evaluate = self.engines.only(engine) if engine else self.engines.evaluate
        self._rules = {rule.id: rule for rule in pack.active_rules}

    def assess(self, profile: Profile, as_of: date, profile_sha256: str, explain: bool = False) -> Advisory:
        """Return the advisory of a profile on a day; raise Disagreement rather than answer without agreement."""
        facts = derive(profile, self.pack, as_of)
        outcomes = self._evaluate(facts.by_id)
        reasons = Reasons(facts.by_id)
        spoke = [rule for rule in self._rules.values() if outcomes[rule.id] != CLEAR]
        flags = [self._flag(rule, outcomes[rule.id], reasons) for rule in spoke]
        flags.sort(key=lambda flag: (ORDER[flag.severity], flag.outcome != RAISED, flag.rule.id))
        return Advisory(
            pack=self.pack, as_of=as_of, profile_sha256=profile_sha256, flags=tuple(flags),
            unrecognised=tuple(facts.unrecognised), data_quality=_once(facts.quality), silent_on=_silent(flags),
            not_raised=self._not_raised(outcomes, facts, reasons) if explain else None,
        )  # fmt: skip

    def facts(self, profile: Profile, as_of: date) -> Facts:
        """Return the facts alone."""
        return derive(profile, self.pack, as_of)

    def _flag(self, rule: Rule, outcome: str, reasons: Reasons) -> Flag:
        if outcome == CANNOT_SAY:
            known = reasons.known_so_far(rule)
            return Flag(rule, outcome, STEP_DOWN[rule.severity], known, reasons.missing(rule))
        return Flag(rule, outcome, rule.severity, reasons.because(rule), ())

    def _not_raised(self, outcomes: dict[str, str], facts: Facts, reasons: Reasons) -> tuple[Clear, ...]:
        declarations = dict(self.pack.facts)
        return tuple(
            Clear(rule, reasons.because(rule), would_need(rule, facts.by_id, declarations))
            for rule in self._rules.values()
            if outcomes[rule.id] == CLEAR
        )


def _once(quality: list[Gap]) -> tuple[Gap, ...]:
    return tuple(sorted(dict.fromkeys(quality), key=lambda gap: (gap.at, gap.reason, gap.detail)))


def _silent(flags: list[Flag]) -> tuple[str, ...]:
    """Return what the documents are silent on for this patient, also where only the patient's state is not known."""
    return tuple(sorted({flag.rule.silent_on for flag in flags if flag.rule.silent_on and _may_concern(flag)}))


def _may_concern(flag: Flag) -> bool:
    return all(gap.fact.startswith("patient.") for gap in flag.missing)
