"""fetch: what prefetch left out, asked of the client's own FHIR server; key sets for trust; and what logins ask for.

In:  a base address and its access token, relative queries by prefetch key, the addresses that are allowed
Out: one Part per key, whatever the server does, within the time budget; or a key set, or a JSON object
Never: calls an address that is not allow-listed, follows a redirect, keeps or tells a token, tells an address or a body
"""

from service.fetch.fetcher import Fetcher, Limits
from service.fetch.guard import allowed, exact
from service.fetch.keys import get_jwks
from service.fetch.wire import FetchFailed

__all__ = ["FetchFailed", "Fetcher", "Limits", "allowed", "exact", "get_jwks"]
