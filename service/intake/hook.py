"""From the data of a CDS Hooks call to a HookCall and its parts; and from the data of feedback to what is kept of it.

Absent, null, an error and a page that was not read are four things to say, and none of them is "the patient has none".
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from schemas.cds_hooks import CALLS, FEEDBACK
from schemas.hook import ABSENT, ERROR, FAILED, GIVEN, LATE, NULL, Authorization, FeedbackItem, HookCall, Part
from schemas.loose import is_blank
from schemas.problem import Problem, Refused
from schemas.strict import loaded

PATIENT = "patient"
MEDICINES = ("medrequests", "medstatements")
# States in which nothing is known. Null is an answer for medicines ("none, or not asked": the advisory says so), but no
# advisory can be about a patient who is null.
UNOBTAINABLE = frozenset({ABSENT, ERROR, FAILED, LATE})

NO_RESOURCE = "What the client sent is not a FHIR resource."
FURTHER_PAGE = "The client sent one page, and there are more."
PART_FAILED = "The client reports that a part of the data could not be had."


def unknown_service() -> Refused:
    """Return the refusal of a call to a service that we do not have; it is not told which one was asked for."""
    return Refused(404, [Problem("", "There is no service of this id.", "GET /cds-services lists those there are.")])


def receive_hook(data: Any, hook: str) -> HookCall:
    """Return the call in parsed data, or raise Refused (400) with every mistake; `hook` is the service's own."""
    value, problems = loaded(CALLS[hook], data)
    problems = [*problems, *_told_beyond_the_schema(data, hook)]
    if problems:
        raise Refused(400, problems)
    context, granted = value["context"], value.get("fhirAuthorization")
    return HookCall(
        hook=hook,
        instance=value["hookInstance"],
        patient_id=context["patientId"],
        user_id=context["userId"],
        encounter_id=context.get("encounterId"),
        selections=tuple(context.get("selections", ())),
        drafts=context.get("draftOrders"),
        prefetch=value.get("prefetch"),
        fhir_server=value.get("fhirServer"),
        authorization=Authorization(granted["access_token"], granted["scope"]) if granted else None,
        extension=value.get("extension") or {},
    )


def _told_beyond_the_schema(data: Any, hook: str) -> Iterator[Problem]:
    if not isinstance(data, Mapping):
        return
    named = data.get("hook")
    if isinstance(named, str) and not is_blank(named) and named != hook:
        hint = f"Write {hook}, or call the service of that hook: GET /cds-services lists them."
        yield Problem("/hook", "This service answers another hook.", hint)
    server = data.get("fhirServer")
    if data.get("fhirAuthorization") is not None and (server is None or is_blank(server)):
        yield Problem("/fhirServer", "This is missing.", "fhirAuthorization needs the server that it opens (cds-r-1).")


def parts_of(call: HookCall, keys: Sequence[str]) -> list[Part]:
    """Return what is known of each prefetch key of ours, in our order; raise Refused (400) for what is no resource.

    Keys that are not ours are not looked at.
    """
    sent = call.prefetch or {}
    wrong = [key for key in keys if not isinstance(sent.get(key, {}), Mapping | None)]
    if wrong:
        told = ("This must be a resource or null.", "Write a resource, a Bundle, an OperationOutcome, or null.")
        raise Refused(400, [Problem(f"/prefetch/{key}", *told) for key in wrong])
    return [_part(key, sent[key]) if key in sent else Part(key, ABSENT) for key in keys]


def _part(key: str, resource: Mapping[str, Any] | None) -> Part:
    if resource is None:
        return Part(key, NULL)
    if not isinstance(resource.get("resourceType"), str):
        return Part(key, ERROR, detail=NO_RESOURCE)
    if resource["resourceType"] == "OperationOutcome":
        return Part(key, ERROR)
    return _bundle(key, resource) if resource["resourceType"] == "Bundle" else Part(key, GIVEN, (resource,))


def _bundle(key: str, bundle: Mapping[str, Any]) -> Part:
    entries = [entry.get("resource") for entry in _objects(bundle.get("entry"))]
    failed = [_is_failure(resource) for resource in entries]
    if entries and all(failed):
        return Part(key, ERROR)
    if any(link.get("relation") == "next" for link in _objects(bundle.get("link"))):
        return Part(key, GIVEN, (bundle,), unread=True, detail=FURTHER_PAGE)
    return Part(key, GIVEN, (bundle,), unread=any(failed), detail=PART_FAILED if any(failed) else "")


def _is_failure(resource: Any) -> bool:
    """Say whether this is an OperationOutcome that tells of an error, and not of a remark (FHIR R4, search.mode)."""
    if not isinstance(resource, Mapping) or resource.get("resourceType") != "OperationOutcome":
        return False
    return any(issue.get("severity") in ("error", "fatal") for issue in _objects(resource.get("issue")))


def _objects(value: Any) -> list[Mapping[str, Any]]:
    return [item for item in value if isinstance(item, Mapping)] if isinstance(value, list) else []


def refuse_unobtainable(parts: Iterable[Part], has_orders: bool) -> None:
    """Raise Refused (412) with the keys that no answer can do without, if they can be had in no way.

    That is the patient, and one source of medicines; orders not yet signed (`has_orders`) are one. CDS Hooks 2.0,
    section "Prefetch template": a service that cannot obtain required data SHALL answer 412.
    """
    states = {part.key: part.state for part in parts}
    wanted = [PATIENT] if states.get(PATIENT, ABSENT) in UNOBTAINABLE | {NULL} else []
    if not has_orders and all(states.get(key, ABSENT) in UNOBTAINABLE for key in MEDICINES):
        wanted += MEDICINES
    if wanted:
        hint = "Prefetch it, or send fhirServer and fhirAuthorization of a server that this client may name."
        raise Refused(
            412, [Problem(f"/prefetch/{key}", "This is needed, and could not be had.", hint) for key in wanted]
        )


def receive_feedback(data: Any) -> list[FeedbackItem]:
    """Return what became of each card, or raise Refused (400) with every mistake. No comment is kept."""
    value, problems = loaded(FEEDBACK, data)
    if problems:
        raise Refused(400, problems)
    return [_feedback(outcome) for outcome in value["feedback"]]


def _feedback(outcome: Mapping[str, Any]) -> FeedbackItem:
    """Keep what belongs to the outcome: suggestions to an acceptance, a reason to an override."""
    is_accepted = outcome["outcome"] == "accepted"
    override = {} if is_accepted else outcome.get("overrideReason") or {}
    reason = override.get("reason") or {}
    accepted = outcome.get("acceptedSuggestions") if is_accepted else None
    return FeedbackItem(
        card=outcome["card"],
        outcome=outcome["outcome"],
        at=outcome["outcomeTimestamp"],
        accepted=tuple(suggestion["id"] for suggestion in accepted or ()),
        reason_system=reason.get("system"),
        reason_code=reason.get("code"),
        has_comment=bool(override.get("userComment")),
    )
