"""What goes wrong with a result beside its value: status, day, code, whom and what it is about."""

from typing import Any

from service.population.generate.awkward.case import Case, is_plain_result
from service.population.generate.awkward.values import number_of
from service.population.generate.resources import LOINC, SNOMED, Resource, coded, coding, quantity


def result_preliminary(case: Case) -> None:
    """A preliminary result."""
    _status(case, "preliminary")


def result_registered(case: Case) -> None:
    """A result that is only registered."""
    _status(case, "registered")


def result_entered_in_error(case: Case) -> None:
    """A result entered in error."""
    _status(case, "entered-in-error")


def result_cancelled(case: Case) -> None:
    """A cancelled result."""
    _status(case, "cancelled")


def _status(case: Case, status: str) -> None:
    case.change_result(lambda result: result.update(status=status))


def result_undated(case: Case) -> None:
    """A result of which nobody says when."""
    case.change_result(lambda result: _at(result, {}))


def result_of_the_future(case: Case) -> None:
    """A result dated after the day of the export."""
    day = case.day(-case.pick([2, 30, 3650]))
    case.change_result(lambda result: _at(result, {"effectiveDateTime": day}))


def result_date_partial(case: Case) -> None:
    """Only the year of a result, or the month too."""
    day = case.day()[: case.pick([len("2026"), len("2026-11")])]
    case.change_result(lambda result: _at(result, {"effectiveDateTime": day}))


def result_of_a_period(case: Case) -> None:
    """A result over some days, of which the end may be open; or an instant."""
    start, end = case.day(19), case.day(18)
    when: list[dict[str, Any]] = [
        {"effectivePeriod": {"start": start, "end": end}},
        {"effectivePeriod": {"start": start}},
        {"effectiveInstant": f"{start}T08:00:00+02:00"},
    ]
    said = case.pick(when)
    case.change_result(lambda result: _at(result, said))


def _at(result: Resource, when: dict[str, Any]) -> None:
    for member in ("effectiveDateTime", "effectivePeriod", "effectiveInstant"):
        result.pop(member, None)
    result.update(when)


def results_of_one_moment_differ(case: Case) -> None:
    """Two results of one test and one moment, with two values."""
    other = case.copy("Observation", is_plain_result)
    other["valueQuantity"]["value"] = round(number_of(other) * 1.5 + 0.1, 2)
    case.add("Observation", other | {"id": case.new_id()})


def result_text_only(case: Case) -> None:
    """A result whose test is named in words only."""
    case.change_result(lambda result: result["code"].pop("coding", None))


def result_code_spelled(case: Case) -> None:
    """LOINC under another of its names."""
    system = case.pick(case.words["systems_spelled"][LOINC])
    case.change_result(lambda result: _spell(result, system))


def _spell(result: Resource, system: str) -> None:
    for each in result["code"].get("coding", ()):
        each["system"] = system


def result_of_two_tests(case: Case) -> None:
    """A result with the codes of two different tests."""
    others = [coding(LOINC, "2823-3"), coding(LOINC, "2601-3"), coding("http://ehr.example/codes", "LAB42")]
    other = case.pick(others)
    case.change_result(lambda result: result["code"].setdefault("coding", []).append(other))


def result_in_component(case: Case) -> None:
    """A result that stands in a component of a panel."""
    case.change_result(_into_component)


def _into_component(result: Resource) -> None:
    members = ("valueQuantity", "interpretation", "referenceRange", "dataAbsentReason")
    part = {"code": result["code"]} | {name: result.pop(name) for name in members if name in result}
    result["code"] = {"coding": [coding(LOINC, "24362-6")], "text": "Renal function panel"}
    result["component"] = [part]


def result_of_somebody_else(case: Case) -> None:
    """A result of a donor or a newborn, kept in this record."""
    focus = case.pick([f"Patient/{case.who}-donor", f"RelatedPerson/{case.who}-child"])
    case.change_result(lambda result: result.update(focus=[{"reference": focus}]))


def red_cell_magnesium(case: Case) -> None:
    """Magnesium in red cells, which is not that of serum."""
    _measured(case, coded(LOINC, "2597-3"), valueQuantity=quantity(2.1, "mmol/L"))


def result_of_dialysis(case: Case) -> None:
    """A result that exists only with dialysis: potassium before or after it."""
    code = coded(LOINC, case.pick(["51618-7", "29349-8"]))
    _measured(case, code, valueQuantity=quantity(5.4, "mmol/L"))


def pregnancy(case: Case) -> None:
    """Whether somebody is pregnant."""
    is_woman = '"gender":"female"' in case.lines("Patient")[0]
    code = case.pick(["77386006", "60001007"]) if is_woman else "60001007"
    _measured(case, coded(LOINC, "82810-3"), valueCodeableConcept=coded(SNOMED, code))


def _measured(case: Case, code: dict[str, Any], **value: Any) -> None:
    like = case.copy("Observation", is_plain_result)
    for name in ("valueQuantity", "interpretation", "referenceRange"):
        like.pop(name, None)
    case.add("Observation", like | {"id": case.new_id(), "code": code} | value)
