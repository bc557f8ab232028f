"""knowledge: what magflag knows, as data.

In:  the folder rules/
Out: a Pack, or every mistake with file, line and column
Never: sees a patient, reads the clock
"""
