"""A CDS Hooks call as frozen data (CDS Hooks 2.0, sections on requests and prefetch)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

# What became of a prefetch key. A key that is absent, null or an error are three different things, and none is "none".
GIVEN, ABSENT, NULL, ERROR, FAILED, LATE = "given", "absent", "null", "error", "failed", "late"


@dataclass(frozen=True, slots=True)
class Part:
    """One prefetch key and what is known of it, wherever it came from.

    `state`: given (resources are at hand), absent (the client did not send the key), null (the client sent null: no
    data, or not asked), error (an OperationOutcome instead of data), failed (we asked the FHIR server, in vain), late
    (we asked, and no answer came in time). `pages` are the resources or Bundles, in order; `unread` says that the
    server has a further page that was not read. `detail` is a sentence for people, without patient data.
    """

    key: str
    state: str
    pages: tuple[Any, ...] = ()
    unread: bool = False
    detail: str = ""
    fetched: bool = False


@dataclass(frozen=True, slots=True)
class Authorization:
    """fhirAuthorization: used for the call and forgotten, never kept or logged."""

    access_token: str = field(repr=False)
    scope: str = ""


@dataclass(frozen=True, slots=True)
class HookCall:
    """One call of a service. `drafts` is context.draftOrders as it came; `prefetch` the member as it came, or None."""

    hook: str
    instance: str
    patient_id: str
    user_id: str | None = None
    encounter_id: str | None = None
    selections: tuple[str, ...] = ()
    drafts: Mapping[str, Any] | None = None
    prefetch: Mapping[str, Any] | None = None
    fhir_server: str | None = None
    authorization: Authorization | None = None
    extension: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class FeedbackItem:
    """What became of one card (CDS Hooks 2.0, Feedback). A comment is counted and not kept: it may name a patient."""

    card: str
    outcome: str
    at: str
    accepted: tuple[str, ...] = ()
    reason_system: str | None = None
    reason_code: str | None = None
    has_comment: bool = False
