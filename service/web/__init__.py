"""web: what callers speak to.

In:  HTTP
Out: the bytes of an advisory, pages, problem+json or an OperationOutcome; log lines and metrics without patient data
Never: knows a rule, decides anything clinical, keeps what it was sent, logs what it was sent
"""
