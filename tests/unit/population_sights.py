"""What the files of a made-up population hold, and how each awkward thing looks in them."""

import gzip
import json
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from json import JSONDecodeError, JSONDecoder
from typing import Any

from schemas.problem import Refused
from service.intake.strict_json import parse_fhir
from service.population.generate.awkward.names import CONTRADICTIONS, LOCAL
from service.population.generate.awkward.values import MANY_DIGITS
from service.population.generate.resources import LOINC
from service.population.generate.wishes import AS_OF, charts

Resource = dict[str, Any]
WORDS = charts()["awkward_words"]


def lines_of(files: dict[str, bytes]) -> Iterator[tuple[str, bytes]]:
    for name, content in files.items():
        plain = gzip.decompress(content) if name.endswith(".gz") else content
        assert plain.endswith(b"\n")
        for line in plain[:-1].split(b"\n"):
            yield name.partition(".")[0], line


def resource_of(line: bytes) -> Resource | None:
    try:
        read = json.loads(line)
    except ValueError:
        return None
    return read if isinstance(read, dict) and isinstance(read.get("resourceType"), str) else None


def owner_of(resource: Resource) -> str | None:
    if resource["resourceType"] == "Patient":
        return str(resource["id"])
    about = (resource.get("subject") or resource.get("patient") or {}).get("reference", "")
    return about.partition("/_history")[0].rpartition("Patient/")[2] or None


@dataclass
class Found:
    """What the files of an export hold."""

    lines: list[tuple[str, bytes]]
    resources: list[tuple[str, Resource]] = field(default_factory=list)
    copies: dict[tuple[str, str], list[Resource]] = field(default_factory=lambda: defaultdict(list))
    of: dict[str | None, list[Resource]] = field(default_factory=lambda: defaultdict(list))

    def __post_init__(self) -> None:
        for kind, line in self.lines:
            resource = resource_of(line)
            if resource:
                self.resources.append((kind, resource))
                self.copies[resource["resourceType"], str(resource.get("id"))].append(resource)
                self.of[owner_of(resource)].append(resource)


def observed(sees: Callable[[Resource], Any]) -> Callable[[Found], bool]:
    return seen("Observation", sees)


def seen(kind: str, sees: Callable[[Resource], Any]) -> Callable[[Found], bool]:
    return lambda found: any(sees(resource) for _, resource in found.resources if resource["resourceType"] == kind)


def read_as(sees: Callable[[bytes], Any]) -> Callable[[Found], bool]:
    return lambda found: any(sees(line) for _, line in found.lines)


def value(result: Resource) -> Resource:
    given: Resource = result.get("valueQuantity", {})
    return given


def codings(resource: Resource) -> list[Resource]:
    concept = resource.get("code") or resource.get("medicationCodeableConcept") or {}
    given: list[Resource] = concept.get("coding", [])
    return given


def named(resource: Resource) -> Resource:
    concept: Resource = resource.get("code") or resource.get("medicationCodeableConcept") or {}
    return concept


def has_system(systems: set[str], resource: Resource) -> bool:
    return any(each["system"] in systems for each in codings(resource))


def is_in_another_file(found: Found) -> bool:
    return any(kind == "Observation" and each["resourceType"] == "Condition" for kind, each in found.resources)


def is_there_twice(found: Found) -> bool:
    return any(count > 1 for (_, line), count in Counter(found.lines).items() if resource_of(line))


def has_code(code: str) -> Callable[[Resource], bool]:
    return lambda resource: any(each["code"] == code for each in codings(resource))


def status(word: str) -> Callable[[Resource], bool]:
    return lambda resource: resource.get("status") == word


def verified(*words: str) -> Callable[[Resource], bool]:
    return lambda condition: condition["verificationStatus"]["coding"][0]["code"] in words


def about(sees: Callable[[str], Any]) -> Callable[[Found], bool]:
    return lambda found: any(sees(resource.get("subject", {}).get("reference", "")) for _, resource in found.resources)


def named_with(sees: Callable[[Resource], Any]) -> Callable[[Found], bool]:
    kinds = ("Condition", "MedicationRequest", "MedicationStatement")
    return lambda found: any(sees(each) for _, each in found.resources if each["resourceType"] in kinds)


