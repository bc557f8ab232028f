"""How a refusal is written in JSON (RFC 9457, contract, section 3), for /openapi.json and the contract tests."""

from marshmallow import RAISE, Schema, fields


class ProblemSchema(Schema):
    """One mistake, its place and its way out."""

    class Meta:
        unknown = RAISE

    at = fields.String(required=True, metadata={"description": "A JSON pointer into what was sent, or empty."})
    message = fields.String(required=True, metadata={"description": "What is wrong; never with the patient's data."})
    hint = fields.String(required=True, allow_none=True, metadata={"description": "What to write instead."})


class ProblemDetailsSchema(Schema):
    """A refusal: what happened, and every mistake at once."""

    class Meta:
        unknown = RAISE

    type = fields.String(required=True, metadata={"description": "about:blank: the status says it all."})
    title = fields.String(required=True, metadata={"description": "The name of the status."})
    status = fields.Integer(required=True, metadata={"description": "The status."})
    detail = fields.String(required=True, metadata={"description": "One sentence."})
    problems = fields.List(fields.Nested(ProblemSchema), required=True)
