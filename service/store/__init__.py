"""store: what several worker processes keep together, in one SQL database.

In:  frozen records and times from the layers above
Out: yes, no, counts; StoreUnavailable when the database cannot be used
Never: keeps a patient's data, a token in plain, or the words of a comment; reads the clock
"""
