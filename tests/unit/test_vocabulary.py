"""Understanding is exact after normalising, and what is not understood is said so, never guessed."""

import pytest

from service.knowledge.load import load_pack

VOCABULARY = load_pack().vocabulary


@pytest.mark.parametrize(
    ("world", "text", "concept"),
    [
        ("medicines", "omeprazole", "omeprazole"),
        ("medicines", "Omeprazole 20 mg capsule", "omeprazole"),
        ("medicines", "OMEPRAZOLE  20mg", "omeprazole"),
        ("medicines", "omeprazole magnesium", "omeprazole"),
        ("medicines", "Prilosec", "omeprazole"),
        ("medicines", "Lasix", "furosemide"),
        ("medicines", "frusemide", "furosemide"),
        ("medicines", "lignocaine", "lidocaine"),
        ("medicines", "metformin hydrochloride", "metformin"),
        ("medicines", "Levothyroxine sodium 50 microgram tablets", "levothyroxine"),
        ("medicines", "Lasix 40", "furosemide"),
        ("medicines", "furosemide 40 mg BID", "furosemide"),
        ("medicines", "Lasix 40mg od", "furosemide"),
        ("medicines", "vitamin B12 1000 mcg", "vitamin-b12"),
        ("medicines", "omega-3 1000 mg", "omega-3"),
        ("medicines", "co-codamol 8/500 mg tablets", "co-codamol"),
        ("medicines", "PPI", "proton-pump-inhibitor"),
        ("conditions", "Trigeminal Neuralgia", "trigeminal-neuralgia"),
        ("conditions", "post-herpetic neuralgia", "postherpetic-neuralgia"),
        ("conditions", "diarrhea", "diarrhoea"),
        ("conditions", "CKD stage 4", "chronic-kidney-disease-stage-4"),
        ("foods", "spinach", "spinach"),
    ],
)
def test_understood(world: str, text: str, concept: str) -> None:
    understood = VOCABULARY.understand(world, text)
    assert understood is not None
    assert understood.concept.id == concept


@pytest.mark.parametrize(
    "text", ["omeprazol", "omeprazole perhaps", "mgO", "not omeprazole", "", "omeprazole and more"]
)
def test_not_understood(text: str) -> None:
    assert VOCABULARY.understand("medicines", text) is None


def test_only_what_was_understood_is_remembered() -> None:
    for text in ("omeprazole 20 MG Oral Capsule", "the tonic of Mrs. Example"):
        first = VOCABULARY.understand("medicines", text)
        assert VOCABULARY.understand("medicines", text) is first
    assert "Example" not in repr(vars(VOCABULARY)["_understood"])


def test_near_misses_are_offered_and_never_used() -> None:
    assert "omeprazole" in VOCABULARY.did_you_mean("medicines", "omeprazol")


@pytest.mark.parametrize(
    ("text", "form", "route"),
    [
        ("magnesium citrate powder", "citrate", None),
        ("Magnesium glycinate capsules", "glycinate", "oral"),
        ("magnesium bisglycinate", "glycinate", None),
        ("magnesium oxide 400 mg tablet", "oxide", "oral"),
        ("Milk of Magnesia", "hydroxide", "oral"),
        ("Epsom salts", "sulfate", None),
        ("magnesium sulphate", "sulfate", None),
    ],
)
def test_a_product_says_its_form_and_only_a_certain_route(text: str, form: str, route: str | None) -> None:
    understood = VOCABULARY.understand("medicines", text)
    assert understood is not None
    assert understood.concept.nutrients >= {"magnesium"}
    assert understood.concept.form == form
    assert (understood.route or understood.concept.route) == route


@pytest.mark.parametrize(
    ("system", "code", "class_"),
    [
        ("http://hl7.org/fhir/sid/icd-10-cm", "N18.4", "kidney-disease"),
        ("http://hl7.org/fhir/sid/icd-10-cm", "n18.4", "kidney-disease"),
        ("http://hl7.org/fhir/sid/icd-10-cm", "E1122", "kidney-disease"),
        ("http://hl7.org/fhir/sid/icd-10-cm", "G43.909", "migraine"),
        ("http://hl7.org/fhir/sid/icd-10", "G50.0", "trigeminal-neuralgia"),
        ("http://www.whocc.no/atc", "A02BC01", "proton-pump-inhibitor"),
        ("http://www.whocc.no/atc", "A02BC99", "proton-pump-inhibitor"),
        ("http://www.nlm.nih.gov/research/umls/rxnorm", "4603", "diuretic"),
        ("http://snomed.info/sct", "105502003", "dialysis"),
    ],
)
def test_decoded(system: str, code: str, class_: str) -> None:
    concept = VOCABULARY.decode(system, code)
    assert concept is not None
    assert class_ in concept.classes


@pytest.mark.parametrize(
    ("system", "code"),
    [
        ("http://example.org/local", "N18.4"),
        (None, "N18.4"),
        ("http://hl7.org/fhir/sid/icd-10-cm", "N99.9"),
        ("http://www.nlm.nih.gov/research/umls/rxnorm", "46030"),
    ],
)
def test_not_decoded(system: str | None, code: str) -> None:
    assert VOCABULARY.decode(system, code) is None
