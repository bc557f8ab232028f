"""How an advisory is written in JSON (contract, section 2).

Nothing is written through these schemas: presenters write the bytes. They describe the answer in /openapi.json, and the
contract tests hold every answer against them, strictly, so that the description cannot drift.
"""

from marshmallow import RAISE, Schema, fields, validate

OUTCOMES = ("raised", "cannot_say")
CATEGORIES = (
    "caution", "interaction", "evidence", "form", "diet", "sign", "process", "administration", "data_quality",
)  # fmt: skip
SEVERITIES = ("critical", "warning", "info")
TIERS = ("A", "B", "C", "D", "E", "S")
DIRECTIONS = ("benefit", "potential", "mixed", "no_benefit", "unclear", "harm_association")
STANCES = ("supports", "contrasts")
SHA256 = r"^[0-9a-f]{64}$"
LONGEST_SUMMARY = 139


class Answer(Schema):
    """What we send: every member is there unless it says otherwise, and there are no others."""

    class Meta:
        unknown = RAISE


def _text(says: str, **kwargs: object) -> fields.String:
    return fields.String(required=True, metadata={"description": says}, **kwargs)  # type: ignore[arg-type]


def _word(words: tuple[str, ...], says: str) -> fields.String:
    return fields.String(required=True, validate=validate.OneOf(words), metadata={"description": says})


def _sha256(says: str) -> fields.String:
    return fields.String(required=True, validate=validate.Regexp(SHA256), metadata={"description": says})


def _texts(says: str) -> fields.List[str]:
    return fields.List(fields.String(), required=True, metadata={"description": says})


def _list_of(schema: type[Schema], says: str, required: bool = True) -> fields.List[object]:
    return fields.List(fields.Nested(schema), required=required, metadata={"description": says})


class PackSchema(Answer):
    """Which rules answered."""

    name = _text("The name of the pack.")
    version = _text("The version of the pack.")
    sha256 = _sha256("The hash of the whole pack.")
    clinical_review = _text("Who has reviewed the pack as a whole; none, until somebody has.")


class EvidenceSchema(Answer):
    """How good the evidence is."""

    tier = _word(TIERS, "A is the strongest. E insufficient, S: the documents are silent.")
    direction = _word(DIRECTIONS, "Which way the evidence points.")
    condition = fields.String(allow_none=True, metadata={"description": "For which condition."})
    route = fields.String(allow_none=True, metadata={"description": "By which route."})
    form = fields.String(allow_none=True, metadata={"description": "For which form of magnesium."})
    why = _texts("The reasons for the tier, as short codes.")
    documents = fields.Integer(required=True, metadata={"description": "How many documents say so."})
    checked = fields.Raw(
        allow_none=True, metadata={"description": "What an independent look at the primary study found."}
    )


class BecauseSchema(Answer):
    """One fact that decided the outcome."""

    fact = _text("The name of the fact.")
    value = fields.Raw(required=True, allow_none=True, metadata={"description": "Its value."})
    unit = fields.String(allow_none=True, metadata={"description": "Its UCUM unit."})
    date = fields.String(allow_none=True, metadata={"description": "Its day."})
    at = fields.String(allow_none=True, metadata={"description": "The JSON pointer of where it stood in the profile."})
    source = fields.String(allow_none=True, metadata={"description": "The record it came from."})
    comparator = fields.String(metadata={"description": "The comparator the value came with, if it had one."})
    age_days = fields.Integer(metadata={"description": "How many days old it was."})
    origin = fields.String(metadata={"description": "How the fact came about, where that is not plain."})


class MissingSchema(Answer):
    """One input that was needed and could not be used."""

    fact = _text("The name of the fact.")
    reason = _text("Why it could not be used, in a word.")
    at = fields.String(
        required=True, allow_none=True, metadata={"description": "Where it should stand in the profile."}
    )
    detail = _text("The same in a sentence.")


