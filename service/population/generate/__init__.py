"""generate: made-up patients, as a FHIR server would export them.

In:  how many patients, a seed, a day, how much of what goes wrong in real records
Out: FHIR R4 Bulk Data files (NDJSON, one resource a line), the same bytes for the same request
Never: knows anybody real, tells what is common anywhere, leaves half an export under the name of a whole one
"""
