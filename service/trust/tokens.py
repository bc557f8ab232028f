"""Tokens of EHRs: which client made this call (CDS Hooks 2.0, Trusting CDS Clients; best practices, JWT)."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Protocol

from schemas.client import Client
from service.trust.audience import covers
from service.trust.key_sets import FetchedKeys, FetchKeys, GivenKeys, KeySet
from service.trust.token import Token, read_token
from service.trust.untrusted import Untrusted

# Clocks differ. A token may seem to come from so many seconds ahead; one that has run out has run out, however, or
# its jti would have to be kept beyond its end.
LEEWAY = 60


class Replay(Protocol):
    """The tokens that were used already, shared by all processes that answer."""

    def seen(self, issuer: str, jti: str, expires: datetime, now: datetime) -> bool:
        """Say whether the token is known; if it is not, store it until `expires`, in the same step."""
        ...


class Verifier:
    """Knows clients by their tokens. Keys that stand in the clients file are parsed once, here."""

    def __init__(self, clients: Sequence[Client], replay: Replay, fetch_keys: FetchKeys) -> None:
        self._replay = replay
        self._by_issuer: dict[str, list[Client]] = defaultdict(list)
        self._keys: dict[str, KeySet] = {}
        for client in clients:
            self._by_issuer[client.issuer].append(client)
            self._keys[client.name] = FetchedKeys(client.jku, fetch_keys) if client.jku else GivenKeys(client.jwks)

    def verify(self, authorization: str | None, now: datetime) -> Client:
        """Return the client that signed the token of an Authorization header; raise Untrusted otherwise.

        The order is the one of the best practices: what is cheap and touches no key first, and the token is noted as
        used only when everything else about it was right, so that a forger cannot use up a client's jti.
        """
        token = read_token(authorization)
        client = self._client(token, now)
        self._check_signature(token, client, now)
        # Rounded up: what is kept must not be forgotten while the token can still be used.
        expires = datetime.fromtimestamp(int(token.expires), UTC) + timedelta(seconds=1)
        if self._replay.seen(token.issuer, token.jti, expires, now):
            raise Untrusted("replayed", client.name)
        return client

    def _client(self, token: Token, now: datetime) -> Client:
        """Return the one client that the claims fit: issuer, audience, time, tenant."""
        clients = _some(self._by_issuer.get(token.issuer, []), "issuer")
        name = clients[0].name if len(clients) == 1 else None
        clients = _some([client for client in clients if _is_addressed(client, token)], "audience", name)
        _check_time(token, now, name)
        life = token.expires - token.issued
        clients = _some([client for client in clients if 0 < life <= client.max_token_seconds], "life", name)
        clients = _some([client for client in clients if client.token_tenant in (None, token.tenant)], "tenant", name)
        if len(clients) > 1:
            raise Untrusted("ambiguous")
        return clients[0]

    def _check_signature(self, token: Token, client: Client, now: datetime) -> None:
        # An address in a token is never asked: it must be the one we know, or the keys are ours and it has no say.
        if client.jku is not None and token.jku not in (None, client.jku):
            raise Untrusted("jku", client.name)
        key = self._keys[client.name].find(token.kid, now)
        if key is None:
            raise Untrusted("key", client.name)
        if key.algorithm != token.algorithm:
            raise Untrusted("algorithm", client.name)
        if not key.signed(token.message, token.signature):
            raise Untrusted("signature", client.name)


def _some(clients: list[Client], reason: str, name: str | None = None) -> list[Client]:
    if not clients:
        raise Untrusted(reason, name)
    return clients


def _is_addressed(client: Client, token: Token) -> bool:
    return any(covers(base, address) for base in client.audience for address in token.audience)


def _check_time(token: Token, now: datetime, name: str | None) -> None:
    seconds = now.timestamp()
    if token.expires <= seconds:
        raise Untrusted("expired", name)
    if max(token.issued, token.not_before or token.issued) > seconds + LEEWAY:
        raise Untrusted("early", name)