class SourceSchema(Answer):
    """Where a claim stands."""

    claim = _text("The id of the claim.")
    document = fields.String(required=True, allow_none=True, metadata={"description": "The document."})
    section = fields.String(allow_none=True, metadata={"description": "The section of the document."})
    start = fields.Integer(allow_none=True, metadata={"description": "The first character of the passage."})
    end = fields.Integer(allow_none=True, metadata={"description": "The character after the passage."})
    sha256 = fields.String(allow_none=True, metadata={"description": "The hash of the passage."})
    statement = _text("The claim in our own words.")
    stance = _word(STANCES, "Whether the passage supports the rule, or stands against it.")
    passage = fields.String(
        allow_none=True,
        metadata={"description": "The document's own words, where the deployment has it and the hash agrees."},
    )
    what = fields.String(metadata={"description": "What a reference is; of a reference only, as the next three."})
    address = fields.String(allow_none=True, metadata={"description": "Where the reference is."})
    tier = fields.String(metadata={"description": "A label or guideline, B article, C compendium, D lay page."})
    status = fields.String(metadata={"description": "How far the statement was found in the reference."})


class FlagSchema(Answer):
    """One rule that has something to say."""

    rule = _text("The id of the rule.")
    version = fields.Integer(required=True, metadata={"description": "The version of the rule."})
    review = _text("How far people have reviewed the rule.")
    outcome = _word(OUTCOMES, "cannot_say means that a needed input is missing, unusable, too old or in conflict.")
    category = _word(CATEGORIES, "What kind of flag it is.")
    rests_on = _word(("documents", "reference", "both"), "Which kind of source the rule rests on.")
    severity = _word(SEVERITIES, "For cannot_say, one step below what the rule would have raised.")
    title = _text("A short title.")
    summary = _text("One sentence.", validate=validate.Length(max=LONGEST_SUMMARY))
    detail = _text("More, for whoever wants it.")
    for_review = _texts("What the clinician is asked to check.")
    evidence = fields.Nested(EvidenceSchema, required=True, allow_none=True)
    because = _list_of(BecauseSchema, "The facts that decided.")
    missing = _list_of(MissingSchema, "The inputs that were needed and could not be used.")
    claims = _texts("The ids of the claims the rule rests on.")
    sources = _list_of(SourceSchema, "Where those claims stand.")
    does_not_cover = _texts("What the rule does not cover.")


class UnrecognisedSchema(Answer):
    """Something listed that the vocabulary does not know."""

    at = _text("Its JSON pointer.")
    text = fields.String(required=True, allow_none=True, metadata={"description": "What was written."})
    did_you_mean = _texts("The nearest words that are known; nothing is understood by guessing.")


class DataQualitySchema(Answer):
    """Something about the input that whoever reads the advisory should know."""

    at = _text("Its JSON pointer.")
    problem = _text("What kind of problem it is, in a word.")
    detail = _text("The problem in a sentence.")


class NotRaisedSchema(Answer):
    """A rule that stayed silent, the facts that decided it, and the nearest change that would flip it."""

    rule = _text("The id of the rule.")
    version = fields.Integer(required=True, metadata={"description": "The version of the rule."})
    title = _text("Its title.")
    decided_by = _list_of(BecauseSchema, "The facts that decided.")
    would_need = fields.List(fields.Raw(), required=True, metadata={"description": "What would make it speak."})


class AdvisorySchema(Answer):
    """Advisory flags for one profile, for review by a clinician."""

    id = _text("The id of this advisory.")
    created_at = fields.AwareDateTime(required=True, format="iso", metadata={"description": "When it was made."})
    as_of = fields.Date(required=True, metadata={"description": "The day it is about."})
    pack = fields.Nested(PackSchema, required=True)
    profile_sha256 = _sha256("The hash of the profile as it was understood.")
    flags = _list_of(FlagSchema, "By severity, then raised before cannot_say, then rule.")
    unrecognised = _list_of(UnrecognisedSchema, "What was listed and is not in the vocabulary.")
    data_quality = _list_of(DataQualitySchema, "What is wrong with the input, without being a reason to refuse it.")
    silent_on = _texts("What these rules say nothing about, though it may matter here.")
    notice = _text("What this advisory is, and is not.")
    not_raised = _list_of(NotRaisedSchema, "With ?explain=true only: every other rule.", required=False)
