"""How claims, documents, references and checks are written, and what became of each row of the reference."""

from marshmallow import fields

from schemas.strict import Number, StrictSchema, Text, Word
from schemas.vocabulary_files import OneOrMore, texts

READ_STATUSES = ("found", "found_weak", "found_partial", "none_found", "unverified_here")
VERDICTS = (
    "corroborated", "partly_corroborated", "misdescribed", "not_corroborated", "contradicted", "weak", "not_searched",
)  # fmt: skip


class LocationSchema(StrictSchema):
    """A passage of a document."""

    document = Text(required=True)
    start = Number(whole=True, required=True)
    end = Number(whole=True, required=True)
    sha256 = Text(longest=64, required=True)
    section = Text(required=True)


class ConflictSchema(StrictSchema):
    """A claim that says otherwise."""

    id = Text(required=True)
    why = Text(longest=600, required=True)


class ClaimSchema(StrictSchema):
    """One claim."""

    id = Text(required=True)
    kind = Text(required=True)
    encode = Word(("must-encode", "should-encode", "context-only", "never-emit"), required=True)
    statement = Text(longest=600, required=True, allow_none=True)
    locations = fields.List(fields.Nested(LocationSchema), required=True)
    documents = Number(high=5, whole=True, required=True)
    conflicts_with = fields.List(fields.Nested(ConflictSchema))
    related = texts()
    not_encoded_because = Text(longest=600)


class StudySchema(StrictSchema):
    """A study as far as the reference names it; nothing is completed."""

    citation = Text(longest=400, required=True)
    doi = Text(allow_none=True)
    pmid = Text(allow_none=True)
    status = Text(longest=200)


class RestsOnSchema(StrictSchema):
    """What a reference claim rests on: a reference, and where in it as far as that is known."""

    reference = Text(required=True)
    at = Text(longest=300, allow_none=True)


class ReferenceClaimSchema(StrictSchema):
    """One claim of the reference pack."""

    id = Text(required=True)
    row = Text(required=True)
    statement = Text(longest=600, required=True)
    status = Word(READ_STATUSES, required=True)
    rests_on = fields.List(fields.Nested(RestsOnSchema), required=True)
    study = fields.Nested(StudySchema)
    note = Text(longest=600)


class ReferenceClaimsFile(StrictSchema):
    """reference-claims-*.yaml."""

    claims = fields.List(fields.Nested(ReferenceClaimSchema), required=True)


class ReferenceSchema(StrictSchema):
    """One thing that was read."""

    id = Text(required=True)
    tier = Word(("A", "B", "C", "D"), required=True)
    what = Text(longest=600, required=True)
    address = Text(longest=600, required=True, allow_none=True)
    read = Text(longest=300, required=True)
    status = Word(READ_STATUSES, required=True)
    note = Text(longest=600)


class ReferencesFile(StrictSchema):
    """references.yaml."""

    references = fields.List(fields.Nested(ReferenceSchema), required=True)


class CheckSchema(StrictSchema):
    """What an independent look found about one claim of the documents."""

    claim = Text(required=True)
    verdict = Word(VERDICTS, required=True)
    finding = Text(longest=800, required=True)
    studies = fields.List(fields.Nested(StudySchema))
    row = Text()


class ChecksFile(StrictSchema):
    """checks.yaml."""

    checks = fields.List(fields.Nested(CheckSchema), required=True)


class RowSchema(StrictSchema):
    """One row of the clinical reference, and what became of it."""

    row = Text(required=True)
    rule = OneOrMore(allow_none=True, required=True)
    why = Text(longest=600)


class RowsFile(StrictSchema):
    """reference-rows.yaml."""

    rows = fields.List(fields.Nested(RowSchema), required=True)


class ClaimsFile(StrictSchema):
    """claims.yaml."""

    claims = fields.List(fields.Nested(ClaimSchema), required=True)


class DocumentSchema(StrictSchema):
    """One source document; it is not part of this project, only its name, length and hash are."""

    name = Text(required=True)
    sha256 = Text(longest=64, required=True)
    characters = Number(whole=True, required=True)
    bytes = Number(whole=True, required=True)
    what = Text(longest=400, required=True)


class DocumentsFile(StrictSchema):
    """documents.yaml."""

    documents = fields.List(fields.Nested(DocumentSchema), required=True)
