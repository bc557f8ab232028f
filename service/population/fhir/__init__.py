"""fhir: from FHIR Bulk Data to the rows that the query of facts reads.

In:  a view `raw` of all lines, one column per member that is read, each as JSON text
Out: tables of resources, and what each distinct wording among them means
Never: reads a wording twice; guesses whom a resource is about
"""
