"""assess: from a profile to an advisory.

In:  Profile, Pack, as_of
Out: Advisory: flags with provenance, what was not recognised, what is wrong with the data
Never: reads the clock, writes anything, orders, doses
"""

from service.assess.advisory import Advisory, Because, Clear, Flag, Missing
from service.assess.assessor import Assessor

__all__ = ["Advisory", "Assessor", "Because", "Clear", "Flag", "Missing"]
