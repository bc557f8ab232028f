"""How the people file is written: what somebody with certain claims may be here."""

from collections.abc import Mapping
from typing import Any

from marshmallow import ValidationError, fields, validates_schema

from schemas.clients_file import NOT_EMPTY, Name
from schemas.strict import StrictSchema, Text, Told, Word

# A program has a token of ours (role integration); it does not log in.
PERSON_ROLES = ("clinician", "author", "admin")
TESTS = ("equals", "contains")


class PersonRuleSchema(StrictSchema):
    """One rule; the first that fits counts."""

    claim = Text(required=True)
    equals = Text()
    contains = Text()
    role = Word(PERSON_ROLES, required=True)
    tenant = Name(required=True)

    @validates_schema
    def has_one_test(self, data: Mapping[str, Any], **kwargs: Any) -> None:
        """Refuse a rule that would fit everybody, and one that could be read in two ways."""
        given = [name for name in TESTS if name in data]
        if len(given) != 1:
            told = "This rule has both `equals` and `contains`." if given else "This rule would fit everybody."
            raise ValidationError(Told(told, "Write `equals: text` for a text, or `contains: text` for a list."))


class PeopleFileSchema(StrictSchema):
    """The people file."""

    shape = "people: [...]"

    people = fields.List(fields.Nested(PersonRuleSchema), required=True, validate=NOT_EMPTY)
