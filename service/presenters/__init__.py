"""presenters: an advisory in the words of whoever reads it.

In:  Advisory
Out: JSON, text for people
Never: decides anything, adds anything clinical, lets a dose out
"""
