"""Charts as prefetch, made up by Hypothesis: what EHRs send of one patient, awkward things among it."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from hypothesis import strategies as st

from schemas.hook import GIVEN, Part
from service.engine.reference import evaluate
from service.facts.derive import derive
from service.intake.fhir.read import read_bundle, read_parts
from service.knowledge.load import load_pack

PACK = load_pack()
TODAY = date(2026, 11, 21)
SUBJECT = {"reference": "Patient/p1"}
ICD, LOINC, SNOMED = "http://hl7.org/fhir/sid/icd-10-cm", "http://loinc.org", "http://snomed.info/sct"
RXNORM, UCUM = "http://www.nlm.nih.gov/research/umls/rxnorm", "http://unitsofmeasure.org"
LABS = {
    "kidney": {"98979-8": "mL/min/{1.73_m2}", "62238-1": "mL/min", "2160-0": "mg/dL", "33863-2": "mg/L"},
    "electrolytes": {"19123-9": "mmol/L", "17861-6": "mmol/L", "2823-3": "mmol/L", "51618-7": "mmol/L"},
}
PRODUCTS = ["magnesium oxide", "magnesium citrate", "calcium carbonate", "vitamin D"]
MEDICINES = ["omeprazole", "furosemide", "doxycycline", "digoxin", "gabapentin", "nobody knows it", *PRODUCTS]
PROBLEMS = ["N18.4", "N18.1", "Z99.2", "Z94.0", "G50.0", "E11.42", "G70.00", "I44.2", "I95.9", "E83.42", "X99.9"]
Chart = dict[str, Any]

ago = st.integers(0, 500).map(lambda days: (TODAY - timedelta(days)).isoformat())
days = ago | st.sampled_from(["2026", "2026-10", "2026-11-20T23:30:00-05:00", "2026-11-23"])


def optional(**members: Any) -> Any:
    return st.fixed_dictionaries({}, optional=members)


def coded(system: str, code: str) -> dict[str, Any]:
    return {"coding": [{"system": system, "code": code}]}


conditions = st.builds(
    lambda code, more: {"resourceType": "Condition", "subject": SUBJECT, "code": coded(ICD, code), **more},
    st.sampled_from(PROBLEMS),
    optional(
        clinicalStatus=st.sampled_from(["active", "active", "resolved", "inactive"]).map(lambda code: coded("x", code)),
        verificationStatus=st.sampled_from(["confirmed", "refuted", "differential"]).map(lambda code: coded("x", code)),
        abatementDateTime=days,
    ),
)
procedures = st.builds(
    lambda code, more: {"resourceType": "Procedure", "subject": SUBJECT, "code": coded(SNOMED, code), **more},
    st.sampled_from(["302497006", "70536003", "80146002"]),
    optional(status=st.sampled_from(["completed", "not-done", "in-progress", "unknown"]), performedDateTime=days),
)
routes = st.sampled_from(["26643006", "47625008", "6064005"]).map(lambda code: [{"route": coded(SNOMED, code)}])
medicines = st.builds(
    lambda name, more: {"subject": SUBJECT, "medicationCodeableConcept": {"text": name}, **more},
    st.sampled_from(MEDICINES),
    optional(
        status=st.sampled_from(["active", "active", "completed", "stopped", "on-hold", "draft"]),
        intent=st.sampled_from(["order", "plan", "proposal"]), dosageInstruction=routes,
    ),
)  # fmt: skip
nutrition = st.builds(
    lambda name, status: {
        "resourceType": "NutritionOrder", "patient": SUBJECT, "status": status, "supplement": [{"productName": name}],
    },
    st.sampled_from(PRODUCTS), st.sampled_from(["active", "completed", "draft"]),
)  # fmt: skip


def results(key: str) -> st.SearchStrategy[Chart]:
    readings = st.sampled_from("LNH").map(lambda code: [coded("http://terminology.hl7.org/CodeSystem/v2-0078", code)])
    return st.builds(
        _result, st.sampled_from(sorted(LABS[key].items())), st.floats(0.2, 120).map(lambda value: round(value, 1)),
        st.sampled_from([None, None, None, "<", ">="]), st.sampled_from([True, True, True, False]),
        optional(
            effectiveDateTime=days, interpretation=readings,
            status=st.sampled_from(["final", "final", "amended", "preliminary", "entered-in-error"]),
        ),
    )  # fmt: skip


def _result(test: tuple[str, str], value: float, comparator: str | None, has_unit: bool, more: Chart) -> Chart:
    quantity: Chart = {"value": value, **({"system": UCUM, "code": test[1]} if has_unit else {})}
    quantity |= {"comparator": comparator} if comparator else {}
    named = {"resourceType": "Observation", "code": coded(LOINC, test[0]), "subject": SUBJECT}
    return {**named, "valueQuantity": quantity, **more}


def listed(one: st.SearchStrategy[Chart], most: int) -> st.SearchStrategy[list[Chart]]:
    return st.lists(one, max_size=most)


def of_type(kind: str) -> st.SearchStrategy[Chart]:
    return medicines.map(lambda members: {"resourceType": kind, **members})


patients = st.builds(
    lambda born, sex: {"resourceType": "Patient", "id": "p1", "birthDate": born, "gender": sex},
    st.dates(date(1930, 1, 1), date(2012, 1, 1)).map(date.isoformat), st.sampled_from(["female", "male", "other"]),
)  # fmt: skip
charts: st.SearchStrategy[dict[str, list[Chart]]] = st.fixed_dictionaries(
    {
        "patient": patients.map(lambda each: [each]),
        "conditions": listed(conditions, 3),
        "kidney": listed(results("kidney"), 3),
        "electrolytes": listed(results("electrolytes"), 3),
        "medrequests": listed(of_type("MedicationRequest"), 3),
        "medstatements": listed(of_type("MedicationStatement"), 2),
        "allergies": st.just([]),
        "procedures": listed(procedures, 2),
        "nutrition": listed(nutrition, 1),
    }
).map(lambda chart: {key: _named(key, resources) for key, resources in chart.items()})


def _named(key: str, resources: list[Chart]) -> list[Chart]:
    """Give each resource an id; results stand from newer to older, as the templates ask for them."""
    ordered = sorted(resources, key=lambda each: str(each.get("effectiveDateTime", "")), reverse=True)
    return [{"id": f"{key}-{index}", **each} for index, each in enumerate(ordered)]


def searchset(resources: list[Any], **more: Any) -> Chart:
    return {"resourceType": "Bundle", "type": "searchset", "entry": [{"resource": each} for each in resources], **more}


def given_parts(chart: Mapping[str, list[Chart]]) -> dict[str, Part]:
    return {key: Part(key, GIVEN, (searchset(resources),)) for key, resources in chart.items()}


def outcomes(parts: Mapping[str, Part], drafts: Chart | None = None) -> dict[str, str]:
    """Return raised, clear or cannot_say for each rule."""
    profile = read_parts([*parts.values()], "p1", drafts, (), PACK.terms, TODAY).profile
    return evaluate(PACK.active_rules, derive(profile, PACK, TODAY).by_id)


def outcomes_of_bundle(data: Any) -> dict[str, str]:
    """Return the same of a Bundle, a resource or a list."""
    profile = read_bundle(data, PACK.terms, TODAY).profile
    return evaluate(PACK.active_rules, derive(profile, PACK, TODAY).by_id)
