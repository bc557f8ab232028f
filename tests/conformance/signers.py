"""EHRs that sign their calls, each in its vendor's way (CDS Hooks 2.0, Trusting CDS Clients)."""

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

from tests.signing import PrivateKey, ec_key, header, jwk, rsa_key

# Where HL7's sandbox says its keys are; the address is never asked, because the keys stand in a file of ours.
SANDBOX_JKU = "https://sandbox.cds-hooks.org/.well-known/jwks.json"


@dataclass(frozen=True)
class Signer:
    """One EHR: its entry in the clients file, and tokens for the addresses it calls."""

    name: str
    issuer: str
    key: PrivateKey
    tenant: str
    keys_file: str | None = None
    head: Mapping[str, Any] = field(default_factory=dict)

    @property
    def kid(self) -> str:
        return f"key-of-{self.name}"

    def entry(self, base: str, **more: Any) -> dict[str, Any]:
        """Return what the clients file says of it."""
        keys = {"jwks_file": self.keys_file} if self.keys_file else {"jwks": self.key_set()}
        known = {"name": self.name, "tenant": self.tenant, "issuer": self.issuer}
        return known | {"audience": [f"{base}/cds-services"]} | keys | more

    def key_set(self) -> dict[str, Any]:
        return {"keys": [jwk(self.key, kid=self.kid)]}

    def write_keys(self, folder: Path) -> None:
        (folder / str(self.keys_file)).write_text(json.dumps(self.key_set()), encoding="utf-8")

    def claims(self, audience: str | list[str], **changed: Any) -> dict[str, Any]:
        """Return the claims of a token that is right, unless something is changed; None leaves a claim out."""
        now = int(time.time())
        good = {"iss": self.issuer, "aud": audience, "iat": now, "exp": now + 300, "jti": str(uuid4())}
        return {name: value for name, value in (good | changed).items() if value is not None}

    def token(self, audience: str | list[str], **changed: Any) -> str:
        """Return an Authorization header that counts once."""
        return header(self.key, self.claims(audience, **changed), kid=self.kid, **self.head)


SANDBOX = Signer(
    "sandbox", "https://sandbox.cds-hooks.org", ec_key("sandbox"), "sandbox", "sandbox.jwks.json", {"jku": SANDBOX_JKU}
)
GENERAL = Signer("general-hospital", "https://ehr.general.example/fhir", rsa_key(), "general")
LOOP = Signer("loop-hospital", "https://ehr.loop.example", ec_key("loop"), "loop")
