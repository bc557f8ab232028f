"""Hook calls and feedback, from parsed data to what is kept of them."""

from typing import Any

import pytest

from schemas.hook import ABSENT, ERROR, FAILED, GIVEN, LATE, NULL, HookCall, Part
from schemas.problem import Refused
from service.intake.hook import parts_of, receive_feedback, receive_hook, refuse_unobtainable
from tests.calls import CLIENTS, FEEDBACK, HEALTHCHAIN, INFERNO, MEDPLUM, SANDBOX, changed

KEYS = ("patient", "kidney", "medrequests", "medstatements")
OUTCOME = {"resourceType": "OperationOutcome", "issue": [{"severity": "error", "code": "processing"}]}
REMARK = {"resourceType": "OperationOutcome", "issue": [{"severity": "information", "code": "informational"}]}
PATIENT = {"resourceType": "Patient", "id": "1"}


def places(data: Any, hook: str = "order-select") -> list[str]:
    with pytest.raises(Refused) as caught:
        receive_hook(data, hook)
    assert caught.value.status == 400
    return [problem.at for problem in caught.value.problems]


@pytest.mark.parametrize("data", CLIENTS.values(), ids=CLIENTS)
def test_real_clients_are_read(data: dict[str, Any]) -> None:
    call = receive_hook(data, data["hook"])
    assert call.instance == data["hookInstance"]
    assert call.prefetch == data.get("prefetch")
    assert call.user_id == data["context"]["userId"]


def test_the_sandbox_s_bare_draft_is_passed_on_as_it_is() -> None:
    call = receive_hook(SANDBOX, "order-select")
    assert call.drafts == SANDBOX["context"]["draftOrders"]
    assert call.selections == ("MedicationRequest/request-123",)
    assert (call.encounter_id, call.authorization, call.extension) == (None, None, {})


def test_an_id_is_kept_without_its_type() -> None:
    call = receive_hook(changed(HEALTHCHAIN, "/context/encounterId", "Encounter/9"), "encounter-discharge")
    assert (call.patient_id, call.encounter_id) == ("1288992", "9")


def test_of_the_authorization_only_what_is_needed_is_kept_and_never_shown() -> None:
    call = receive_hook(MEDPLUM, "patient-view")
    assert call.authorization
    assert call.authorization.access_token == MEDPLUM["fhirAuthorization"]["access_token"]
    assert "opaque" not in repr(call)


@pytest.mark.parametrize(
    "pointer",
    [
        "/hook",
        "/hookInstance",
        "/context",
        "/context/userId",
        "/context/patientId",
        "/context/selections",
        "/context/draftOrders",
    ],
)
@pytest.mark.parametrize("wrong", ["absent", None, 7, True, "", " "])
def test_what_is_required_is_required(pointer: str, wrong: Any) -> None:
    data = changed(SANDBOX, pointer) if wrong == "absent" else changed(SANDBOX, pointer, wrong)
    assert places(data) == [pointer]


def test_every_mistake_is_told_at_once() -> None:
    data = {"hook": "order-sign", "context": {"userId": 1, "selections": [3], "draftOrders": {}}, "prefetch": []}
    assert places(data) == [
        "/context/draftOrders",
        "/context/patientId",
        "/context/selections/0",
        "/context/userId",
        "/hook",
        "/hookInstance",
        "/prefetch",
    ]


@pytest.mark.parametrize("data", [None, [], "hook", 1, [SANDBOX]])
def test_what_is_no_object_is_refused(data: Any) -> None:
    assert places(data) == [""]


@pytest.mark.parametrize("hook", ["patient-view", "order-sign", "Order-Select", "medication-prescribe"])
def test_a_call_for_another_hook_is_refused(hook: str) -> None:
    assert places(changed(SANDBOX, "/hook", hook)) == ["/hook"]


@pytest.mark.parametrize("identifier", ["..", "1&code=2", "a/b", "Patient/", "Practitioner/1", "x" * 129, "é", "1\n"])
def test_an_id_that_could_change_a_search_is_refused(identifier: str) -> None:
    assert places(changed(SANDBOX, "/context/patientId", identifier)) == ["/context/patientId"]


