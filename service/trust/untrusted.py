"""The one way in which a token fails, whatever was wrong with it."""


class Untrusted(Exception):
    """A call that nobody known made.

    `reason` is one word for our log, and `client` the name of the client that it claims to come from, once that is
    known. Neither is for the caller: a forger learns only that it did not work (CDS Hooks, best practices).
    """

    def __init__(self, reason: str, client: str | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.client = client