def copied(sees: Callable[[list[Resource]], Any]) -> Callable[[Found], bool]:
    return lambda found: any(sees(copies) for copies in found.copies.values() if len(copies) > 1)


def differ_without_version(copies: list[Resource]) -> bool:
    return copies[0] != copies[-1] and not any("meta" in each for each in copies)


def is_of_one_moment(found: Found) -> bool:
    results = Counter(
        (owner_of(each), str(codings(each)), each.get("effectiveDateTime"))
        for _, each in found.resources
        if each["resourceType"] == "Observation" and str(each.get("id")).rpartition("-")[2].startswith(("o", "x"))
    )
    return max(results.values()) > 1


def decodes_up_to(line: bytes) -> int | None:
    try:
        return JSONDecoder().raw_decode(line.decode())[1]
    except (JSONDecodeError, UnicodeDecodeError):
        return None


def not_utf8(line: bytes) -> bool:
    return line.decode("utf-8", "replace").encode() != line


def is_refused(line: bytes) -> bool:
    try:
        parse_fhir(line)
    except Refused:
        return True
    return False


def ended(condition: Resource) -> bool:
    return any(name.startswith(("clinicalStatus", "abatement")) for name in condition)


UNKNOWN = {*WORDS["unknown_systems"]}
UNITS = {spelled for others in WORDS["spelled"].values() for spelled in others}
SPELLED = {spelled for others in WORDS["systems_spelled"].values() for spelled in others}
MISSPELT = {*WORDS["misspelt"], *WORDS["misspelt_medicines"]}
PATIENT = "Patient"
# How each awkward thing looks in the files.
SIGHTS: dict[str, Callable[[Found], bool]] = {
    "birth_date_absent": seen(PATIENT, lambda each: "birthDate" not in each),
    "birth_date_partial": seen(PATIENT, lambda each: len(each.get("birthDate", "2026-11-21")) in (4, 7)),
    "gender_other": seen(PATIENT, lambda each: each.get("gender") == "other"),
    "gender_unknown": seen(PATIENT, lambda each: each.get("gender") == "unknown"),
    "gender_absent": seen(PATIENT, lambda each: "gender" not in each),
    "deceased": seen(PATIENT, lambda each: "deceasedBoolean" in each or "deceasedDateTime" in each),
    "unit_missing": observed(lambda each: value(each) and "unit" not in value(each)),
    "unit_not_convertible": observed(
        lambda each: value(each).get("unit") in WORDS["units_not_convertible"] and not has_code("4548-4")(each)
    ),
    "unit_spelled": observed(lambda each: value(each).get("unit") in UNITS),
    "comparator": observed(lambda each: "comparator" in value(each)),
    "comparator_as_text": observed(lambda each: each.get("valueString", "").startswith(">")),
    "result_preliminary": observed(status("preliminary")),
    "result_registered": observed(status("registered")),
    "result_entered_in_error": observed(status("entered-in-error")),
    "result_cancelled": observed(status("cancelled")),
    "value_absent": observed(lambda each: "dataAbsentReason" in each and not value(each)),
    "value_beside_absent_reason": observed(lambda each: "dataAbsentReason" in each and value(each)),
    "value_written_as_text": observed(lambda each: isinstance(value(each).get("value"), str)),
    "value_implausible": observed(lambda each: value(each) and float(value(each)["value"]) < 0),
    "value_of_many_digits": read_as(lambda line: MANY_DIGITS.encode() in line),
    "result_undated": observed(lambda each: not any(name.startswith("effective") for name in each)),
    "result_of_the_future": observed(lambda each: each.get("effectiveDateTime", "")[:10] > AS_OF.isoformat()),
    "result_date_partial": observed(lambda each: len(each.get("effectiveDateTime", "2026-11-21")) in (4, 7)),
    "result_of_a_period": observed(lambda each: "effectivePeriod" in each),
    "results_of_one_moment_differ": is_of_one_moment,
    "result_text_only": observed(lambda each: not codings(each)),
    "result_code_spelled": observed(lambda each: has_system(SPELLED, each)),
    "result_of_two_tests": observed(lambda each: len({c["code"] for c in codings(each) if c["system"] == LOINC}) > 1),
    "result_in_component": observed(lambda each: has_code("24362-6")(each) and each["component"]),
    "result_of_somebody_else": observed(lambda each: "focus" in each),
    "red_cell_magnesium": observed(has_code("2597-3")),
    "result_of_dialysis": observed(has_code("51618-7")),
    "pregnancy": observed(has_code("82810-3")),
    "condition_entered_in_error": seen("Condition", verified("entered-in-error")),
    "condition_refuted": seen("Condition", verified("refuted")),
    "condition_unconfirmed": seen("Condition", verified("unconfirmed", "provisional", "differential")),
    "condition_without_status": seen("Condition", lambda each: verified("confirmed")(each) and not ended(each)),
    "condition_ended": seen("Condition", lambda each: "clinicalStatus" not in each and "abatementDateTime" in each),
    "condition_without_code": seen("Condition", lambda each: "code" not in each),
    "several_codings": named_with(lambda each: codings(each)[:1] == [LOCAL]),
    "codings_contradict": named_with(lambda each: tuple(codings(each)) in CONTRADICTIONS.values()),
    "text_only": named_with(lambda each: named(each).keys() == {"text"}),
    "text_unknown": named_with(lambda each: named(each).get("text") in MISSPELT),
    "code_system_unknown": named_with(lambda each: has_system(UNKNOWN, each)),
    "code_system_spelled": named_with(lambda each: has_system(SPELLED, each)),
    "medicine_on_hold": seen("MedicationRequest", status("on-hold")),
    "medicine_stopped": seen("MedicationRequest", status("stopped")),
    "medicine_completed": seen("MedicationRequest", status("completed")),
    "medicine_draft": seen("MedicationRequest", status("draft")),
    "medicine_entered_in_error": seen("MedicationRequest", status("entered-in-error")),
    "medicine_contained": seen("MedicationRequest", lambda each: "contained" in each),
    "medicine_not_there": seen("MedicationRequest", lambda each: "-gone" in str(each.get("medicationReference"))),
    "medicine_unnamed": seen("MedicationRequest", lambda each: not any(name.startswith("medication") for name in each)),
    "procedure_not_done": seen("Procedure", status("not-done")),
    "type_unknown": seen("Sausage", bool),
    "type_not_read": seen("Encounter", bool),
    "in_another_file": is_in_another_file,
    "subject_absolute": about(lambda whom: whom.startswith("https://") and "_history" not in whom),
    "subject_versioned": about(lambda whom: "/_history/" in whom),
    "subject_absent": seen("Condition", lambda each: "subject" not in each),
    "subject_is_group": about(lambda whom: whom.startswith("Group/")),
    "subject_not_in_export": about(lambda whom: whom.startswith("Patient/gone-")),
    "exact_duplicate": is_there_twice,
    "newer_version": copied(lambda copies: any(each.get("meta", {}).get("versionId") == "2" for each in copies)),
    "copy_differs": copied(lambda copies: copies[0]["resourceType"] != PATIENT and differ_without_version(copies)),
    "patient_copy_differs": copied(
        lambda copies: copies[0]["resourceType"] == PATIENT and differ_without_version(copies)
    ),
    "alone": lambda found: any(len(each) == 1 for who, each in found.of.items() if who and who[0] == "p"),
    "line_cut": read_as(lambda line: line.startswith(b'{"res') and not not_utf8(line) and decodes_up_to(line) is None),
    "line_with_garbage": read_as(lambda line: (decodes_up_to(line) or len(line)) < len(line)),
    "line_empty": read_as(lambda line: not line.strip()),
    "line_not_utf8": read_as(not_utf8),
    "line_no_resource": read_as(lambda line: decodes_up_to(line) == len(line) and not resource_of(line)),
    "line_not_strict": read_as(lambda line: resource_of(line) and is_refused(line)),
    "line_with_member_twice": read_as(lambda line: b'"id":"another"' in line),
}  # fmt: skip
# Ordinary charts hold these too.
ORDINARY = {"text_only", "medicine_on_hold", "medicine_stopped", "medicine_completed", "results_of_one_moment_differ"}
