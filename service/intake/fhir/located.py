"""A FHIR resource with where it stood, and the way to say that one cannot be used."""

from collections.abc import Mapping
from typing import Any, NamedTuple, Protocol


class Located(NamedTuple):
    """One resource as plain data.

    `at` is its JSON pointer in what was sent ("/entry/3/resource", "/prefetch/kidney/entry/0/resource"); `reference`
    names it for people and for provenance ("Observation/x", with "/_history/3" where the record says its version);
    `part` is the prefetch key that brought it, "draftOrders" for an order not yet signed, "" in a plain Bundle.
    """

    resource: Mapping[str, Any]
    at: str
    reference: str | None = None
    part: str = ""

    @property
    def type(self) -> str:
        """The resource type."""
        return str(self.resource.get("resourceType", ""))

    @property
    def is_draft(self) -> bool:
        """Whether it is an order that somebody is still writing."""
        return self.part == "draftOrders"


class Skip(Exception):
    """This resource is not used: `reason` is a word for machines, `detail` a sentence that quotes nothing of it."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason
        self.detail = detail


class Resolve(Protocol):
    """Finds what a reference points to: contained ("#m1"), by fullUrl, by "Medication/7"; None where it is not here."""

    def __call__(self, reference: str, within: Located) -> Located | None:
        """Return the resource, or None."""
        ...
