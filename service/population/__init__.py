"""population: the same rules over many patients.

In:  FHIR R4 Bulk Data files, or a wish for made-up ones
Out: files of made-up patients; flags per patient and rule
Never: means anything else by a rule than one request does, leaves a patient or an unreadable line out silently
"""
