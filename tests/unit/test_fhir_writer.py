"""What an advisory says in FHIR: nothing lost, nothing firmer than it was, and nothing that orders."""

import json
from dataclasses import replace
from typing import Any

import pytest

from service.assess import Advisory, Missing
from service.facts.model import Gap
from service.knowledge.dose_guard import doses_in
from service.presenters.fhir import FhirWriter
from service.presenters.fhir_guidance import codes_by_member, requirements
from service.presenters.plain import DoseFound
from tests.fhir_making import BASE, EXAMPLES, KNOWN, MOMENT, from_record, of_example, of_profile, resources, written

OURS = "http://magflag.org/fhir"


def extensions(resource: dict[str, Any]) -> dict[str, Any]:
    return {
        each["url"].rpartition("/")[2]: next(value for key, value in each.items() if key.startswith("value"))
        for each in resource["extension"]
    }


def guidance(advisory: Advisory) -> dict[str, Any]:
    return resources(written(advisory), "GuidanceResponse")[0]


def test_every_flag_is_one_issue_with_one_provenance() -> None:
    advisory = of_example("brand-names-only")
    bundle = written(advisory)
    issues, origins = resources(bundle, "DetectedIssue"), resources(bundle, "Provenance")
    assert [each["identifier"][0]["value"] for each in issues] == [flag.rule.id for flag in advisory.flags]
    assert [each["target"][0]["reference"] for each in origins] == [f"urn:uuid:{each['id']}" for each in issues]
    assert {each["status"] for each in issues} == {"preliminary"}


def test_an_issue_says_rule_version_tier_and_where_to_read_on() -> None:
    flag = next(flag for flag in of_example("tn-oral-glycinate").flags if flag.rule.evidence)
    issue = next(
        each for each in resources(written(of_example("tn-oral-glycinate")), "DetectedIssue")
        if each["identifier"] == [{"system": f"{OURS}/rule", "value": flag.rule.id}]
    )  # fmt: skip
    assert flag.rule.evidence
    said = {"outcome": "raised", "rule-version": flag.rule.version, "evidence-tier": flag.rule.evidence.tier}
    assert extensions(issue) == said
    assert issue["reference"] == f"{BASE}/rules/{flag.rule.id}"
    assert all(text in issue["detail"] for text in (flag.rule.summary, *flag.rule.for_review))


def test_what_cannot_be_said_alerts_to_nothing_and_names_what_is_missing() -> None:
    for issue in resources(written(of_example("brand-names-only")), "DetectedIssue"):
        systems = {coding["system"] for coding in issue["code"]["coding"]}
        if extensions(issue)["outcome"] == "cannot_say":
            assert systems == {f"{OURS}/CodeSystem/flag-category"}
            assert issue["code"]["text"].startswith("Cannot say: ")
            assert "\nMissing: " in issue["detail"]


def test_more_data_is_asked_for_exactly_where_something_cannot_be_said() -> None:
    for file in EXAMPLES:
        advisory = of_example(file.stem)
        response = guidance(advisory)
        missing = {(gap.at, gap.reason) for flag in advisory.flags for gap in flag.missing}
        assert response["status"] == ("data-required" if missing else "success")
        assert len(response.get("dataRequirement", [])) == len(missing)


def test_a_missing_result_is_asked_for_by_its_codes() -> None:
    place = {"url": "at", "valueString": "/labs/magnesium"}
    asked = guidance(of_example("kidney-unknown-ppi-loop"))["dataRequirement"]
    (need,) = [each for each in asked if place in each["extension"][0]["extension"]]
    codes = {code["code"] for code in need["codeFilter"][0]["code"]}
    assert {"19123-9", "2601-3"} <= codes
    assert "2597-3" not in codes, "magnesium of red cells is another test"


def test_whatever_fact_is_missing_in_a_resource_finds_its_type() -> None:
    advisory = of_example("nothing-to-say")
    pack = advisory.pack
    codes = codes_by_member(pack.terms.results)
    flag = of_example("brand-names-only").flags[-1]
    for fact in pack.facts:
        gap = Missing(fact, "stale", "/entry/3/resource", "Too old.")
        found = list(requirements([replace(flag, outcome="cannot_say", missing=(gap,))], pack.facts, codes))
        assert [("codeFilter" in need) == (need["type"] == "Observation") for need in found] == [True], fact


def test_medicines_are_implicated_and_the_rest_is_evidence() -> None:
    bundle = written(from_record(of_example("ckd-g4-oxide")))
    implicated, evidence = set(), set()
    for issue in resources(bundle, "DetectedIssue"):
        implicated |= {each["reference"] for each in issue.get("implicated", ())}
        evidence |= {each["reference"] for seen in issue.get("evidence", ()) for each in seen.get("detail", ())}
    assert "MedicationStatement/s0" in implicated
    assert {name.split("/")[0] for name in implicated} <= {"MedicationRequest", "MedicationStatement"}
    assert {"https://ehr.example/fhir/Condition/c0", "Observation/egfr"} <= evidence
    assert not implicated & evidence


