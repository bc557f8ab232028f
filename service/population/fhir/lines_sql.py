"""Whose a line is, and why it is not used, in SQL: over rows with `resourceType`, `id`, `subject`, `patient`, `meta`.

All members are JSON texts. Whom a resource is about is read as service.intake.fhir.subjects does, only that a line
stands alone here: what does not name its patient belongs to nobody.
"""

from collections.abc import Iterable

from schemas.fhir_types import TYPES
from service.facts.in_sql.words import cases, literal
from service.population.fhir.members import READ, REFERRED, TOLD, TOLD_BY

NOT_JSON, NO_TYPE, UNKNOWN_TYPE = "not_json", "no_type", "unknown_type"
NO_ID, NO_SUBJECT, NOT_A_PATIENT, NO_SUCH_PATIENT = "no_id", "no_subject", "not_a_patient", "no_such_patient"
NOT_STRICT, TOO_LONG = "not_strict", "too_long"
# What each reason means, for people.
REASONS = {
    NOT_JSON: "The line is not JSON.",
    NOT_STRICT: "The line is JSON that may be read in two ways (a member twice, or what is no number or text).",
    TOO_LONG: "The line is longer than 16 MB.",
    NO_TYPE: "The line is no FHIR resource: it has no resourceType.",
    UNKNOWN_TYPE: "FHIR knows no resource of this type.",
    NO_ID: "A Patient without an id that FHIR allows.",
    NO_SUBJECT: "It does not say, in a way that can be read, whom it is about.",
    NOT_A_PATIENT: "It is about a group, a device or a place, not about a patient.",
    NO_SUCH_PATIENT: "Its patient is not in this export.",
}
ID = "[A-Za-z0-9.-]*[A-Za-z0-9][A-Za-z0-9.-]*"
KIND = "substr(resourceType, 2, length(resourceType) - 2)"
WHOSE = "CASE WHEN subject LIKE '{%' AND subject <> '{}' THEN subject WHEN patient LIKE '{%' THEN patient END"
# "Patient/7", with a server before it and a version behind it or without; a bare id; or a urn.
OF_PATIENT = "^(?:.*/)?Patient/([^/?#]+)(?:/_history/[^/]+)?$"


def in_words(kinds: Iterable[str]) -> str:
    """Return texts as the inside of IN (…)."""
    return ", ".join(map(literal, sorted(kinds)))


def known_id(member: str) -> str:
    """Return an id without its quotes; NULL where FHIR allows no such id."""
    inside = f"substr({member}, 2, length({member}) - 2)"
    return f"CASE WHEN length({member}) <= 66 AND regexp_matches({member}, '^\"{ID}\"$') THEN {inside} END"


def patient_of(target: str) -> str:
    """Return the id of the patient that a reference names; NULL where it names none."""
    # Almost all are written in the plainest way, which is told much faster.
    return cases([
        (f"{target} LIKE 'Patient/%' AND regexp_matches(substr({target}, 9), '^[^/?#]+$')", f"substr({target}, 9)"),
        (f"regexp_matches({target}, '{OF_PATIENT}')", f"regexp_extract({target}, '{OF_PATIENT}', 1)"),
        (f"{target} LIKE 'urn:%'", f"regexp_extract({target}, '([^:]+)$', 1)"),
        (f"{target} NOT LIKE '#%' AND {target} NOT LIKE '%/%'", target),
    ])  # fmt: skip


def whose(source: str) -> str:
    """Return the query of lines with `kind`, `known` (the id), `target` and `patient_id` (whom they are about)."""
    target = f"json_extract_string({WHOSE}, '$.reference')"
    return f"""
        SELECT *, CASE WHEN kind = 'Patient' THEN known ELSE {patient_of("target")} END AS patient_id FROM (
          SELECT *, CASE WHEN regexp_matches(resourceType, '^"[A-Za-z]{{1,40}}"$') THEN {KIND} END AS kind,
            {known_id("id")} AS known, {target} AS target
          FROM {source}) AS typed"""


def reason(pid: str) -> str:
    """Return why a line is not used, or NULL; `pid` is the number of its patient, NULL where there is no such one."""
    others = (*REFERRED, *(kind for kind in TYPES if kind not in (*READ, *TOLD, *REFERRED)))
    is_about_it = "kind = 'Patient' OR target NOT LIKE '#%'"
    return cases([
        # Almost every line is used, which is told before all types are gone through.
        (f"{pid} IS NOT NULL AND kind IN ({in_words((*READ, *TOLD))}) AND ({is_about_it})", "NULL"),
        ("resourceType IS NULL", literal(NO_TYPE)),
        ("kind IS NULL OR kind NOT IN (" + in_words(TYPES) + ")", literal(UNKNOWN_TYPE)),
        (f"kind IN ({in_words(others)})", "NULL"),
        ("kind = 'Patient' AND known IS NULL", literal(NO_ID)),
        ("kind <> 'Patient' AND (target IS NULL OR target = '' OR target LIKE '#%')", literal(NO_SUBJECT)),
        ("patient_id IS NULL", literal(NOT_A_PATIENT)),
        (f"{pid} IS NULL", literal(NO_SUCH_PATIENT)),
    ])  # fmt: skip


def members_of(source: str) -> str:
    """Return the query of whole lines of a small table with the members by which it is known whose they are."""
    members = ", ".join(f"CAST(json_extract(line, '$.{name}') AS STRING) AS {name}" for name in TOLD_BY)
    return f"(SELECT file, line, {members} FROM {source}) AS members"
