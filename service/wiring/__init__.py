"""wiring: puts the parts together.

In:  settings
Out: a service, as service.web.ports describes it
Never: decides anything clinical, speaks HTTP, reads a rule file itself
"""
