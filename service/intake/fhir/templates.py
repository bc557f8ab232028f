"""What a client is asked to send along: the prefetch templates of CDS Hooks 2.0.

Only {{context.patientId}} is used, because clients send null for a token they do not know, and null is not "none".
"""

from collections.abc import Mapping

from schemas.fhir_terms import Terms
from service.intake.fhir.codes import LOINC

SNOMED = "http://snomed.info/sct"
OF_PATIENT = "patient={{context.patientId}}"
# Without the patient there is no answer; and of the medication keys one is needed, or orders in the context.
REQUIRED = ("patient",)
REQUIRED_ONE_OF = ("medrequests", "medstatements")


def prefetch_templates(terms: Terms) -> Mapping[str, str]:
    """Return the templates by key; the codes are those of the pack."""
    kidney = _codes(LOINC, _results(terms, "kidney."))
    electrolytes = _codes(LOINC, [*_results(terms, "labs."), *sorted(terms.dialysis_codes)])
    procedures = _codes(SNOMED, list(terms.procedure_codes))
    return {
        "patient": "Patient/{{context.patientId}}",
        "conditions": f"Condition?{OF_PATIENT}&category=problem-list-item&clinical-status=active",
        "kidney": f"Observation?{OF_PATIENT}&code={kidney}&_sort=-date&_count=20",
        "electrolytes": f"Observation?{OF_PATIENT}&code={electrolytes}&_sort=-date&_count=20",
        # US Core lists reported medicines, and those bought without a prescription, with the intent `plan`.
        "medrequests": f"MedicationRequest?{OF_PATIENT}&intent=order,plan&status=active",
        "medstatements": f"MedicationStatement?{OF_PATIENT}&status=active",
        "allergies": f"AllergyIntolerance?{OF_PATIENT}&clinical-status=active",
        "procedures": f"Procedure?{OF_PATIENT}&code={procedures}&_count=20",
        "nutrition": f"NutritionOrder?{OF_PATIENT}&status=active",
    }


def _results(terms: Terms, member: str) -> list[str]:
    return [loinc for loinc, result in terms.results.items() if result.path.startswith(member)]


def _codes(system: str, codes: list[str]) -> str:
    return ",".join(f"{system}|{code}" for code in codes)
