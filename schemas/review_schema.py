"""How decisions come in and how kept advisories go out, in JSON (contract, section 3)."""

from collections.abc import Mapping
from typing import Any

from marshmallow import ValidationError, fields, validate, validates_schema

from schemas.advisory_schema import OUTCOMES, SEVERITIES, AdvisorySchema, Answer
from schemas.override_reasons import DISPLAYS
from schemas.problem_schema import ProblemDetailsSchema
from schemas.review import CAUSES, CHOICES, LONGEST_COMMENT, STATUSES, Decision
from schemas.strict import Number, StrictSchema, Text, Told, Word

LONGEST_RULE, MOST_RULES = 200, 1000
MOST_REVISION = 10**9


class SignOffSchema(StrictSchema):
    """What whoever signs has read."""

    shape = '{"revision": 3}'

    revision = Number(1, MOST_REVISION, whole=True, metadata={"description": "As read; or the header If-Match."})


class DecisionSchema(SignOffSchema):
    """A decision on one flag (`rule`) or on several (`rules`)."""

    shape = '{"rule": "…", "decision": "agree", "revision": 1}'

    rule = Text(LONGEST_RULE, metadata={"description": "One rule that flagged."})
    rules = fields.List(
        Text(LONGEST_RULE),
        validate=validate.Length(1, MOST_RULES, error=f"Name from 1 to {MOST_RULES} rules."),
        metadata={"description": "Several rules that flagged."},
    )
    decision = Word(CHOICES, required=True, metadata={"description": "no_action: reviewed, no action is needed."})
    reason = Word(tuple(DISPLAYS), allow_none=True, metadata={"description": "With override only: HL7's code for why."})
    comment = Text(LONGEST_COMMENT, allow_none=True, metadata={"description": "Needed to override what is critical."})

    @validates_schema
    def _names_flags_once(self, data: Mapping[str, Any], **_: Any) -> None:
        if ("rule" in data) == ("rules" in data):
            raise ValidationError(Told("This must name one rule, or several.", "Give either `rule` or `rules`."))


def decision_of(data: Mapping[str, Any]) -> Decision:
    """Return the decision in data that came through DecisionSchema."""
    rules = data.get("rules") or [data["rule"]]
    return Decision(tuple(rules), data["decision"], data.get("reason"), data.get("comment"))


def _text(says: str, *, allow_none: bool = False) -> fields.String:
    return fields.String(required=True, allow_none=allow_none, metadata={"description": says})


def _word(words: tuple[str, ...], says: str, *, allow_none: bool = False) -> fields.String:
    told = {"description": says}
    return fields.String(required=True, allow_none=allow_none, validate=validate.OneOf(words), metadata=told)


def _moment(says: str, *, allow_none: bool = False) -> fields.AwareDateTime:
    return fields.AwareDateTime(format="iso", required=True, allow_none=allow_none, metadata={"description": says})


def _count(says: str) -> fields.Integer:
    return fields.Integer(required=True, metadata={"description": says})


class StandingSchema(Answer):
    """The decision that stands on one flag."""

    rule = _text("The rule that flagged.")
    decision = _word(CHOICES, "no_action: reviewed, no action is needed.")
    reason = _word(tuple(DISPLAYS), "Why it was overridden.", allow_none=True)
    comment = _text("In the clinician's own words.", allow_none=True)
    by = _text("Who decided.")
    at = _moment("When.")


class ReviewSchema(Answer):
    """How far the review of an advisory is."""

    status = _word(STATUSES, "superseded: a newer advisory of the same patient has taken its place.")
    revision = _count("Counts every change. Whoever decides or signs says which one they read.")
    decisions = fields.List(fields.Nested(StandingSchema), required=True)
    undecided = fields.List(
        fields.String(), required=True, metadata={"description": "The rules that wait for a decision."}
    )
    signed_by = _text("Who signed.", allow_none=True)
    signed_at = _moment("When.", allow_none=True)
    superseded_by = _text("The advisory that took its place.", allow_none=True)


