"""How the files of rules/vocabulary/ are written."""

from marshmallow import fields

from schemas.profile_schema import FORMS, ROUTES
from schemas.strict import Number, StrictSchema, Text, Word

KINDS = ("condition", "sign", "medicine", "product", "food")
CODES = ("rxnorm", "atc", "icd10cm", "icd10", "snomed", "loinc", "unii")

# The members of a profile that hold one result each.
MEMBERS = ("kidney.egfr", "kidney.creatinine", "kidney.cystatin_c", "labs.magnesium", "labs.calcium", "labs.potassium")


def texts(required: bool = False) -> fields.List[str]:
    """Return a field for a list of texts."""
    return fields.List(Text(longest=400), required=required)


class OneOrMore(fields.Field[list[str]]):
    """A word, or a list of words."""

    def _deserialize(self, value: object, attr: str | None, data: object, **kwargs: object) -> list[str]:
        found = texts().deserialize(value if isinstance(value, list) else [value])
        return [each for each in found if each is not None]


class ConceptSchema(StrictSchema):
    """One concept."""

    id = Text(longest=80, required=True)
    kind = Word(KINDS, required=True)
    name = Text(required=True)
    names = texts()
    brands = texts()
    is_a = texts()
    codes = fields.Dict(keys=Word(CODES), values=texts())
    unverified_codes = fields.Dict(keys=Word(CODES), values=texts())
    nutrient = OneOrMore()
    form = Word(FORMS)
    route = Word(ROUTES)
    may_hold = texts()
    note = Text(longest=400)


class ConceptsFile(StrictSchema):
    """A file of concepts."""

    concepts = fields.List(fields.Nested(ConceptSchema), required=True)


class MeasureSchema(StrictSchema):
    """A number with its unit and source."""

    value = Number(required=True)
    unit = Text(required=True)
    source = Text(longest=400, required=True)


class MethodSchema(StrictSchema):
    """How the results of one code are got."""

    loinc = Text(longest=16, required=True)
    method = Text()
    rank = Number(high=99, whole=True, required=True)
    note = Text(longest=400)
    source = Text(longest=400, required=True)


class TestSchema(StrictSchema):
    """One laboratory test."""

    id = Text(required=True)
    name = Text(required=True)
    unit = Text(required=True)
    molar_mass = fields.Nested(MeasureSchema)
    plausible_from = fields.Nested(MeasureSchema)
    plausible_up_to = fields.Nested(MeasureSchema)
    valence = Number(low=1, high=4, whole=True)
    fills = Word(MEMBERS)
    names = texts()
    loinc = texts()
    methods = fields.List(fields.Nested(MethodSchema))
    unverified_loinc = texts()
    note = Text(longest=400)


class LaboratoryFile(StrictSchema):
    """laboratory.yaml."""

    tests = fields.List(fields.Nested(TestSchema), required=True)


class UnitsFile(StrictSchema):
    """units.yaml: how units are written, and the UCUM unit meant."""

    spellings = fields.Dict(keys=Text(), values=Text(), required=True)


class NormaliseFile(StrictSchema):
    """normalise.yaml: words that do not change which substance is meant."""

    dose_forms = fields.Dict(keys=Text(), values=Word(ROUTES, allow_none=True), required=True)
    route_words = fields.Dict(keys=Text(), values=Word(ROUTES, allow_none=True), required=True)
    release_words = texts(required=True)
    strength_units = texts(required=True)
    salts = texts(required=True)
    never_strip_after = texts(required=True)
