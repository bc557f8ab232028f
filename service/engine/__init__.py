"""engine: what the rules say of the facts.

In:  Pack, Facts
Out: one Outcome per rule: raised, clear or cannot_say
Never: sees a profile, reads the clock, answers without the two engines agreeing
"""
