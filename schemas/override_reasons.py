"""The six categories of reasons not to follow advice, as HL7 lists them; they are offered on every card.

Codes and displays are HL7's own, read in CodeSystem-non-adherence-reason-codes.json of HL7/cds-hooks (CDS Hooks 3.0,
trial use). They say why a card was set aside, and hold no clinical knowledge of ours.
"""

SYSTEM = "http://terminology.hl7.org/CodeSystem/non-adherence-reason-codes"
DISPLAYS = {
    "cds-not-applicable": "PC CDS does not apply to patient",
    "cds-suboptimal-context": "PC CDS delivered in suboptimal context",
    "recipient-disagrees-evidence": "Recipient disagrees with recommendation because of issues with the evidence",
    "recipient-concerns-outcomes": "Recipient has concerns regarding potential health outcomes",
    "does-not-align-preferences": "Recommendation does not align with patient preferences or values",
    "not-convenient-feasible": "Recommendation is not convenient or feasible",
}
OVERRIDE_REASONS = tuple({"system": SYSTEM, "code": code, "display": display} for code, display in DISPLAYS.items())
