"""The patient profile as frozen data (contract, section 1).

`None` means not supplied; an empty tuple means asked, and none. The two are never confused.
"""

import datetime
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Coding:
    """One code of one code system, as FHIR's Coding."""

    system: str | None = None
    code: str | None = None
    display: str | None = None


@dataclass(frozen=True, slots=True)
class Open:
    """Something that a record leaves open: a word for the reason, where (a JSON pointer), and a sentence.

    A profile in our own JSON has none; a record read from FHIR has one for every page not read and every error met.
    """

    reason: str
    at: str
    detail: str


@dataclass(frozen=True, slots=True)
class Entry:
    """Something listed: a sign or a food, and the base of all other list entries.

    `at` is the JSON pointer of the entry; `source` a reference to the record it came from, where there is one.
    """

    at: str
    text: str | None = None
    coding: tuple[Coding, ...] = ()
    status: str = "current"
    source: str | None = None


@dataclass(frozen=True, slots=True)
class Condition(Entry):
    """A condition; `status` is active, resolved or refuted; `onset` a date of any precision."""

    status: str = "active"
    onset: str | None = None


@dataclass(frozen=True, slots=True)
class Medication(Entry):
    """A medicine; `status` is current, planned or stopped; `since` a date of any precision."""

    route: str | None = None
    since: str | None = None


@dataclass(frozen=True, slots=True)
class Supplement(Entry):
    """A supplement; `status` is current, considered or stopped."""

    nutrient: str | None = None
    form: str | None = None
    route: str | None = None
    high_dose: bool | None = None


@dataclass(frozen=True, slots=True)
class Quantity:
    """A measured value as it came, with its UCUM unit, day and comparator; nothing is converted here.

    `method` names the equation or assay where the record does. `doubt` says why the value may raise a concern and
    reassures of nothing (a preliminary result, say). `earlier` holds older results of the same test, newest first.
    """

    at: str
    value: Decimal | None = None
    unit: str | None = None
    date: datetime.date | None = None
    comparator: str | None = None
    interpretation: str | None = None
    source: str | None = None
    method: str | None = None
    doubt: Open | None = None
    earlier: tuple["Quantity", ...] = ()

    def place(self, part: str) -> str:
        """Return the JSON pointer of a part of the value; of a FHIR resource, the resource, which names parts anew."""
        return self.at if self.source else f"{self.at}/{part}"


@dataclass(frozen=True, slots=True)
class Patient:
    """Who the profile is about; `age` in whole years."""

    id: str | None = None
    age: int | None = None
    birth_date: datetime.date | None = None
    sex: str | None = None
    pregnant: bool | None = None
    breastfeeding: bool | None = None


@dataclass(frozen=True, slots=True)
class Kidney:
    """Everything said about kidney function."""

    egfr: Quantity | None = None
    creatinine: Quantity | None = None
    cystatin_c: Quantity | None = None
    stage: str | None = None
    dialysis: bool | None = None
    acute_kidney_injury: bool | None = None


@dataclass(frozen=True, slots=True)
class Labs:
    """Laboratory results that rules may use."""

    magnesium: Quantity | None = None
    calcium: Quantity | None = None
    potassium: Quantity | None = None


@dataclass(frozen=True, slots=True)
class Diet:
    """What is known of the diet."""

    magnesium_rich_foods: str | None = None
    foods: tuple[Entry, ...] | None = None


@dataclass(frozen=True, slots=True)
class Profile:
    """One patient, as supplied.

    `open` says, by member ("medications", "kidney.egfr"), why it is not known or not known wholly, where the record
    says more than that it is absent. `notes` are told with the advisory: what was skipped, and what is doubtful.
    """

    patient: Patient = field(default_factory=Patient)
    as_of: datetime.date | None = None
    conditions: tuple[Condition, ...] | None = None
    kidney: Kidney = field(default_factory=Kidney)
    labs: Labs = field(default_factory=Labs)
    medications: tuple[Medication, ...] | None = None
    supplements: tuple[Supplement, ...] | None = None
    diet: Diet = field(default_factory=Diet)
    signs: tuple[Entry, ...] | None = None
    open: Mapping[str, tuple[Open, ...]] = field(default_factory=dict)
    notes: tuple[Open, ...] = ()
