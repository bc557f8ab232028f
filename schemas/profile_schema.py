"""How a profile is written in JSON (contract, section 1), and how it becomes a Profile.

Every member is optional and may be null. Unknown members, wrong types and impossible values are refused, all at once.
"""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any, TypeVar

from marshmallow import ValidationError, fields, validates_schema

from schemas.problem import Problem, Refused
from schemas.profile import (
    Coding,
    Condition,
    Diet,
    Entry,
    Kidney,
    Labs,
    Medication,
    Patient,
    Profile,
    Quantity,
    Supplement,
)
from schemas.strict import Day, Flag, LooseDay, Number, StrictSchema, Text, Told, Word, loaded, pointer_part

FORMS = (
    "glycinate", "citrate", "malate", "l-threonate", "oxide", "sulfate", "chloride", "carbonate", "hydroxide",
    "aspartate", "taurate", "other",
)  # fmt: skip
ROUTES = ("oral", "iv", "topical", "dietary")
STAGES = ("G1", "G2", "G3a", "G3b", "G4", "G5")
OLDEST = 130
MOST_ENTRIES, MOST_MEMBERS, MOST_VALUES = 500, 40, 20_000
T = TypeVar("T", bound=Entry)


class CodingSchema(StrictSchema):
    """One code of one system."""

    system = Text(allow_none=True)
    code = Text(longest=64, allow_none=True)
    display = Text(longest=512, allow_none=True)
    version = Text(longest=64, allow_none=True)
    userSelected = Flag(allow_none=True)


class EntrySchema(StrictSchema):
    """A sign or a food: text, codes, or both."""

    text = Text(longest=512, allow_none=True)
    coding = fields.List(fields.Nested(CodingSchema), allow_none=True)

    @validates_schema
    def _says_something(self, data: Mapping[str, Any], **_: Any) -> None:
        if not any(data.get(name) for name in ("text", "coding", "nutrient")):
            raise ValidationError(Told("This entry says nothing.", "Give it a text or a coding."))


class ConditionSchema(EntrySchema):
    """A condition."""

    status = Word(("active", "resolved", "refuted"), allow_none=True)
    onset = LooseDay(allow_none=True)


class MedicationSchema(EntrySchema):
    """A medicine."""

    status = Word(("current", "planned", "stopped"), allow_none=True)
    route = Word(ROUTES, allow_none=True)
    since = LooseDay(allow_none=True)


class SupplementSchema(EntrySchema):
    """A supplement."""

    nutrient = Text(longest=128, allow_none=True)
    form = Word(FORMS, allow_none=True)
    route = Word(ROUTES, allow_none=True)
    status = Word(("current", "considered", "stopped"), allow_none=True)
    high_dose = Flag(allow_none=True)


