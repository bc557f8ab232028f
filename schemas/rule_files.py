"""How rule files, tables, cases, facts, definitions, policy and sources are written.

Conditions (`when`, `unless`) pass as they are: service.knowledge.conditions reads them, with the facts at hand.
"""

from marshmallow import fields

from schemas.profile_schema import ROUTES, STAGES
from schemas.strict import Day, Flag, Number, StrictSchema, Text, Word
from schemas.vocabulary_files import OneOrMore, texts

CATEGORIES = (
    "caution", "interaction", "evidence", "form", "diet", "sign", "process", "administration", "data_quality",
)  # fmt: skip
STATUSES = ("draft", "reviewed", "active", "retired")
LONGEST_SUMMARY = 139


class EvidenceSchema(StrictSchema):
    """The evidence block of an evidence rule (evidence-matrix: tier scale and reason codes)."""

    tier = Word(("A", "B", "C", "D", "E", "S"), required=True)
    direction = Word(("benefit", "potential", "mixed", "no_benefit", "unclear", "harm_association"), required=True)
    condition = Text(required=True)
    route = Word(ROUTES, allow_none=True, required=True)
    form = Text(allow_none=True, required=True)
    why = fields.List(
        Word(("trace", "rob", "imp", "ind-form", "ind-route", "ind-outcome", "incon", "co", "single", "ind")),
        required=True,
    )
    documents = Number(high=5, whole=True, required=True)


class RuleSchema(StrictSchema):
    """One rule."""

    id = Text(required=True)
    version = Number(low=1, whole=True, required=True)
    status = Word(STATUSES, required=True)
    category = Word(CATEGORIES, required=True)
    severity = Word(("critical", "warning", "info"), required=True)
    title = Text(longest=120, required=True)
    summary = Text(longest=LONGEST_SUMMARY, required=True)
    detail = Text(longest=2000, required=True)
    for_review = texts(required=True)
    when = fields.Raw(required=True)
    unless = fields.Raw()
    claims = texts(required=True)
    contrast = texts()
    background = texts()
    does_not_cover = texts(required=True)
    evidence = fields.Nested(EvidenceSchema, allow_none=True)
    silent_on = Text(longest=80)
    inactive = Text(longest=400)


class TableSchema(StrictSchema):
    """A table of rules."""

    table = Text(required=True)
    rule = fields.Dict(keys=Text(), required=True)
    rows = fields.List(fields.Dict(keys=Text()), required=True)


class CaseSchema(StrictSchema):
    """One case."""

    name = Text(required=True)
    rule = Text()
    withs = fields.Raw(data_key="with", allow_none=True)
    expect = Word(("raised", "clear", "cannot_say"), required=True)
    because = texts()
    missing = texts()
    severity = Word(("critical", "warning", "info"))


class EachRowSchema(StrictSchema):
    """Cases that run once per row of a table."""

    profile = fields.Raw(allow_none=True)
    cases = fields.List(fields.Raw(), required=True)


class CasesSchema(StrictSchema):
    """A file of cases."""

    rule = Text()
    table = Text()
    as_of = Day(required=True)
    profile = fields.Raw(allow_none=True)
    for_each_row = fields.Nested(EachRowSchema)
    cases = fields.List(fields.Nested(CaseSchema))


class FactSchema(StrictSchema):
    """One fact."""

    fact = Text(required=True)
    kind = Text(required=True)
    meaning = Text(longest=400, required=True)
    unit = Text()
    # Half a step of the last decimal is sent to the engine, and 0.00005 would be written with an exponent.
    decimals = Number(high=3, whole=True)
    values = texts()
    of = Text()
    window = Text()
    cut_off = Text()
    list = Text()
    also = Text()
    also_decides = Flag()
    concept = OneOrMore()
    unclear_if = texts()
    outside = texts()
    outweighed_by = texts()
    not_valid_with = texts()
    never_if_sex = Text()
    nutrient = Text()
    status = texts()
    form = Text()
    route = OneOrMore()
    high_dose = fields.Raw()


class FactsFile(StrictSchema):
    """facts.yaml."""

    facts = fields.List(fields.Nested(FactSchema), required=True)


class DefinitionSchema(StrictSchema):
    """One named condition."""

    name = Text(required=True)
    meaning = Text(longest=600, required=True)
    when = fields.Raw(required=True)


class DefinitionsFile(StrictSchema):
    """definitions.yaml."""

    definitions = fields.List(fields.Nested(DefinitionSchema), required=True)


class ConventionSchema(StrictSchema):
    """One convention of ours."""

    id = Text(required=True)
    value = Number(required=True)
    unit = Text(required=True)
    meaning = Text(longest=400, required=True)
    source = Text(longest=400, required=True)
    approval = Text(required=True)


class StageSchema(StrictSchema):
    """One category of filtration: from `at_least` up to, not including, `below`."""

    stage = Word(STAGES, required=True)
    at_least = Number(required=True)
    below = Number(allow_none=True, required=True)


class StagesSchema(StrictSchema):
    """The categories of filtration, with unit and source."""

    unit = Text(required=True)
    source = Text(longest=400, required=True)
    rows = fields.List(fields.Nested(StageSchema), required=True)


class PolicyFile(StrictSchema):
    """policy.yaml."""

    policy = fields.List(fields.Nested(ConventionSchema), required=True)
    gfr_categories = fields.Nested(StagesSchema, required=True)


class NoticeSchema(StrictSchema):
    """What stands under every advisory."""

    text = Text(longest=1200, required=True)
    claims = texts(required=True)


class PackFile(StrictSchema):
    """pack.yaml."""

    name = Text(required=True)
    version = Text(required=True)
    clinical_review = Text(required=True)
    notice = fields.Nested(NoticeSchema, required=True)


class LockRowSchema(StrictSchema):
    """One row of lock.yaml."""

    id = Text(required=True)
    version = Number(low=1, whole=True, required=True)
    sha256 = Text(longest=64, required=True)


class LockFile(StrictSchema):
    """lock.yaml."""

    rules = fields.List(fields.Nested(LockRowSchema), required=True)
