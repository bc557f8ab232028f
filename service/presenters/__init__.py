"""presenters: an advisory in the words of whoever reads it.

In:  Advisory
Out: JSON, FHIR, cards, text for people, what the pages of the screen show
Never: decides anything, adds anything clinical, lets a dose out
"""
