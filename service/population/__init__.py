"""population: the same rules over many patients.

In:  FHIR Bulk Data files or lines of profiles, a pack, the day
Out: Parquet with a row per patient and rule that is not clear, a summary, a report, what was rejected; made-up exports
Never: answers otherwise than for one patient; leaves half an output; keeps a line it cannot use to itself
"""
