"""The vocabulary as FHIR R4 ValueSets."""

from service.knowledge.load import load_pack
from service.knowledge.vocabulary import SYSTEMS
from service.workbench.valuesets import valuesets

BUILT = valuesets(load_pack())


def codes(name: str) -> set[tuple[str, str]]:
    includes = BUILT[name]["compose"]["include"]
    return {(SYSTEMS[include["system"]], each["code"]) for include in includes for each in include["concept"]}


def test_the_open_sets_are_there() -> None:
    assert {("icd10cm", "G50.0"), ("icd10cm", "E11.42"), ("snomed", "37796009")} & codes("neuropathic-pain") == {
        ("icd10cm", "G50.0"),
        ("icd10cm", "E11.42"),
    }
    assert {("rxnorm", "6582"), ("rxnorm", "6585"), ("atc", "A12CC04")} <= codes("magnesium-products")


def test_each_is_a_valueset_with_codes_of_known_systems() -> None:
    assert len(BUILT) > 20
    for name, resource in BUILT.items():
        assert resource["resourceType"] == "ValueSet"
        assert resource["status"] == "draft"
        assert resource["id"] == name
        assert codes(name)
        assert None not in resource.values()


def test_codes_that_nobody_checked_are_not_exported() -> None:
    assert ("snomed", "2177002") not in codes("postherpetic-neuralgia")
