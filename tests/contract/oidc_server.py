"""A provider of OpenID Connect on real HTTP, which checks what it is sent, and can be told to answer falsely.

    with OidcServer() as provider:
        answer = provider.approve(address)     # what a browser would bring back from there: ?code=…&state=…
        provider.lie(claims={"nonce": "other"}, key=other_key, alg="none")

`asked` are the paths so far; `redeemed` what came to the token endpoint, form and headers. A code counts once.
"""

import hashlib
import hmac
import json
import secrets
import threading
from base64 import b64decode, urlsafe_b64encode
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import parse_qs, unquote, unquote_plus, urlencode, urlsplit

import jwt

from tests.signing import KID, SECONDS, PrivateKey, jwk, part, rsa_key

Answer = tuple[int, Any]


class OidcServer:
    """See the module."""

    client_id = "magflag-here"
    secret: str | None = "s3cret + more"  # noqa: S105 (of a provider that exists in tests only)
    path = ""
    document = "openid-configuration"

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.redeemed: list[tuple[dict[str, str], Mapping[str, str]]] = []
        self.codes: dict[str, dict[str, str]] = {}
        self.told: dict[str, Any] = {}
        self.claims: dict[str, Any] = {"sub": "u-1", "name": "Ada Byron", "groups": ["magflag-clinician"]}
        self.key: PrivateKey = rsa_key()
        self.alg: str | None = None
        self.is_down = False
        self.header: dict[str, Any] = {"kid": KID}
        self.keys = [jwk(rsa_key())]
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.told = self
        self.origin = f"http://127.0.0.1:{self._server.server_address[1]}"
        self.issuer = self.origin + self.path
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def lie(self, key: PrivateKey | None = None, alg: str | None = None, **claims: Any) -> None:
        """Answer with other claims (None leaves one out), another key than is published, or another algorithm."""
        self.claims |= claims
        self.key, self.alg = key or self.key, alg

    def approve(self, address: str) -> dict[str, str]:
        """Log somebody in at the address a browser was sent to; return what it brings back."""
        parts = urlsplit(address)
        assert f"{parts.scheme}://{parts.netloc}{parts.path}" == f"{self.origin}/authorize"
        asked = {name: values[0] for name, values in parse_qs(parts.query, strict_parsing=True).items()}
        assert (asked["response_type"], asked["client_id"]) == ("code", self.client_id)
        assert asked["code_challenge_method"] == "S256"
        code = secrets.token_urlsafe(8)
        self.codes[code] = asked
        return {"code": code, "state": asked["state"], "session_state": "whatever"}

    def answer(self, method: str, path: str, form: dict[str, str], headers: Mapping[str, str]) -> Answer:
        self.asked.append(path)
        if self.is_down:
            return 503, {}
        if (method, path) == ("GET", f"{self.path}/.well-known/{self.document}"):
            return 200, self.metadata() | self.told
        if (method, path) == ("GET", "/jwks"):
            return 200, {"keys": self.keys}
        if (method, path) == ("POST", "/token"):
            self.redeemed.append((form, headers))
            return self.tokens(form, headers)
        return 404, {}

    def metadata(self) -> dict[str, Any]:
        return {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.origin}/authorize",
            "token_endpoint": f"{self.origin}/token",
            "jwks_uri": f"{self.origin}/jwks",
            "code_challenge_methods_supported": ["S256"],
        }

    def tokens(self, form: dict[str, str], headers: Mapping[str, str]) -> Answer:
        asked = self.codes.pop(form.get("code", ""), None)
        if asked is None or not self.is_known(form, headers):
            return 400, {"error": "invalid_grant"}
        digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        challenge = urlsafe_b64encode(digest).rstrip(b"=").decode()
        if challenge != asked["code_challenge"] or form.get("redirect_uri") != asked["redirect_uri"]:
            return 400, {"error": "invalid_grant"}
        return 200, {"token_type": "Bearer", "access_token": "canary-token", "id_token": self.id_token(asked)}

    def is_known(self, form: dict[str, str], headers: Mapping[str, str]) -> bool:
        """Say whether it is us: by the secret, if there is one."""
        if self.secret is None:
            return form.get("client_id") == self.client_id
        pair = b64decode(headers.get("authorization", "").removeprefix("Basic ")).decode().split(":")
        return [unquote_plus(each) for each in pair] == [self.client_id, self.secret]

    def id_token(self, asked: dict[str, str]) -> str:
        good = {
            "iss": self.issuer, "aud": self.client_id, "nonce": asked["nonce"],
            "iat": SECONDS, "exp": SECONDS + 300, **self.claims,
        }  # fmt: skip
        claims = {name: value for name, value in good.items() if value is not None}
        if self.alg == "none":
            return f"{part({'alg': 'none', 'kid': KID})}.{part(claims)}."
        if self.alg == "HS256":  # A public key used as if it were a shared secret.
            message = f"{part({'alg': 'HS256', 'kid': KID})}.{part(claims)}"
            return f"{message}.{part(hmac.digest(json.dumps(jwk(rsa_key())).encode(), message.encode(), 'sha256'))}"
        return jwt.encode(claims, self.key, self.alg or "RS256", headers=self.header)


class _Server(ThreadingHTTPServer):
    told: OidcServer


class _Handler(BaseHTTPRequestHandler):
    server: _Server

    def do_GET(self) -> None:
        self._answer("GET", {})

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        self._answer("POST", {name: values[0] for name, values in parse_qs(body, strict_parsing=True).items()})

    def _answer(self, method: str, form: dict[str, str]) -> None:
        headers = {name.lower(): value for name, value in self.headers.items()}
        status, data = self.server.told.answer(method, unquote(self.path), form, headers)
        body = json.dumps(data).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def query(answer: Mapping[str, str]) -> str:
    return "?" + urlencode(answer)
