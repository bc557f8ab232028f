"""A FHIR Bundle and the profile that says the same give the same flags, for the same reasons."""

from datetime import date, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from service.assess import Advisory, Assessor
from service.intake.fhir.read import read_bundle
from service.intake.profile import received
from service.knowledge.load import load_pack

PACK = load_pack()
ASSESSOR = Assessor(PACK)
TODAY = date(2026, 11, 21)
ICD, LOINC, UCUM = "http://hl7.org/fhir/sid/icd-10-cm", "http://loinc.org", "http://unitsofmeasure.org"
CLINICAL = "http://terminology.hl7.org/CodeSystem/condition-clinical"
CODES = {
    "kidney.egfr": "98979-8", "kidney.creatinine": "2160-0", "labs.magnesium": "19123-9", "labs.calcium": "17861-6",
    "labs.potassium": "2823-3",
}  # fmt: skip
UNITS = {"kidney.egfr": "mL/min/{1.73_m2}", "kidney.creatinine": "mg/dL", "labs.magnesium": "mmol/L",
         "labs.calcium": "mmol/L", "labs.potassium": "mmol/L"}  # fmt: skip
READINGS = {"low": "L", "normal": "N", "high": "H"}
REQUEST = {"current": "active", "planned": "draft", "stopped": "stopped"}
STATEMENT = {"current": "active", "considered": "intended", "stopped": "stopped"}

quantities = st.fixed_dictionaries(
    {"value": st.decimals(0, 90, places=1).map(float)},
    optional={
        "unit": st.sampled_from(["right", "right", "right", "wrong"]),
        "date": st.integers(0, 500).map(lambda days: (TODAY - timedelta(days)).isoformat()),
        "comparator": st.sampled_from(["<", ">=", ">"]),
        "interpretation": st.sampled_from(sorted(READINGS)),
    },
)
conditions = st.lists(
    st.tuples(
        st.sampled_from(["N18.4", "G50.0", "E11.42", "G70.00", "I44.2", "Z99.2", "Z33.1", "E83.42", "X99.9"]),
        st.sampled_from(["active", "active", "resolved", "refuted"]),
    ),
    max_size=4,
)
medicines = st.lists(
    st.tuples(
        st.sampled_from(["omeprazole", "Lasix", "gabapentin", "doxycycline", "digoxin", "nobody knows it"]),
        st.sampled_from(sorted(REQUEST)),
    ),
    max_size=4,
)
supplements = st.lists(
    st.tuples(
        st.sampled_from(["magnesium oxide", "magnesium citrate", "magnesium glycinate", "calcium carbonate", "zinc"]),
        st.sampled_from(sorted(STATEMENT)),
    ),
    max_size=3,
)
charts = st.fixed_dictionaries(
    {
        "born": st.dates(date(1930, 1, 1), date(2010, 1, 1)).map(date.isoformat),
        "sex": st.sampled_from(["female", "male", "other", "unknown"]),
        "conditions": conditions,
        "medicines": medicines,
        "supplements": supplements,
        "results": st.dictionaries(st.sampled_from(sorted(CODES)), quantities),
    }
)


def profile_of(chart: dict[str, Any]) -> dict[str, Any]:
    profile: dict[str, Any] = {"patient": {"birth_date": chart["born"], "sex": chart["sex"]}}
    if chart["conditions"]:
        profile["conditions"] = [
            {"coding": [{"system": ICD, "code": code}], "status": status} for code, status in chart["conditions"]
        ]
    if chart["medicines"] or chart["supplements"]:
        profile["medications"] = [{"text": name, "status": status} for name, status in chart["medicines"]]
    if chart["supplements"]:
        profile["supplements"] = [{"text": name, "status": status} for name, status in chart["supplements"]]
    for path, quantity in chart["results"].items():
        part, name = path.split(".")
        profile.setdefault(part, {})[name] = quantity | (
            {"unit": unit_of(path, quantity)} if "unit" in quantity else {}
        )
    return profile


def unit_of(path: str, quantity: dict[str, Any]) -> str:
    return UNITS[path] if quantity["unit"] == "right" else "furlong"


def bundle_of(chart: dict[str, Any]) -> dict[str, Any]:
    resources: list[dict[str, Any]] = [
        {"resourceType": "Patient", "id": "1", "birthDate": chart["born"], "gender": chart["sex"]},
        *(condition(index, *row) for index, row in enumerate(chart["conditions"])),
        *(medicine("MedicationRequest", index, name, REQUEST[status])
          for index, (name, status) in enumerate(chart["medicines"])),
        *(medicine("MedicationStatement", index, name, STATEMENT[status])
          for index, (name, status) in enumerate(chart["supplements"])),
        *(observation(path, quantity) for path, quantity in chart["results"].items()),
    ]  # fmt: skip
    return {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": each} for each in resources]}


def condition(index: int, code: str, status: str) -> dict[str, Any]:
    verification = "refuted" if status == "refuted" else "confirmed"
    return {
        "resourceType": "Condition", "id": f"c{index}", "subject": {"reference": "Patient/1"},
        "clinicalStatus": {"coding": [{"system": CLINICAL, "code": "active" if status == "refuted" else status}]},
        "verificationStatus": {"coding": [{"code": verification}]},
        "code": {"coding": [{"system": ICD, "code": code}]},
    }  # fmt: skip


def medicine(kind: str, index: int, name: str, status: str) -> dict[str, Any]:
    return {
        "resourceType": kind, "id": f"{kind[-4:]}{index}", "status": status, "intent": "order",
        "medicationCodeableConcept": {"text": name}, "subject": {"reference": "Patient/1"},
    }  # fmt: skip


def observation(path: str, quantity: dict[str, Any]) -> dict[str, Any]:
    value: dict[str, Any] = {"value": quantity["value"]}
    if "unit" in quantity:
        value |= {"system": UCUM, "code": unit_of(path, quantity)}
    if "comparator" in quantity:
        value["comparator"] = quantity["comparator"]
    found: dict[str, Any] = {
        "resourceType": "Observation", "id": CODES[path], "status": "final", "subject": {"reference": "Patient/1"},
        "code": {"coding": [{"system": LOINC, "code": CODES[path]}]}, "valueQuantity": value,
    }  # fmt: skip
    if "date" in quantity:
        found["effectiveDateTime"] = quantity["date"]
    if "interpretation" in quantity:
        found["interpretation"] = [{"coding": [{"code": READINGS[quantity["interpretation"]]}]}]
    return found


def meaning(advisory: Advisory) -> list[tuple[Any, ...]]:
    """Return what the flags say, without where each thing stood."""
    return [
        (flag.rule.id, flag.outcome, flag.severity,
         [(each.fact, each.value, each.unit, each.date, each.comparator) for each in flag.because],
         [(gap.fact, gap.reason) for gap in flag.missing])
        for flag in advisory.flags
    ]  # fmt: skip


@given(charts)
def test_the_same_flags_for_the_same_reasons(chart: dict[str, Any]) -> None:
    by_profile = received(profile_of(chart), TODAY).profile
    by_bundle = read_bundle(bundle_of(chart), PACK.terms, TODAY).profile
    one, other = (ASSESSOR.assess(profile, TODAY, "") for profile in (by_profile, by_bundle))
    assert meaning(one) == meaning(other)
    assert [each.text for each in one.unrecognised] == [each.text for each in other.unrecognised]