class KeptAdvisorySchema(AdvisorySchema):
    """An advisory exactly as it was answered, and how far its review is."""

    review = fields.Nested(ReviewSchema, required=True)


class SummarySchema(Answer):
    """One advisory in the worklist."""

    id = _text("The id of the advisory.")
    created_at = _moment("When it was made.")
    as_of = fields.Date(required=True, metadata={"description": "The day it is about."})
    status = _word(STATUSES, "How far its review is.")
    revision = _count("Counts every change.")
    patient = _text("The patient's id, where the input names one.", allow_none=True)
    label = _text("By what people recognise the patient, where the input says more than the id.", allow_none=True)
    worst = _word(SEVERITIES, "The gravest severity of its flags.", allow_none=True)
    raised = _count("How many flags are raised.")
    cannot_say = _count("How many cannot be answered.")
    undecided = _count("How many wait for a decision.")
    pack_version = _text("The version of the rules that answered.")
    pack_sha256 = _text("Their digest.")
    superseded_by = _text("The advisory that took its place.", allow_none=True)


class WorklistSchema(Answer):
    """One page of the worklist."""

    advisories = fields.List(fields.Nested(SummarySchema), required=True)
    next = _text("The cursor of the next page; null on the last one.", allow_none=True)


class EventSchema(Answer):
    """One thing that happened."""

    seq = _count("Its place in the audit chain.")
    kind = _text("created, viewed, decided, superseded, signed.")
    at = _moment("When.")
    by = _text("Who.")
    body = fields.Dict(required=True, metadata={"description": "What exactly."})
    hash = _text("Binds it to everything that happened before.")


class HistorySchema(Answer):
    """Everything that happened to an advisory, oldest first."""

    events = fields.List(fields.Nested(EventSchema), required=True)


class ReplaySchema(Answer):
    """An advisory evaluated again, with the rules and the day of then."""

    same = fields.Boolean(required=True, metadata={"description": "Whether every byte is the same."})
    differences = fields.List(
        fields.String(), required=True, metadata={"description": "JSON pointers to what differs; at most twenty."}
    )


class OutcomeSchema(Answer):
    """What a rule said."""

    outcome = _word(OUTCOMES, "What a rule that speaks answers.")
    severity = _word(SEVERITIES, "How grave it is.")


class ChangeSchema(Answer):
    """One rule that answers otherwise than before."""

    rule = _text("The id of the rule.")
    before = fields.Nested(OutcomeSchema, required=True, allow_none=True, metadata={"description": "null: silence."})
    after = fields.Nested(OutcomeSchema, required=True, allow_none=True, metadata={"description": "null: silence."})
    cause = _word(CAUSES, "What gives the newer answer by itself; several, where no one thing does.")


class DifferenceSchema(Answer):
    """What became of an advisory in a newer one."""

    older = fields.Nested(SummarySchema, required=True)
    newer = fields.Nested(SummarySchema, required=True)
    changed = fields.Dict(
        keys=fields.String(), values=fields.Boolean(), required=True,
        metadata={"description": "patient, rules, time: what is not the same, whether or not it changed an answer."},
    )  # fmt: skip
    changes = fields.List(fields.Nested(ChangeSchema), required=True)


class HappenedSchema(Answer):
    """What happened meanwhile, without anybody's words."""

    kind = _text("decided, superseded, signed.")
    at = _moment("When.")
    by = _text("Who.")
    rules = fields.List(fields.String(), required=True, metadata={"description": "The rules that were decided on."})


class ConflictSchema(ProblemDetailsSchema):
    """A refusal because the advisory is no longer what it was when it was read."""

    revision = _count("What it is at now.")
    events = fields.List(
        fields.Nested(HappenedSchema), required=True, metadata={"description": "What happened meanwhile."}
    )
