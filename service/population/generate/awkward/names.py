"""What goes wrong with names: several codes, contradictory ones, words only, unknown words, unknown code systems."""

from collections.abc import Callable
from typing import Any

from service.population.generate.awkward.case import Case
from service.population.generate.resources import SYSTEMS, coding

NAMED = {
    "Condition": "code",
    "MedicationRequest": "medicationCodeableConcept",
    "MedicationStatement": "medicationCodeableConcept",
}
# Two codes that mean two things.
CONTRADICTIONS = {
    "code": (coding(SYSTEMS["icd10cm"], "E11.9"), coding(SYSTEMS["icd10cm"], "G43.909")),
    "medicationCodeableConcept": (coding(SYSTEMS["rxnorm"], "7646"), coding(SYSTEMS["atc"], "C03CA01")),
}
# Codes of substances and diseases that records put beside each other, both right.
AGREEMENTS = {
    "code": (coding(SYSTEMS["icd10cm"], "G50.0"), coding(SYSTEMS["snomed"], "31681005"), "Trigeminal neuralgia"),
    "medicationCodeableConcept": (coding(SYSTEMS["rxnorm"], "6582"), coding(SYSTEMS["atc"], "A12CC10"), "Mag-Ox 400"),
}
LOCAL = coding("http://ehr.example/codes", "X-17")


def several_codings(case: Case) -> None:
    """Several codes of one thing, a local one first."""
    kind = _a_kind(case)
    first, second, text = AGREEMENTS[NAMED[kind]]
    _rename(case, kind, lambda _: {"coding": [LOCAL, first, second], "text": text})


def codings_contradict(case: Case) -> None:
    """Two codes that mean two things."""
    kind = _a_kind(case)
    _rename(case, kind, lambda _: {"coding": [*CONTRADICTIONS[NAMED[kind]]]})


def text_only(case: Case) -> None:
    """Words without any code."""
    _rename(case, _a_kind(case), lambda name: {"text": name.get("text", "pain")})


def text_unknown(case: Case) -> None:
    """Words that nobody understands."""
    kind = _a_kind(case)
    text = case.pick(case.words["misspelt" if kind == "Condition" else "misspelt_medicines"])
    _rename(case, kind, lambda _: {"text": text})


def code_system_unknown(case: Case) -> None:
    """A code of a system that nobody knows, with or without words."""
    code = coding(case.pick(case.words["unknown_systems"]), f"Z{case.who[-3:]}")
    keep = case.pick([True, False])
    _rename(
        case, _a_kind(case), lambda name: {"coding": [code], **({"text": name.get("text", "pain")} if keep else {})}
    )


def code_system_spelled(case: Case) -> None:
    """A known code system under another of its names."""
    spelled = {system: case.pick(others) for system, others in case.words["systems_spelled"].items()}
    snomed = coding(spelled[SYSTEMS["snomed"]], "431857002")
    icd = coding(spelled[SYSTEMS["icd10cm"]], "N18.4")
    said = case.pick([snomed, icd])
    _rename(case, "Condition", lambda _: {"coding": [said]})


def _a_kind(case: Case) -> str:
    return case.pick([*NAMED])


def _rename(case: Case, kind: str, change: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
    member = NAMED[kind]
    named = f'"{member}":{{'
    case.change(kind, lambda resource: resource.update({member: change(resource[member])}), lambda line: named in line)
