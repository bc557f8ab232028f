"""facts: what we hold true about one patient.

In:  Profile, pack, as_of
Out: Facts, each a value or unknown, with unit, date, age in days, origin and, when unknown, the reason
Never: knows rules, reads files, reads the clock
"""
