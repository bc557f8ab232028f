"""DetectedIssue: one for each flag, always preliminary, because only a clinician makes it more."""

from collections.abc import Iterable
from dataclasses import replace

from schemas.canonical import CANONICAL, category_coding
from service.assess import Because, Flag, Missing
from service.engine.reference import RAISED
from service.knowledge.dose_guard import doses_in, without_doses
from service.knowledge.model import WORD_KINDS, FactDeclaration, Pack, Rule
from service.knowledge.nodes import facts_in
from service.presenters.fhir_parts import Plain, coding, extension, reference, type_of
from service.presenters.grouping import REASON_WORDS
from service.presenters.plain import DoseFound
from service.presenters.text import says

SEVERITY = {"critical": "high", "warning": "moderate", "info": "low"}
ACT_CODE = "http://terminology.hl7.org/CodeSystem/v3-ActCode"
# From HL7's value set detectedissue-category, and only where its meaning is that of our category.
OBSERVATION_ALERT = coding(ACT_CODE, "OBSA", "Observation Alert")
DRUG_INTERACTION = coding(ACT_CODE, "DRG", "Drug Interaction Alert")
NATURAL_PRODUCT = coding(ACT_CODE, "NHP", "Natural Health Product Alert")
IMPLICATED = frozenset({
    "Medication", "MedicationAdministration", "MedicationDispense", "MedicationRequest", "MedicationStatement",
    "NutritionOrder", "ServiceRequest", "SupplyRequest",
})  # fmt: skip
# Of the texts of rules that cannot say; none holds anything of a patient.
MOST_REMEMBERED = 4096
# One thing behind a flag: the member of an issue where it stands, and what stands there.
Behind = tuple[str, Plain]


class IssueWriter:
    """Writes the flags of one pack; what a rule says never changes, so it is put together and guarded once."""

    def __init__(self, pack: Pack, base: str) -> None:
        self._facts = pack.facts
        self._heads = {rule.id: self._head(rule, base) for rule in pack.active_rules}
        self._alerts = {rule.id: self._alert(rule) for rule in pack.active_rules}
        self._details = {rule.id: _raised_detail(rule) for rule in pack.active_rules}
        self._open: dict[tuple[str, ...], str] = {}

    def issue(self, flag: Flag, common: Plain, seen: dict[Because, Behind]) -> Plain:
        """Return the DetectedIssue of a flag, or raise DoseFound.

        `common` is what all issues of an advisory share (patient, moment, author); `seen` keeps, for one advisory,
        what each fact behind it becomes, because many flags rest on the same.
        """
        head, raised = self._heads[flag.rule.id], flag.outcome == RAISED
        alert = self._alerts[flag.rule.id] if raised else []
        outcome = extension("outcome", "Code", flag.outcome)
        return head | common | {
            "extension": [outcome, *head["extension"]],
            "code": {"coding": [*alert, category_coding(flag.rule.category)], "text": flag.title},
            "severity": SEVERITY[flag.severity],
            **self._behind(flag.because, seen),
            "detail": self._details[flag.rule.id] if raised else self._open_detail(flag),
        }  # fmt: skip

    def _behind(self, because: Iterable[Because], seen: dict[Because, Behind]) -> Plain:
        """Return `implicated` and `evidence`; neither where there is nothing."""
        members: dict[str, dict[str, Plain]] = {}
        for each in because:
            if each not in seen:
                seen[each] = self._one(each)
            member, found = seen[each]
            # By their text, because to compare each with all others takes minutes for a long list of medicines.
            members.setdefault(member, {}).setdefault(repr(found), found)
        return {member: list(found.values()) for member, found in members.items()}

    def _one(self, each: Because) -> Behind:
        if isinstance(each.value, str):
            each = replace(each, value=without_doses(each.value))
        if self._is_product(each):
            return "implicated", reference(each.source, each.value)
        shown = {"code": [{"text": says(each)}]}
        pointed = reference(each.source)
        return "evidence", shown | {"detail": [pointed]} if pointed else shown

    def _is_product(self, each: Because) -> bool:
        """Say whether what was seen is a medicine, a supplement or an order, and not the absence of one."""
        fact, found = self._facts[each.fact], type_of(each.source)
        if not isinstance(each.value, str) or fact.kind in WORD_KINDS:
            return False
        return found in IMPLICATED if found else _is_of_products(fact)

    def _head(self, rule: Rule, base: str) -> Plain:
        tier = [extension("evidence-tier", "Code", rule.evidence.tier)] if rule.evidence else []
        return {
            "resourceType": "DetectedIssue",
            "extension": [extension("rule-version", "PositiveInt", rule.version), *tier],
            "identifier": [{"system": f"{CANONICAL}/rule", "value": rule.id}],
            "status": "preliminary",
            "reference": f"{base}/rules/{rule.id}",
        }

    def _alert(self, rule: Rule) -> list[Plain]:
        """Return HL7's code for what a rule raises; one that cannot say has alerted to nothing."""
        if rule.category == "caution":
            return [OBSERVATION_ALERT]
        if rule.category != "interaction":
            return []
        facts = [self._facts[fact] for fact in facts_in(rule.condition)]
        return [DRUG_INTERACTION if any(_is_of_medicines(fact) for fact in facts) else NATURAL_PRODUCT]

    def _open_detail(self, flag: Flag) -> str:
        """Return the text of a flag that cannot say; what is missing may name a record, so it is not remembered."""
        missing = [_guarded(_missing(gap), flag.rule) for gap in flag.missing]
        return "\n".join([self._open_said(flag), *missing, *_asked(flag.rule)])

    def _open_said(self, flag: Flag) -> str:
        key = (flag.rule.id, *dict.fromkeys(gap.fact for gap in flag.missing))
        found = self._open.get(key)
        if found is None:
            found = _guarded(f"{flag.summary}\n{flag.detail.strip()}", flag.rule)
            if len(self._open) < MOST_REMEMBERED:
                self._open[key] = found
        return found


def _is_of_products(fact: FactDeclaration) -> bool:
    """Say whether a fact speaks of medicines or supplements."""
    return fact.kind in ("product", "count_products") or _is_of_medicines(fact)


def _is_of_medicines(fact: FactDeclaration) -> bool:
    return fact.given.get("list") == "medications"


def _raised_detail(rule: Rule) -> str:
    text = "\n".join([rule.summary, rule.detail.strip(), *_asked(rule)])
    _guarded(rule.title, rule)
    return _guarded(text, rule)


def _asked(rule: Rule) -> list[str]:
    reviewed = [f"For review: {question}" for question in rule.for_review]
    return [*reviewed, *(f"Does not cover: {limit}" for limit in rule.does_not_cover)]


def _missing(gap: Missing) -> str:
    return f"Missing: {gap.at or 'profile'} {REASON_WORDS.get(gap.reason, gap.reason)}: {gap.detail}"


def _guarded(text: str, rule: Rule) -> str:
    if any(doses_in(text)):
        raise DoseFound(rule.id)
    return text
