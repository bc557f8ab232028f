"""fhir: from FHIR R4 resources, as plain data, to a Profile.

In:  a Bundle, bare resources, or the parts of a CDS Hooks prefetch; the day; the terms of the pack
Out: a Profile whose entries name the resource they came from; what was skipped, and what was not read, is said in it
Never: refuses all because of one; guesses a unit, a date, a status or a patient
"""
