"""workbench: the author's tools.

In:  the folder rules/, with the cases beside the rules
Out: mistakes with their places, results of cases, explanations, new files
Never: answers for a patient
"""