@pytest.mark.parametrize(
    ("pointer", "value"),
    [
        ("/fhirAuthorization", "token"),
        ("/fhirAuthorization/access_token", None),
        ("/fhirAuthorization/token_type", "mac"),
        ("/fhirAuthorization/expires_in", "3600"),
        ("/fhirAuthorization/expires_in", 1.5),
        ("/fhirAuthorization/expires_in", -1),
        ("/fhirAuthorization/scope", ""),
        ("/fhirAuthorization/subject", 4),
        ("/fhirServer", "ehr.example/fhir"),
        ("/fhirServer", None),
        ("/fhirServer", " "),
        ("/extension", "x"),
        ("/prefetch", "x"),
    ],
)
def test_what_opens_the_fhir_server_is_whole_or_refused(pointer: str, value: Any) -> None:
    assert places(changed(MEDPLUM, pointer, value), "patient-view") == [pointer]


def test_an_authorization_without_a_server_is_refused() -> None:
    assert places(changed(MEDPLUM, "/fhirServer"), "patient-view") == ["/fhirServer"]


@pytest.mark.parametrize("pointer", ["/fhirServer", "/fhirAuthorization", "/prefetch", "/extension"])
def test_what_is_optional_may_be_null_or_absent(pointer: str) -> None:
    data = changed(MEDPLUM, "/fhirAuthorization", None)
    assert receive_hook(changed(data, pointer, None), "patient-view").authorization is None
    without = {name: value for name, value in data.items() if name != pointer[1:]}
    assert receive_hook(without, "patient-view").patient_id == data["context"]["patientId"]


def call_with(prefetch: Any) -> HookCall:
    return receive_hook(changed(INFERNO, "/prefetch", prefetch), "order-sign")


def bundle(*resources: Any, **members: Any) -> dict[str, Any]:
    return {"resourceType": "Bundle", "entry": [{"resource": each} for each in resources], **members}


@pytest.mark.parametrize(
    ("sent", "state", "is_unread"),
    [
        (PATIENT, GIVEN, False),
        (None, NULL, False),
        (OUTCOME, ERROR, False),
        (REMARK, ERROR, False),
        ({}, ERROR, False),
        ({"resourceType": 7}, ERROR, False),
        (bundle(PATIENT), GIVEN, False),
        (bundle(), GIVEN, False),
        (bundle(PATIENT, REMARK), GIVEN, False),
        (bundle(PATIENT, OUTCOME), GIVEN, True),
        (bundle(OUTCOME), ERROR, False),
        (bundle(PATIENT, link=[{"relation": "self"}, {"relation": "next", "url": "u"}]), GIVEN, True),
        (bundle(PATIENT, link=["next", None]), GIVEN, False),
        ({"resourceType": "Bundle", "entry": [None, 3], "link": "next"}, GIVEN, False),
    ],
)
def test_the_states_of_a_prefetch_key_are_told_apart(sent: Any, state: str, is_unread: bool) -> None:
    part = parts_of(call_with({"kidney": sent}), ["kidney"])[0]
    assert (part.state, part.unread, part.fetched) == (state, is_unread, False)
    assert part.pages == ((sent,) if state == GIVEN else ())
    assert bool(part.detail) or not is_unread


@pytest.mark.parametrize("prefetch", [None, {}, {"other": 7, "patient ": PATIENT}])
def test_what_was_not_sent_is_absent_and_other_keys_are_not_looked_at(prefetch: Any) -> None:
    assert [(part.key, part.state) for part in parts_of(call_with(prefetch), KEYS)] == [(key, ABSENT) for key in KEYS]


def test_a_key_that_holds_no_resource_is_refused_with_its_name() -> None:
    with pytest.raises(Refused) as caught:
        parts_of(call_with({"patient": "x", "kidney": [], "medrequests": PATIENT}), KEYS)
    assert caught.value.status == 400
    assert [problem.at for problem in caught.value.problems] == ["/prefetch/kidney", "/prefetch/patient"]


