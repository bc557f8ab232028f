"""Whatever stands in a Bundle, it is read or refused as a whole; nothing else happens."""

import contextlib
import copy
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from schemas.hook import GIVEN, Part
from schemas.problem import Refused
from service.intake.fhir.read import read_bundle, read_parts
from tests.unit.fhir_records import SUBJECT, TERMS, TODAY, bundle, condition, patient, procedure, request, result

INTAKE = {
    "resourceType": "NutritionIntake", "id": "n", "status": "completed", "subject": SUBJECT,
    "consumedItem": [{"type": {"text": "supplement"}, "nutritionProduct": {"concept": {"text": "magnesium citrate"}}}],
}  # fmt: skip
SOUND = bundle(
    patient(extension=[{"url": "x"}], meta={"versionId": "1"}), condition(), procedure(), request(), result(),
    result("o2", "51618-7"), result("o3", "82810-3"), INTAKE,
    {"resourceType": "AllergyIntolerance", "patient": SUBJECT}, link=[{"relation": "next"}],
)  # fmt: skip
ODD = st.recursive(
    st.sampled_from([None, True, 0, -1.5, "", "x", "Patient/p1", "Observation", "2026-13-99", "#", "/", "urn:"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["coding", "reference", "resourceType", "code", "id"]), inner, max_size=3)
    ),
    max_leaves=5,
)


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [found for key, each in inner for found in ((*path, key), *places(each, (*path, key)))]


def replaced(path: tuple[Any, ...], value: Any, data: Any) -> Any:
    changed = copy.deepcopy(data)
    target = changed
    for key in path[:-1]:
        target = target[key]
    target[path[-1]] = value
    return changed


@given(st.sampled_from(places(SOUND)), ODD)
def test_any_part_of_a_bundle_may_be_anything(path: tuple[Any, ...], value: Any) -> None:
    data = replaced(path, value, SOUND)
    with contextlib.suppress(Refused):
        assert read_bundle(data, TERMS, TODAY).profile.as_of == TODAY
    with contextlib.suppress(Refused):
        parts = [Part("conditions", GIVEN, (data,))]
        assert read_parts(parts, "p1", data, ["x"], TERMS, TODAY).profile.conditions is not None
