"""store: what several worker processes keep together, in one SQL database.

In:  frozen records and times from the layers above
Out: what was kept, yes, no, counts; StoreUnavailable when the database cannot be used
Never: keeps anything of a patient outside of the advisories and their events, keeps a token in plain, puts what is
    kept into a message; changes or deletes an event; reads the clock
"""
