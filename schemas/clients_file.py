"""How the clients file is written: the EHRs that may call, and how their calls are known (contract, section 6)."""

import ipaddress
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from marshmallow import ValidationError, fields, validate, validates_schema

from schemas.strict import Number, StrictSchema, Text, Told, Word

FLAVOURS = ("generic", "epic", "oracle", "sandbox")
KEYS_FROM = ("jwks_file", "jwks", "jku")
LONGEST_LIFE = 900
NOT_EMPTY = validate.Length(min=1, error="This list is empty.")


class Name(Text):
    """A name that may stand in a log line or a metric."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        text = super()._deserialize(value, attr, data, **kwargs)
        if not re.fullmatch(r"[a-z0-9][a-z0-9._-]{0,62}", text, re.ASCII):
            raise ValidationError(
                Told("This is not a plain name.", "Use small letters, digits, dots and hyphens, 63 at most.")
            )
        return text


class Address(Text):
    """An absolute http or https address without query or fragment; `called` says that we send requests to it."""

    def __init__(self, called: bool = False, **kwargs: Any) -> None:
        super().__init__(longest=2048, **kwargs)
        self.called = called

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        text = super()._deserialize(value, attr, data, **kwargs)
        if not is_address(text):
            raise ValidationError(
                Told(
                    "This is not an absolute address.", "Write for example https://ehr.example/fhir, without ? # or @."
                )
            )
        if self.called and not (text.lower().startswith("https:") or is_this_machine(text)):
            raise ValidationError(
                Told("We only call https addresses.", "Write https://…; http:// is for this machine only.")
            )
        return text


class Issuer(Text):
    """The `iss` of a client's tokens: a URI, compared character by character and never called."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        text = super()._deserialize(value, attr, data, **kwargs)
        if not re.fullmatch(r"[A-Za-z][A-Za-z0-9+.-]*:\S+", text, re.ASCII):
            raise ValidationError(Told("This is not a URI.", "Write the `iss` of its tokens, letter by letter."))
        return text


class Origin(Address):
    """An origin as browsers write it: scheme, host and port, nothing after them (RFC 6454, section 6.2)."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        text = super()._deserialize(value, attr, data, **kwargs)
        parts = urlsplit(text)
        if parts.path:
            raise ValidationError(
                Told("An origin has no path, not even a slash at its end.", f"Write {parts.scheme}://{parts.netloc}.")
            )
        return text.lower()


class JwksSchema(StrictSchema):
    """A JSON Web Key Set (RFC 7517, section 5); its keys are looked at where they are used."""

    keys = fields.List(fields.Dict(keys=fields.String()), required=True, validate=NOT_EMPTY)


class SmartSchema(StrictSchema):
    """How we are registered as an app that the client launches (SMART App Launch 2)."""

    shape = "smart: {client_id: …}"

    client_id = Text(required=True)
    redirect = Address()
    scopes = Text(longest=2048)
    secret_file = Text()
    private_key_file = Text()
    servers = fields.List(Address(called=True), validate=NOT_EMPTY)

    @validates_schema
    def proves_itself_in_one_way(self, data: Mapping[str, Any], **kwargs: Any) -> None:
        """Refuse two ways to prove who we are: nobody could say which of them counts."""
        if "secret_file" in data and "private_key_file" in data:
            raise ValidationError(Told("We prove who we are in one way.", "Keep secret_file or private_key_file."))


class ClientSchema(StrictSchema):
    """One client."""

    name = Name(required=True)
    tenant = Name(required=True)
    issuer = Issuer(longest=512, required=True)
    audience = fields.List(Address(), required=True, validate=NOT_EMPTY)
    token_tenant = Text()
    jwks_file = Text()
    jwks = fields.Nested(JwksSchema)
    jku = Address(called=True)
    services = fields.List(Name(), validate=NOT_EMPTY)
    fhir_servers = fields.List(Address(called=True))
    max_token_seconds = Number(low=1, high=LONGEST_LIFE, whole=True)
    origins = fields.List(Origin())
    flavour = Word(FLAVOURS)
    smart = fields.Nested(SmartSchema)

    @validates_schema
    def has_keys_from_one_place(self, data: Mapping[str, Any], **kwargs: Any) -> None:
        """Refuse a client without keys, and one with keys from two places: nobody could say which of them count."""
        given = [name for name in KEYS_FROM if name in data]
        if len(given) != 1:
            told = f"Keys come from {' and '.join(given)}." if given else "This client has no keys."
            raise ValidationError(Told(told, f"Write exactly one of {', '.join(KEYS_FROM)}."))

    @validates_schema
    def is_launched_from_somewhere(self, data: Mapping[str, Any], **kwargs: Any) -> None:
        """Refuse launches by a client of which no FHIR server is known: none of them could be let in."""
        if "smart" in data and not data.get("fhir_servers"):
            raise ValidationError(Told("This client launches us from no server.", "Write its fhir_servers."))


class ClientsFileSchema(StrictSchema):
    """The clients file."""

    shape = "clients: [...]"

    clients = fields.List(fields.Nested(ClientSchema), required=True, validate=NOT_EMPTY)


def is_address(text: str) -> bool:
    """Say whether a text is an absolute http(s) address with a host, and without user, query or fragment."""
    if not re.fullmatch(r"https?://[!-~]+", text, re.ASCII | re.IGNORECASE) or re.search(r"[?#@\\]", text):
        return False
    try:
        parts = urlsplit(text)
        return bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        return False


def is_this_machine(address: str) -> bool:
    """Say whether only this machine answers at an address."""
    host = urlsplit(address).hostname or ""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
