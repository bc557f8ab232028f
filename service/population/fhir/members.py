"""Which members of which resources are read, and the wording of a resource: what it says, whose and when aside.

Wordings are few, however many patients there are: each distinct one is read once, by the readers of one patient.
"""

from collections.abc import Mapping

READ = (
    "Patient", "Condition", "Observation", "MedicationRequest", "MedicationStatement", "Procedure", "NutritionOrder",
    "NutritionIntake",
)  # fmt: skip
# Looked at only where another resource refers to them, and told without saying anything of facts.
REFERRED, TOLD = ("Medication", "Substance", "NutritionProduct"), ("AllergyIntolerance",)
ABATED = ("abatementAge", "abatementPeriod", "abatementRange", "abatementString")
VALUES = (
    "valueQuantity", "valueString", "valueCodeableConcept", "valueInteger", "valueBoolean", "valueRange", "valueRatio",
    "valueSampledData", "valueTime", "valueDateTime", "valuePeriod",
)  # fmt: skip
MEDICINE = (
    "status", "intent", "doNotPerform", "adherence", "medicationCodeableConcept", "medicationReference", "medication",
    "contained", "dosageInstruction", "product_code", "product_ingredient",
)  # fmt: skip
NUTRITION = ("status", "intent", "adherence", "supplement", "enteralFormula", "oralDiet", "consumedItem", "contained")
# What the wording of each type is made of, in order. Of a member with a time in it, only that it is there.
WORDED: Mapping[str, tuple[str, ...]] = {
    "Patient": ("birthDate", "gender", "extension"),
    "Condition": (
        "code", "clinicalStatus", "verificationStatus", "abatementDateTime", "abatementBoolean", *ABATED,
    ),
    "Observation": ("status", "code", *VALUES, "interpretation", "referenceRange", "component", "dataAbsentReason"),
    "MedicationRequest": MEDICINE,
    "MedicationStatement": MEDICINE,
    "Procedure": ("status", "code"),
    "NutritionOrder": NUTRITION,
    "NutritionIntake": NUTRITION,
}  # fmt: skip
TIMES = (
    "effectiveDateTime", "effectivePeriod", "effectiveInstant", "performedDateTime", "performedPeriod",
    "occurrenceDateTime", "occurrencePeriod",
)  # fmt: skip
# By these it is known what a line is and whose.
TOLD_BY = ("resourceType", "id", "subject", "patient")
# Made of others while reading, and so no members themselves.
MADE = ("product_code", "product_ingredient")
SEPARATOR = "\x1f"

MEMBERS: tuple[str, ...] = tuple(
    dict.fromkeys(
        [
            *TOLD_BY,
            "meta",
            "focus",
            *TIMES,
            *(name for names in WORDED.values() for name in names if name not in MADE),
            "dosage",
            "ingredient",
        ]
    )
)
