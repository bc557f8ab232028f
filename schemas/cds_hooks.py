"""What CDS Hooks clients send us: hook calls and feedback (CDS Hooks 2.0 and 3.0-ballot, and the hooks' own pages).

The specification lets clients extend a call, so members that are not known are left. What is read must be of its kind.
The same is told to machines in cds_hooks_schemas/.
"""

from collections.abc import Mapping
from typing import Any

from marshmallow import Schema, ValidationError, fields, validates_schema

from schemas.loose import (
    LONGEST_ID,
    Anything,
    Bearer,
    Bundle,
    Id,
    LooseSchema,
    MaybeAddress,
    MaybeId,
    MaybeText,
    Moment,
    Several,
)
from schemas.strict import Number, Text, Told, Word

LONGEST_TOKEN, LONGEST_URL, LONGEST_COMMENT = 16_384, 2048, 2000
MOST_SELECTIONS, MOST_OUTCOMES, MOST_ACCEPTED = 500, 200, 100


class AuthorizationSchema(LooseSchema):
    """fhirAuthorization (section "Passing the access token"); all but `patient` are required."""

    access_token = Text(LONGEST_TOKEN, required=True)
    token_type = Bearer(required=True)
    expires_in = Number(whole=True, required=True)
    scope = Text(LONGEST_TOKEN, required=True)
    subject = Text(required=True)
    patient = MaybeId("Patient")


class DischargeContext(LooseSchema):
    """Context of encounter-discharge 1.0."""

    userId = Text(required=True)
    patientId = Id("Patient", required=True)
    encounterId: Text = Id("Encounter", required=True)


class ViewContext(DischargeContext):
    """Context of patient-view 1.0."""

    encounterId = MaybeId("Encounter")


class SignContext(ViewContext):
    """Context of order-sign 1.0."""

    draftOrders = Bundle(required=True)


class SelectContext(SignContext):
    """Context of order-select 1.0."""

    selections = Several(Text(), most=MOST_SELECTIONS, required=True)


class CallSchema(LooseSchema):
    """A call of a service (section "Calling a CDS Service"), but for its context.

    hookInstance is a UUID by the specification, which types it as a string and asks no service to check it. Nothing
    here rests on its form, so any short text is taken: to refuse a call over it would withhold a warning.
    """

    hook = Text(64, required=True)
    hookInstance = Text(LONGEST_ID, required=True)
    fhirServer = MaybeAddress(LONGEST_URL)
    fhirAuthorization = fields.Nested(AuthorizationSchema, allow_none=True)
    prefetch = Anything(allow_none=True)
    extension = Anything(allow_none=True)


CONTEXTS: Mapping[str, type[LooseSchema]] = {
    "patient-view": ViewContext,
    "order-select": SelectContext,
    "order-sign": SignContext,
    "encounter-discharge": DischargeContext,
}


def _call_of(context: type[LooseSchema]) -> Schema:
    return CallSchema.from_dict({"context": fields.Nested(context, required=True)})()


CALLS: Mapping[str, Schema] = {hook: _call_of(context) for hook, context in CONTEXTS.items()}


class AcceptedSchema(LooseSchema):
    """One accepted suggestion."""

    id = Text(LONGEST_ID, required=True)


class ReasonSchema(LooseSchema):
    """A reason for an override. Clients leave out its system and its display, although a Coding has both."""

    code = Text(LONGEST_ID, required=True)
    system = MaybeText()


class OverrideSchema(LooseSchema):
    """Why a card was overridden: a reason, a comment, or both."""

    reason = fields.Nested(ReasonSchema, allow_none=True)
    userComment = MaybeText(LONGEST_COMMENT)

    @validates_schema
    def _says_something(self, data: Mapping[str, Any], **_: Any) -> None:
        if not (data.get("reason") or data.get("userComment")):
            raise ValidationError(Told("This says no reason.", "Give a reason or a userComment, or leave it out."))


class OutcomeSchema(LooseSchema):
    """What became of one card."""

    card = Text(LONGEST_ID, required=True)
    outcome = Word(("accepted", "overridden"), required=True)
    outcomeTimestamp = Moment(64, required=True)
    acceptedSuggestions = Several(fields.Nested(AcceptedSchema), most=MOST_ACCEPTED, allow_none=True)
    overrideReason = fields.Nested(OverrideSchema, allow_none=True)

    @validates_schema
    def _names_what_was_accepted(self, data: Mapping[str, Any], **_: Any) -> None:
        if data["outcome"] == "accepted" and not data.get("acceptedSuggestions"):
            raise ValidationError({"acceptedSuggestions": [Told("This is missing.", "Name what was accepted.")]})


class FeedbackSchema(LooseSchema):
    """A batch of feedback (section "Feedback")."""

    feedback = Several(fields.Nested(OutcomeSchema), most=MOST_OUTCOMES, least=1, required=True)


FEEDBACK = FeedbackSchema()
