"""A small set of terms for the tests of the FHIR readers, the ways to hold a resource out to them, and any JSON."""

from collections.abc import Mapping, Sequence
from typing import Any

from hypothesis import strategies as st

from schemas.fhir_terms import ResultCode, Terms
from schemas.profile import Coding
from service.intake.fhir.located import Located

LOINC, UCUM, RXNORM = "http://loinc.org", "http://unitsofmeasure.org", "http://www.nlm.nih.gov/research/umls/rxnorm"
LOINC_OID = "urn:oid:2.16.840.1.113883.6.1"
SNOMED = "http://snomed.info/sct"
READING = "http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation"
NUTRIENTS = {"magnesium oxide": {"magnesium"}, "calcium carbonate": {"calcium"}, "cal-mag": {"calcium", "magnesium"}}
MEDICINES = {"omeprazole", "6582", *NUTRIENTS}
EGFR = ResultCode("egfr", "kidney.egfr", "creatinine, CKD-EPI 2021", 1)
MAGNESIUM = ResultCode("magnesium", "labs.magnesium")


def _understands(world: str, codings: Sequence[Coding], text: str | None) -> frozenset[str]:
    names = {text, *(coding.code for coding in codings)}
    return frozenset(name for name in names if name in MEDICINES) if world == "medicines" else frozenset()


def _nutrients(codings: Sequence[Coding], text: str | None) -> frozenset[str]:
    named = NUTRIENTS.get((text or "").casefold(), set())
    return frozenset({*named, *(["magnesium"] if any(coding.code == "6582" for coding in codings) else [])})


TERMS = Terms(
    results={
        "98979-8": EGFR,
        "98980-6": ResultCode("egfr", "kidney.egfr", "creatinine and cystatin C, CKD-EPI 2021", 0),
        "88293-6": ResultCode("egfr", "kidney.egfr", "creatinine, CKD-EPI, for one race", 3, "The equation uses race."),
        "2160-0": ResultCode("creatinine", "kidney.creatinine"),
        "19123-9": MAGNESIUM,
        "2823-3": ResultCode("potassium", "labs.potassium"),
    },
    result_names={"magnesium, serum": MAGNESIUM},
    not_used={"2597-3": "Magnesium of red cells is not magnesium of serum and was not used."},
    dialysis_codes=frozenset(("51618-7",)),
    routes={(SNOMED, "26643006"): "oral", (SNOMED, "47625008"): "iv"},
    route_words={"by mouth": "oral"},
    readings={"L": "low", "LL": "low", "N": "normal", "H": "high"},
    systems={LOINC_OID: LOINC},
    procedure_codes=(),
    procedure_days=90,
    understands=_understands,
    nutrients_of=_nutrients,
)


def located(resource: Mapping[str, Any], part: str = "") -> Located:
    """Return the resource where a Bundle would hold it."""
    return Located(resource, "/entry/0/resource", f"{resource.get('resourceType')}/1", part)


def nowhere(reference: str, within: Located) -> Located | None:
    """Resolve nothing."""
    return None


def contained(reference: str, within: Located) -> Located | None:
    """Resolve what is contained in the resource that refers to it."""
    for index, each in enumerate(within.resource.get("contained", ())):
        if reference == f"#{each['id']}":
            return Located(each, f"{within.at}/contained/{index}")
    return None


def concept(system: str, code: str, text: str | None = None) -> dict[str, Any]:
    """Return a CodeableConcept."""
    return {"coding": [{"system": system, "code": code}], **({"text": text} if text else {})}


# Anything that JSON can hold, with the member names and words that the readers look for among the rest.
WORDS = (
    "active", "final", "registered", "draft", "on-hold", "#m", LOINC, UCUM, "19123-9", "98979-8", "mg/dL", "normal",
    "<", "2026-10-30", "2026-10-30T08:00:00+02:00", "magnesium oxide", "N", "not-taking",
    "9999-12-31T23:59:59-14:00",
)  # fmt: skip
KEYS = (
    "coding", "system", "code", "display", "text", "value", "unit", "comparator", "low", "high", "type", "reference",
    "concept", "start", "end", "route", "item", "itemReference", "isActive", "valueQuantity", "interpretation",
)  # fmt: skip
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.decimals() | st.sampled_from(WORDS)
ANY_JSON = st.recursive(
    SCALARS | st.text(max_size=12),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS) | st.text(max_size=5), inner, max_size=4)
    ),
    max_leaves=12,
)


def any_resource(members: Sequence[str], types: Sequence[str]) -> st.SearchStrategy[dict[str, Any]]:
    """Draw resources of these types with anything in any of these members."""
    return st.builds(
        lambda kind, rest: {**rest, "resourceType": kind},
        st.sampled_from(types),
        st.dictionaries(st.sampled_from(members), ANY_JSON, max_size=len(members)),
    )