def wanting(has_orders: bool = False, **states: str) -> list[str]:
    try:
        refuse_unobtainable([Part(key, state) for key, state in states.items()], has_orders)
    except Refused as refused:
        return [f"{refused.status} {problem.at.removeprefix('/prefetch/')}" for problem in refused.problems]
    return []


@pytest.mark.parametrize("state", [ABSENT, ERROR, FAILED, LATE])
def test_no_answer_without_the_patient_and_one_source_of_medicines(state: str) -> None:
    assert wanting(patient=state, medrequests=GIVEN) == ["412 patient"]
    both = ["412 medrequests", "412 medstatements"]
    assert wanting(patient=GIVEN, medrequests=state, medstatements=state) == both
    assert wanting(patient=GIVEN, medrequests=state, medstatements=GIVEN) == []
    assert wanting(has_orders=True, patient=GIVEN, medrequests=state, medstatements=state) == []


def test_null_is_an_answer_about_medicines_but_not_about_who_it_is() -> None:
    assert wanting(patient=GIVEN, medrequests=NULL, medstatements=ABSENT) == []
    assert wanting(patient=NULL, medrequests=NULL) == ["412 patient"]
    assert wanting() == ["412 medrequests", "412 medstatements", "412 patient"]


def test_feedback_is_kept_without_what_people_wrote() -> None:
    accepted, overridden, dismissed = receive_feedback(FEEDBACK)
    assert accepted.accepted == ("e56e1945-20b3-4393-8503-a1a20fd73152",)
    assert accepted.at == "2026-11-21T10:05:31.123000Z"
    assert (overridden.reason_code, overridden.has_comment) == ("patient-ineligible", True)
    assert (dismissed.reason_code, dismissed.has_comment, dismissed.at) == (None, False, "2026-11-20T23:00:00Z")
    assert "Zebedee" not in repr([accepted, overridden, dismissed])


@pytest.mark.parametrize(
    ("pointer", "value"),
    [
        ("/feedback/1/overrideReason/reason", {"code": "x"}),
        ("/feedback/1/overrideReason/reason", {"code": "x", "system": ""}),
        ("/feedback/1/overrideReason/reason", None),
        ("/feedback/1/overrideReason/userComment", ""),
        ("/feedback/1/overrideReason", None),
        ("/feedback/1/acceptedSuggestions", []),
        ("/feedback/1/outcomeTimestamp", "2026-11-21t00:00:00z"),
    ],
)
def test_feedback_of_sloppy_clients_is_taken(pointer: str, value: Any) -> None:
    assert len(receive_feedback(changed(FEEDBACK, pointer, value))) == 3


@pytest.mark.parametrize(
    ("pointer", "value"),
    [
        ("/feedback", None),
        ("/feedback", []),
        ("/feedback", [FEEDBACK["feedback"][2]] * 201),
        ("/feedback/0", "x"),
        ("/feedback/0/card", ""),
        ("/feedback/0/outcome", "ignored"),
        ("/feedback/0/acceptedSuggestions", []),
        ("/feedback/0/acceptedSuggestions", None),
        ("/feedback/0/acceptedSuggestions/0", "id"),
        ("/feedback/0/acceptedSuggestions/0/id", 7),
        ("/feedback/0/outcomeTimestamp", "2026-11-21"),
        ("/feedback/0/outcomeTimestamp", "2026-11-21T10:05:31"),
        ("/feedback/0/outcomeTimestamp", "2026-02-30T10:05:31Z"),
        ("/feedback/0/outcomeTimestamp", "0001-01-01T00:00:00+14:00"),
        ("/feedback/1/overrideReason", {}),
        ("/feedback/1/overrideReason/reason/code", ""),
        ("/feedback/1/overrideReason/userComment", "x" * 2001),
    ],
)
def test_feedback_of_the_wrong_shape_is_refused_with_its_place(pointer: str, value: Any) -> None:
    with pytest.raises(Refused) as caught:
        receive_feedback(changed(FEEDBACK, pointer, value))
    assert caught.value.status == 400
    assert [problem.at for problem in caught.value.problems] == [pointer]