class EntryField(fields.Field[Any]):
    """A plain string, which stands for {"text": …}, or an object."""

    def __init__(self, schema: type[EntrySchema], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.schema = schema()
        self.text = Text(longest=512)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        if isinstance(value, str):
            return {"text": self.text.deserialize(value)}
        if not isinstance(value, Mapping):
            raise ValidationError(Told("This must be text or an object.", 'Write "name" or {"text": "name"}.'))
        return self.schema.load(value)


def _entries(schema: type[EntrySchema]) -> fields.List[Any]:
    told = Told("This must be a list.", "Write [ … ]; null if not asked, [] if asked and none.")
    messages: dict[str, str | list[Any] | dict[Any, Any]] = {"invalid": told}
    return fields.List(EntryField(schema), allow_none=True, error_messages=messages)


class QuantitySchema(StrictSchema):
    """A measured value."""

    shape = '{"value": 58, "unit": "mL/min/{1.73_m2}", "date": "2026-10-30"}'

    value = Number(allow_none=True)
    unit = Text(longest=64, allow_none=True)
    date = Day(allow_none=True)
    comparator = Word(("<", "<=", ">=", ">"), allow_none=True)
    interpretation = Word(("low", "normal", "high"), allow_none=True)


class PatientSchema(StrictSchema):
    """Who the profile is about."""

    id = Text(longest=128, allow_none=True)
    age = Number(high=OLDEST, whole=True, allow_none=True)
    birth_date = Day(allow_none=True)
    sex = Word(("female", "male", "other", "unknown"), allow_none=True)
    pregnant = Flag(allow_none=True)
    breastfeeding = Flag(allow_none=True)


class KidneySchema(StrictSchema):
    """Kidney function."""

    egfr = fields.Nested(QuantitySchema, allow_none=True)
    creatinine = fields.Nested(QuantitySchema, allow_none=True)
    cystatin_c = fields.Nested(QuantitySchema, allow_none=True)
    stage = Word(STAGES, allow_none=True)
    dialysis = Flag(allow_none=True)
    acute_kidney_injury = Flag(allow_none=True)


class LabsSchema(StrictSchema):
    """Laboratory results."""

    magnesium = fields.Nested(QuantitySchema, allow_none=True)
    calcium = fields.Nested(QuantitySchema, allow_none=True)
    potassium = fields.Nested(QuantitySchema, allow_none=True)


class DietSchema(StrictSchema):
    """Diet."""

    magnesium_rich_foods = Word(("low", "moderate", "high"), allow_none=True)
    foods = _entries(EntrySchema)


class ProfileSchema(StrictSchema):
    """A whole profile."""

    patient = fields.Nested(PatientSchema, allow_none=True)
    as_of = Day(allow_none=True)
    conditions = _entries(ConditionSchema)
    kidney = fields.Nested(KidneySchema, allow_none=True)
    labs = fields.Nested(LabsSchema, allow_none=True)
    medications = _entries(MedicationSchema)
    supplements = _entries(SupplementSchema)
    diet = fields.Nested(DietSchema, allow_none=True)
    signs = _entries(EntrySchema)


PROFILE = ProfileSchema()


def load_profile(data: object, today: date) -> Profile:
    """Return the Profile, or raise Refused (422) with every mistake; `today` stands in where `as_of` is absent."""
    if not isinstance(data, Mapping):
        raise Refused(422, [Problem("", "A profile is a JSON object.", 'Write {"patient": {…}, …}.')])
    problems = list(_oversized(data))
    if problems:
        raise Refused(422, problems)
    value, problems = loaded(PROFILE, data)
    if problems:
        raise Refused(422, problems)
    profile = _profile(value)
    refuse_impossible_age(profile, profile.as_of or today)
    return profile


def refuse_impossible_age(profile: Profile, day: date) -> None:
    """Raise Refused if the birth date lies after the day of evaluation, or further back than anyone has lived."""
    born = profile.patient.birth_date
    if born and born > day:
        problem = Problem(
            "/patient/birth_date", "The birth date lies after the day of evaluation.", "Check both dates."
        )
        raise Refused(422, [problem])
    if born and day.year - born.year > OLDEST:
        raise Refused(422, [Problem("/patient/birth_date", "This birth date is impossible.", "Check the year.")])


def _oversized(data: object) -> Iterator[Problem]:
    """Yield what is too large to be read in good time, before anything is read."""
    values = 0
    waiting: list[tuple[str, object]] = [("", data)]
    while waiting:
        at, value = waiting.pop()
        if not isinstance(value, (list, Mapping)):
            continue
        most = MOST_ENTRIES if isinstance(value, list) else MOST_MEMBERS
        values += len(value)
        if len(value) > most:
            yield Problem(at, f"This is longer than {most} entries.", "Send what is current only.")
        elif values > MOST_VALUES:
            yield Problem("", f"A profile holds at most {MOST_VALUES} values.", "Send what is current only.")
            return
        else:
            waiting += list(enumerated(value, at))


def enumerated(value: list[Any] | Mapping[str, Any], at: str) -> Iterator[tuple[str, Any]]:
    """Yield the members of a list or an object with their pointers."""
    for key, inner in value.items() if isinstance(value, Mapping) else enumerate(value):
        yield f"{at}/{pointer_part(key)}", inner


def _profile(data: dict[str, Any]) -> Profile:
    patient = data.get("patient") or {}
    age = patient.get("age")
    diet = data.get("diet") or {}
    return Profile(
        patient=Patient(**{**patient, "age": None if age is None else int(age)}),
        as_of=data.get("as_of"),
        conditions=_listed(Condition, data.get("conditions"), "/conditions", "active"),
        kidney=Kidney(**_quantities(data.get("kidney"), "/kidney")),
        labs=Labs(**_quantities(data.get("labs"), "/labs")),
        medications=_listed(Medication, data.get("medications"), "/medications"),
        supplements=_listed(Supplement, data.get("supplements"), "/supplements"),
        diet=Diet(diet.get("magnesium_rich_foods"), _listed(Entry, diet.get("foods"), "/diet/foods")),
        signs=_listed(Entry, data.get("signs"), "/signs"),
    )


def _quantities(data: dict[str, Any] | None, at: str) -> dict[str, Any]:
    return {
        name: Quantity(at=f"{at}/{name}", **value) if isinstance(value, dict) else value
        for name, value in (data or {}).items()
    }


def _listed(
    kind: type[T], items: list[dict[str, Any]] | None, at: str, status: str = "current"
) -> tuple[T, ...] | None:
    if items is None:
        return None
    return tuple(kind(**_entry(item, f"{at}/{index}", status)) for index, item in enumerate(items))


def _entry(item: dict[str, Any], at: str, status: str) -> dict[str, Any]:
    coding = tuple(
        Coding(code.get("system"), code.get("code"), code.get("display")) for code in item.get("coding") or ()
    )
    return {**item, "at": at, "coding": coding, "status": item.get("status") or status}
