"""From a profile to the rows that say the same to the query; the tables and their columns are in `tables`."""

from collections.abc import Iterator
from typing import Any

from schemas.profile import Profile, Quantity
from service.facts.entries import read_entries
from service.facts.in_sql.dictionary import Dictionary
from service.facts.in_sql.texts import inside_json, plain_gap
from service.facts.model import Gap
from service.facts.quantities import newest_first

Row = dict[str, Any]
Rows = dict[str, list[Row]]
PATHS = ("kidney.egfr", "kidney.creatinine", "kidney.cystatin_c", "labs.magnesium", "labs.calcium", "labs.potassium")


def rows_of(pid: int, profile: Profile, dictionary: Dictionary) -> Rows:
    """Return the rows of one patient, by table."""
    return {
        "said": [_said(pid, profile)],
        "entry": list(_entries(pid, profile, dictionary)),
        "left_open": list(_left_open(pid, profile)),
        "result": list(_results(pid, profile, dictionary)),
    }


def _said(pid: int, profile: Profile) -> Row:
    patient, kidney = profile.patient, profile.kidney
    return {
        "pid": pid, "sex": patient.sex, "age": patient.age,
        "born": patient.birth_date.isoformat() if patient.birth_date else None,
        "pregnant": patient.pregnant, "breastfeeding": patient.breastfeeding, "dialysis": kidney.dialysis,
        "acute_kidney_injury": kidney.acute_kidney_injury, "stage": kidney.stage,
        "magnesium_rich_foods": profile.diet.magnesium_rich_foods,
        "conditions": profile.conditions is not None, "medications": profile.medications is not None,
        "supplements": profile.supplements is not None, "signs": profile.signs is not None,
        "foods": profile.diet.foods is not None,
    }  # fmt: skip


def _entries(pid: int, profile: Profile, dictionary: Dictionary) -> Iterator[Row]:
    for name, found in read_entries(profile, dictionary.pack.vocabulary).lists.items():
        for order, read in enumerate(found.entries or ()):
            yield {
                "pid": pid, "list": name, "ord": order, "meaning": dictionary.meaning(name, read),
                "pointer": inside_json(read.entry.at), "source": inside_json(read.entry.source),
            }  # fmt: skip


def _left_open(pid: int, profile: Profile) -> Iterator[Row]:
    for member, reasons in profile.open.items():
        for order, why in enumerate(reasons):
            text = plain_gap(Gap(why.reason, why.at, why.detail))
            yield {"pid": pid, "member": member, "ord": order, "reason": why.reason, "text": text}


def _results(pid: int, profile: Profile, dictionary: Dictionary) -> Iterator[Row]:
    for path in PATHS:
        part, name = path.split(".")
        for order, quantity in enumerate(newest_first(getattr(getattr(profile, part), name))):
            yield {"pid": pid, "path": path, "ord": order, **_result(path, quantity, dictionary)}


def _result(path: str, quantity: Quantity, dictionary: Dictionary) -> Row:
    doubt = quantity.doubt
    return {
        "measure": dictionary.measured(path, quantity),
        "pointer": inside_json(quantity.at), "source": inside_json(quantity.source),
        "day": quantity.date.isoformat() if quantity.date else None,
        "doubt_reason": doubt and doubt.reason, "doubt_detail": doubt and doubt.detail,
    }  # fmt: skip
