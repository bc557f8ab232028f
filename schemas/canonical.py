"""Names of ours in FHIR and CDS Hooks: canonical addresses are names, and nothing answers there."""

CANONICAL = "http://magflag.org/fhir"
FLAG_CATEGORY = f"{CANONICAL}/CodeSystem/flag-category"

# The categories of the contract, as people read them.
CATEGORY_DISPLAYS = {
    "caution": "Caution",
    "interaction": "Interaction",
    "evidence": "Evidence",
    "form": "Form of magnesium",
    "diet": "Diet",
    "sign": "Sign or symptom",
    "process": "Process of care",
    "administration": "Administration",
    "data_quality": "Quality of the data",
}


def category_coding(category: str) -> dict[str, str]:
    """Return the FHIR Coding of a flag's category."""
    return {"system": FLAG_CATEGORY, "code": category, "display": CATEGORY_DISPLAYS[category]}
