"""in_sql: the facts of many patients at once, derived in SQL from the same declarations.

In:  tables with what is recorded of each patient (`rows` says their columns), and what each wording means
Out: a query with one row per patient, in which each fact has its columns
Never: reads a word, a code or a unit: each distinct one was read once, by the readers of one patient
"""
