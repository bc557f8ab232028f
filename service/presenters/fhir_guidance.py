"""GuidanceResponse: what came of the whole question, what data it still needs, and what is to be said of the data."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from schemas.canonical import CANONICAL
from schemas.fhir_terms import ResultCode
from service.assess import Advisory, Flag, Missing
from service.engine.reference import CANNOT_SAY
from service.knowledge.dose_guard import doses_in, without_doses
from service.knowledge.model import FactDeclaration
from service.presenters.fhir_parts import Plain, extension
from service.presenters.fhir_provenance import library
from service.presenters.grouping import Blocked, blocked
from service.presenters.plain import DoseFound

LOINC = "http://loinc.org"
# Which resource would say what a member of a profile holds. A member not named here has the type of its first part.
TYPES = {
    "conditions": "Condition",
    "signs": "Condition",
    "medications": "MedicationStatement",
    "supplements": "MedicationStatement",
    "diet": "NutritionOrder",
    "labs": "Observation",
    "patient": "Patient",
    "patient.pregnant": "Condition",
    "patient.breastfeeding": "Condition",
    "kidney.egfr": "Observation",
    "kidney.creatinine": "Observation",
    "kidney.cystatin_c": "Observation",
    "kidney.stage": "Condition",
    "kidney.dialysis": "Condition",
    "kidney.acute_kidney_injury": "Condition",
}
ELEMENTS = {"patient.age": "birthDate", "patient.birth_date": "birthDate", "patient.sex": "gender"}
# The member that a fact is read from, where its declaration names none.
MEMBERS = {"age": "patient.age", "filtration": "kidney.egfr", "product": "supplements", "count_products": "supplements"}
# A reason of ours as a code of FHIR's issue types; any other is a matter of processing.
ISSUE_TYPES = {
    "conflict": "conflict",
    "implausible": "value",
    "unusable_unit": "value",
    "unrecognised": "code-invalid",
    "not_used": "informational",
    "not_supplied": "incomplete",
}


def codes_by_member(results: Mapping[str, ResultCode]) -> dict[str, tuple[str, ...]]:
    """Return for each member of a profile the LOINC codes that fill it, the best first."""
    found: dict[str, list[tuple[int, str]]] = {}
    for code, result in results.items():
        found.setdefault(result.path, []).append((result.rank, code))
    return {member: tuple(code for _, code in sorted(codes)) for member, codes in found.items()}


def guidance(advisory: Advisory, created_at: str) -> Plain:
    """Return the GuidanceResponse without what needs more than the advisory. `result` has no place for issues in R4."""
    needs = any(flag.outcome == CANNOT_SAY for flag in advisory.flags)
    dated = extension("as-of", "Date", advisory.as_of.isoformat())
    return {
        "resourceType": "GuidanceResponse",
        "extension": [dated, extension("pack-sha256", "String", advisory.pack.sha256)],
        "moduleCanonical": library(advisory.pack),
        "status": "data-required" if needs else "success",
        "occurrenceDateTime": created_at,
        "note": [{"text": advisory.pack.notice}],
    }


def requirements(
    flags: Sequence[Flag], facts: Mapping[str, FactDeclaration], codes: Mapping[str, tuple[str, ...]]
) -> Iterator[Plain]:
    """Yield a DataRequirement for each thing that is missing, what blocks the gravest and the most first."""
    gaps: dict[tuple[str, str], Missing] = {}
    for gap in (gap for flag in flags for gap in flag.missing):
        gaps.setdefault((gap.at, gap.reason), gap)
    for group in blocked(flags):
        member = _member(gaps[group.at, group.reason], facts)
        kind = TYPES.get(member) or TYPES[member.split(".")[0]]
        needed: Plain = {"extension": [_why(group)], "type": kind}
        if member in ELEMENTS:
            needed["mustSupport"] = [ELEMENTS[member]]
        if member in codes:
            needed["codeFilter"] = [{"path": "code", "code": [_loinc(code) for code in codes[member]]}]
        yield needed


def _loinc(code: str) -> Plain:
    return {"system": LOINC, "code": code}


def _why(group: Blocked) -> Plain:
    parts = [
        {"url": "reason", "valueCode": group.reason},
        {"url": "detail", "valueString": _guarded(group.detail)},
        {"url": "waiting", "valueUnsignedInt": len(group.flags)},
        *([{"url": "at", "valueString": group.at}] if group.at else []),
    ]
    return {"url": f"{CANONICAL}/StructureDefinition/missing", "extension": parts}


def _member(gap: Missing, facts: Mapping[str, FactDeclaration]) -> str:
    """Return the member of a profile that is missing: by its place, or where that is in a resource, by the fact."""
    parts = gap.at.split("/")[1:3]
    if ".".join(parts) in TYPES or (parts and parts[0] in TYPES):
        return ".".join(parts)
    fact = facts[gap.fact]
    given = str(fact.given.get("of") or fact.given.get("list") or MEMBERS[fact.kind])
    return "diet.foods" if given == "foods" else given


def outcome(advisory: Advisory) -> Plain | None:
    """Return the OperationOutcome with what is to be said of the data, None if there is nothing."""
    issues = [*_quality(advisory), *_unrecognised(advisory), *_silent(advisory.silent_on)]
    return {"resourceType": "OperationOutcome", "issue": issues} if issues else None


def _quality(advisory: Advisory) -> Iterator[Plain]:
    for gap in advisory.data_quality:
        severity = "information" if gap.reason == "not_used" else "warning"
        yield _issue(severity, gap.reason, gap.detail, gap.at)


def _unrecognised(advisory: Advisory) -> Iterator[Plain]:
    """Yield what was not recognised; the record's own words stand apart from ours."""
    for each in advisory.unrecognised:
        meant = f" Did you mean {' or '.join(each.did_you_mean)}?" if each.did_you_mean else ""
        yield _issue("warning", "unrecognised", f"Not recognised.{meant}", f"{each.at}: {without_doses(each.text)}")


def _silent(subjects: Iterable[str]) -> Iterator[Plain]:
    for subject in subjects:
        text = _guarded(f"The documents say nothing on {subject}.")
        yield {"severity": "information", "code": "informational", "details": {"text": text}}


def _issue(severity: str, reason: str, text: str, where: str) -> Plain:
    details = {"coding": [{"system": f"{CANONICAL}/CodeSystem/reason", "code": reason}]}
    found = {"severity": severity, "code": ISSUE_TYPES.get(reason, "processing")}
    return found | {"details": details | {"text": _guarded(text)}} | ({"diagnostics": where} if where else {})


def _guarded(text: str) -> str:
    if any(doses_in(text)):
        raise DoseFound("what is said of the data")
    return text
