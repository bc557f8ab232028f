"""review: what may be decided on a kept advisory, what changed since an earlier one, and whether it can be repeated.

In:  kept advisories (schemas.review), packs by digest, and callables that evaluate with one of them
Out: decisions that may stand, differences by cause, replays; Refused or Conflict for what cannot be
Never: reads the clock, opens the database, decides in a clinician's place
"""