def test_what_has_no_id_is_named_and_not_pointed_to() -> None:
    text = json.dumps(written(from_record(of_example("toxicity-signs"))))
    assert '"reference": "#' not in text
    assert "sign any toxicity" in text


def test_provenance_names_each_input_with_its_version_the_rule_and_the_pack() -> None:
    advisory = from_record(of_example("ckd-g4-oxide"))
    pack = advisory.pack
    for flag, origin in zip(advisory.flags, resources(written(advisory), "Provenance"), strict=True):
        inputs = {each["what"].get("reference") for each in origin["entity"] if each["role"] == "source"}
        assert {each.source for each in flag.because if each.source and each.source[0] != "#"} <= inputs
        library, rule = [each for each in origin["entity"] if each["role"] == "derivation"]
        assert library["what"]["identifier"]["value"] == f"{OURS}/Library/{pack.name}|{pack.version}"
        assert library["extension"][0]["valueString"] == pack.sha256
        assert rule["what"]["identifier"]["value"].endswith(f"{flag.rule.id}|{flag.rule.version}")
        assert rule["extension"][0]["valueString"] == flag.rule.digest


def test_the_same_advisory_has_the_same_bytes_and_another_id_has_other_names() -> None:
    advisory = of_example("ckd-g4-oxide")
    writer = FhirWriter(advisory.pack, BASE)
    first = writer.bundle(advisory, KNOWN, MOMENT, "p")
    assert first == FhirWriter(advisory.pack, f"{BASE}/").bundle(advisory, KNOWN, MOMENT, "p")
    others = [json.loads(writer.bundle(advisory, known, MOMENT, "p"))["entry"] for known in (KNOWN, "another")]
    shared = {each["fullUrl"] for each in others[0]} & {each["fullUrl"] for each in others[1]}
    assert len(shared) == 1, "only who wrote it is the same"


def test_without_a_patient_no_resource_names_one() -> None:
    assert "Patient/" not in json.dumps(written(of_example("ckd-g4-oxide"), patient=None))


def test_an_id_that_fhir_does_not_allow_is_an_identifier() -> None:
    bundle = written(of_example("nothing-to-say"), patient="no. 17/b")
    assert bundle["entry"][0]["resource"]["subject"] == {"type": "Patient", "identifier": {"value": "no. 17/b"}}


@pytest.mark.parametrize(
    ("request_id", "identifier"),
    [
        ("d1577c69-dfbe-44ad-ba6d-3e05e953b2ea",
         {"system": "urn:ietf:rfc:3986", "value": "urn:uuid:d1577c69-dfbe-44ad-ba6d-3e05e953b2ea"}),
        ("call 7", {"value": "call 7"}),
    ],
)  # fmt: skip
def test_the_callers_name_for_its_call_comes_back(request_id: str, identifier: dict[str, str]) -> None:
    bundle = written(of_example("nothing-to-say"), request=request_id)
    assert bundle["entry"][0]["resource"]["requestIdentifier"] == identifier


def test_what_is_wrong_with_the_data_is_in_the_outcome() -> None:
    skipped = Gap("not_used", "/entry/7/resource", "This resource was not used.")
    advisory = replace(of_example("brand-names-only"), data_quality=(skipped,), silent_on=("pregnancy",))
    bundle = written(advisory)
    (outcome,) = resources(bundle, "OperationOutcome")
    assert [(each["severity"], each["code"]) for each in outcome["issue"]] == [
        ("information", "informational"), ("warning", "code-invalid"), ("information", "informational"),
    ]  # fmt: skip
    assert outcome["issue"][0]["diagnostics"] == "/entry/7/resource"
    pointed = guidance(advisory)["evaluationMessage"]
    assert pointed == [{"reference": f"urn:uuid:{outcome['id']}"}]


def test_neither_an_order_nor_a_dose_leaves() -> None:
    advisory = of_profile(
        {"medications": ["Zyvorol 500 mg twice a day", "omeprazole 20 mg"], "conditions": ["neuropathy"]}
    )
    bundle = written(advisory)
    kinds = {entry["resource"]["resourceType"] for entry in bundle["entry"]}
    assert kinds == {"GuidanceResponse", "OperationOutcome", "Device", "DetectedIssue", "Provenance"}
    assert list(doses_in(bundle)) == []


def test_a_text_with_a_dose_stops_the_answer() -> None:
    advisory = of_example("brand-names-only")
    dosed = Gap("conflict", "/kidney", "Take two tablets.")
    with pytest.raises(DoseFound):
        written(replace(advisory, data_quality=(dosed,)))
    rule = replace(advisory.pack.active_rules[0], detail="Give 400 mg at night.")
    with pytest.raises(DoseFound):
        FhirWriter(replace(advisory.pack, rules=(rule,)), BASE)
