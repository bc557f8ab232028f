"""A login on its way to a provider and back: kept in the browser that began it, and in no other place.

Everything that must not be guessed follows from one random seed in a cookie: `state`, `nonce` and the PKCE verifier are
each an HMAC of it over what was begun. So an answer counts only in the browser that asked, only for what it asked, and
only once, because the cookie ends with the answer; and a stranger who begins logins fills no table of ours.
"""

import hmac
import json
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import asdict, dataclass
from datetime import datetime

from service.trust.asking import Question

SEED_BYTES, LENGTH_OF_SEED = 32, 43
LONGEST_SECONDS = 600
LONGEST_COOKIE = 3072
BY_PROVIDER, BY_EHR = "openid", "launch"


@dataclass(frozen=True, slots=True)
class Flow:
    """One login on its way: when and how it began, where it will end, and the FHIR server that launched us."""

    kind: str
    began: int
    next: str
    server: str = ""


def begun(kind: str, now: datetime, next_page: str = "", server: str = "") -> tuple[Flow, str]:
    """Return a new flow, and the seed it is known by."""
    return Flow(kind, int(now.timestamp()), next_page, server), secrets.token_urlsafe(SEED_BYTES)


def written(flow: Flow, seed: str) -> str:
    """Return a flow as the value of a cookie."""
    return f"{seed}.{urlsafe_b64encode(_bytes(flow)).rstrip(b'=').decode()}"


def read(cookie: str | None, kind: str, state: str | None, now: datetime) -> tuple[Flow, str] | None:
    """Return the flow in a cookie and its seed, if `state` is its own, and it began not long ago; None otherwise."""
    seed, _, rest = (cookie or "").partition(".")
    if len(seed) != LENGTH_OF_SEED or not state or len(rest) > LONGEST_COOKIE:
        return None
    try:
        flow = Flow(**json.loads(urlsafe_b64decode(rest + "=" * (-len(rest) % 4))))
        is_ours = hmac.compare_digest(_derived(flow, seed, "state").encode(), state.encode())
        is_young = 0 <= now.timestamp() - flow.began <= LONGEST_SECONDS
    except (ValueError, TypeError):
        return None
    return (flow, seed) if is_ours and is_young and flow.kind == kind else None


def question_of(flow: Flow, seed: str, redirect: str) -> Question:
    """Return what the provider is asked with; the verifier is told only at the end, to the provider itself."""
    state, nonce, verifier = (_derived(flow, seed, name) for name in ("state", "nonce", "verifier"))
    return Question(state, nonce, verifier, redirect)


def _derived(flow: Flow, seed: str, name: str) -> str:
    digest = hmac.digest(seed.encode(), name.encode() + b"\0" + _bytes(flow), "sha256")
    return urlsafe_b64encode(digest).rstrip(b"=").decode()


def _bytes(flow: Flow) -> bytes:
    return json.dumps(asdict(flow), separators=(",", ":"), sort_keys=True).encode()
