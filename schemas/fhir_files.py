"""How rules/fhir.yaml is written."""

from marshmallow import fields

from schemas.profile_schema import ROUTES
from schemas.strict import Flag, StrictSchema, Text, Word
from schemas.vocabulary_files import MeasureSchema, texts

READINGS = ("low", "normal", "high")
SEXES = ("female", "male")


def sources() -> Text:
    """Return a field for where something was found."""
    return Text(longest=400, required=True)


class CodeSystemSchema(StrictSchema):
    """Another spelling of a code system."""

    written = Text(required=True)
    means = Text(required=True)
    source = sources()


class RouteSchema(StrictSchema):
    """A code for a route."""

    system = Text(required=True)
    code = Text(longest=64, required=True)
    route = Word(ROUTES, required=True)
    source = sources()


class InterpretationsSchema(StrictSchema):
    """The codes of a laboratory's own reading."""

    system = Text(required=True)
    codes = fields.Dict(keys=Text(longest=8), values=Word(READINGS), required=True)
    source = sources()


class DialysisResultSchema(StrictSchema):
    """A result that exists only with dialysis."""

    loinc = Text(longest=16, required=True)
    source = sources()


class ProceduresSchema(StrictSchema):
    """Which procedures are asked for, and for how long each says something."""

    concepts = texts(required=True)
    lasting = texts(required=True)
    window = Text(required=True)
    source = sources()


class NotUsedSchema(StrictSchema):
    """A result that is read and not used."""

    loinc = Text(longest=16, required=True)
    because = Text(longest=400, required=True)
    source = sources()


class ExtensionSchema(StrictSchema):
    """A FHIR extension by its address."""

    url = Text(required=True)
    source = sources()


class SexSchema(StrictSchema):
    """Where the sex stands, and its codes."""

    extensions = fields.List(fields.Nested(ExtensionSchema), required=True)
    codes = fields.Dict(keys=Text(longest=16), values=Word(SEXES), required=True)
    source = sources()


class PregnantSchema(StrictSchema):
    """One value of the pregnancy status."""

    system = Text(required=True)
    code = Text(longest=64, required=True)
    pregnant = Flag(required=True)
    source = sources()


class PregnancySchema(StrictSchema):
    """The Observation that says whether somebody is pregnant."""

    loinc = Text(longest=16, required=True)
    window = fields.Nested(MeasureSchema, required=True)
    values = fields.List(fields.Nested(PregnantSchema), required=True)
    source = sources()


class FhirFile(StrictSchema):
    """fhir.yaml."""

    code_systems = fields.List(fields.Nested(CodeSystemSchema), required=True)
    routes = fields.List(fields.Nested(RouteSchema), required=True)
    interpretations = fields.Nested(InterpretationsSchema, required=True)
    dialysis_results = fields.List(fields.Nested(DialysisResultSchema), required=True)
    procedures = fields.Nested(ProceduresSchema, required=True)
    results_not_used = fields.List(fields.Nested(NotUsedSchema), required=True)
    sex = fields.Nested(SexSchema, required=True)
    pregnancy = fields.Nested(PregnancySchema, required=True)
