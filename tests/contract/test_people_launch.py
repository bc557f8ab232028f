"""Launches from an EHR: the whole way on real HTTP, from its link to an advisory that is kept; who is not let in."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from schemas.client import Client, Smart
from schemas.review import Actor, KeptAdvisory
from service.fetch import Fetcher, Limits
from service.intake.strict_json import parse_fhir
from service.wiring.launching import EhrLaunches
from service.wiring.service import Service, build_service
from service.wiring.settings import Settings
from tests.contract.oidc_server import query
from tests.contract.people_app import BASE, PAGE, Clock, browser, people_app
from tests.contract.smart_server import SmartEhr
from tests.signing import KID, NOW, ec_key, jwk, private_jwk, rsa_key

BACK = "/launch/callback"


@pytest.fixture(scope="module")
def keeping(tmp_path_factory: pytest.TempPathFactory) -> Service:
    return build_service(Settings(database=f"sqlite:///{tmp_path_factory.mktemp('kept')}/kept.db"))


@pytest.fixture
def ehr() -> Iterator[SmartEhr]:
    with SmartEhr() as server:
        yield server


@contextmanager
def launched_by(tmp_path: Path, service: Service, ehr: SmartEhr, **smart: Any) -> Iterator[FlaskClient]:
    client = Client(
        name="general-hospital", tenant="general", issuer="https://ehr.example", audience=(BASE,),
        fhir_servers=(ehr.issuer,), smart=Smart(ehr.client_id, **smart),
    )  # fmt: skip
    fetcher = Fetcher(parse_fhir, Limits(budget_seconds=10))
    launches = EhrLaunches([client], service.queries, fetcher)
    with people_app(tmp_path, service, clock=Clock(), launches=launches) as app:
        yield browser(app)
    fetcher.close()


@pytest.fixture
def caller(tmp_path: Path, keeping: Service, ehr: SmartEhr) -> Iterator[FlaskClient]:
    with launched_by(tmp_path, keeping, ehr) as client:
        yield client


def launch(caller: FlaskClient, ehr: SmartEhr, **changed: str) -> TestResponse:
    there = caller.get(ehr.launch())
    assert there.status_code == 303, there.text
    return caller.get(BACK + query(ehr.approve(there.location) | changed))


def kept(service: Service, answer: TestResponse) -> KeptAdvisory:
    assert answer.status_code == 303, answer.text
    assert answer.location.startswith("/review/")
    assert service.reviews is not None
    found = service.reviews.one("general", answer.location.removeprefix("/review/"))
    assert found is not None
    return found


def flags(advisory: KeptAdvisory) -> dict[str, str]:
    return {flag["rule"]: flag["outcome"] for flag in json.loads(advisory.answer)["flags"]}


def test_a_launch_ends_on_the_advisory_of_the_patient(caller: FlaskClient, ehr: SmartEhr, keeping: Service) -> None:
    answer = launch(caller, ehr)
    advisory = kept(keeping, answer)
    assert (advisory.summary.patient, advisory.kind) == ("p-1", "fhir")
    assert flags(advisory)["kidney/magnesium-with-impaired-kidney"] == "raised"
    told = caller.get(f"{PAGE}/one/{advisory.summary.id}").get_json()
    assert told["name"] == "Grace Hopper, Practitioner/7 at general-hospital"
    assert (told["role"], told["tenant"]) == ("clinician", "general")


def test_what_could_not_be_had_is_said_and_not_taken_for_none(
    caller: FlaskClient, ehr: SmartEhr, keeping: Service
) -> None:
    ehr.failing = {"MedicationRequest", "Condition"}
    answer = json.loads(kept(keeping, launch(caller, ehr)).answer)
    told = {(each["at"], each["problem"]) for each in answer["data_quality"]}
    assert {("/prefetch/medrequests", "fetch_failed"), ("/prefetch/conditions", "fetch_failed")} <= told


@pytest.mark.parametrize("key", [ec_key("app"), rsa_key(3072)], ids=["ES384", "RS384"])
def test_an_app_that_signs_is_known_by_its_key(tmp_path: Path, keeping: Service, key: Any) -> None:
    with SmartEhr(key.public_key()) as ehr, launched_by(tmp_path, keeping, ehr, private_key=private_jwk(key)) as caller:
        assert launch(caller, ehr).status_code == 303
        assert launch(caller, ehr).status_code == 303
        forms = [form for form, _ in ehr.redeemed]
    assert all(form["client_assertion_type"].endswith(":jwt-bearer") for form in forms)
    assert forms[0]["client_assertion"] != forms[1]["client_assertion"]
    assert jwk(key)["kid"] == KID


def test_an_app_with_another_key_is_not_let_in(tmp_path: Path, keeping: Service) -> None:
    theirs, ours = ec_key("theirs").public_key(), private_jwk(ec_key("app"))
    with SmartEhr(theirs) as ehr, launched_by(tmp_path, keeping, ehr, private_key=ours) as caller:
        there = caller.get(ehr.launch())
        assert caller.get(BACK + query(ehr.approve(there.location))).status_code == 503


def test_an_app_with_a_secret_is_known_by_it(tmp_path: Path, keeping: Service) -> None:
    with SmartEhr() as ehr, launched_by(tmp_path, keeping, ehr, secret="se+cr:et") as caller:  # noqa: S106 (of a test)
        ehr.secret = "se+cr:et"  # noqa: S105 (of a test)
        assert launch(caller, ehr).status_code == 303


@pytest.mark.parametrize(
    "server",
    [
        "https://evil.example/fhir",
        "{}/../fhir",
        "{}/x",
        "{}?x=1",
        "{}#x",
        "http://127.0.0.1:1/fhir",
        "x",
        "{}@evil.example",
    ],
)
def test_a_server_that_nobody_listed_is_not_asked(caller: FlaskClient, ehr: SmartEhr, server: str) -> None:
    answer = caller.get(ehr.launch(iss=server.format(ehr.issuer)))
    assert answer.status_code == 403
    assert "This EHR is not known here" in answer.text
    assert ehr.asked == []


@pytest.mark.parametrize("path", ["/launch", "/launch?iss=x", "/launch?launch=x", "/launch?iss=a&iss=b&launch=x"])
def test_a_launch_that_says_too_little_is_refused_plainly(caller: FlaskClient, path: str) -> None:
    assert caller.get(path).status_code == 403


def test_a_slash_at_the_end_is_the_same_server(caller: FlaskClient, ehr: SmartEhr) -> None:
    assert "aud=" in caller.get(ehr.launch(iss=ehr.issuer + "/")).location


@pytest.mark.parametrize(
    "user", ["{}/Patient/p-1", "{}/RelatedPerson/1", "Patient/Practitioner", None, 7, "{}/Practitioner/"]
)
def test_whoever_is_no_practitioner_is_not_let_in(caller: FlaskClient, ehr: SmartEhr, user: Any) -> None:
    ehr.lie(fhirUser=user.format(ehr.issuer) if isinstance(user, str) else user)
    answer = launch(caller, ehr)
    assert answer.status_code == 403
    assert "This screen is for clinicians" in answer.text
    assert caller.get(PAGE).status_code == 303


@pytest.mark.parametrize(
    "context",
    [{"patient": None}, {"patient": "../p-1"}, {"patient": 7}, {"patient": "p-3"}, {"access_token": None},
     {"access_token": "other"}, {"token_type": "mac"}, {"id_token": None}, {"id_token": "x"}],
    ids=str,
)  # fmt: skip
def test_a_launch_without_what_it_needs_keeps_nothing(
    caller: FlaskClient, ehr: SmartEhr, context: dict[str, Any]
) -> None:
    ehr.context |= context
    answer = launch(caller, ehr)
    assert answer.status_code in (403, 503)
    assert "The record could not be opened" in answer.text
    assert "p-1" not in answer.text
    assert caller.get(PAGE).status_code == 303


@pytest.mark.parametrize(
    "told",
    [{"code_challenge_methods_supported": None}, {"issuer": None}, {"token_endpoint": "https://evil.example"}],
    ids=str,
)
def test_an_ehr_by_which_nobody_can_log_in_safely_is_not_used(caller: FlaskClient, ehr: SmartEhr, told: Any) -> None:
    ehr.told = told
    assert caller.get(ehr.launch()).status_code == 503


def test_an_answer_to_another_launch_is_refused(caller: FlaskClient, ehr: SmartEhr) -> None:
    assert launch(caller, ehr, state="x").status_code == 403
    there = caller.get(ehr.launch())
    assert caller.get("/login/callback" + query(ehr.approve(there.location))).status_code == 404
    assert ehr.redeemed == []


def test_a_launch_opens_the_record_of_its_patient_and_no_other(
    caller: FlaskClient, ehr: SmartEhr, keeping: Service
) -> None:
    older, newer = (kept(keeping, launch(caller, ehr)).summary.id for _ in range(2))
    other = _kept_for(keeping, "p-9", "general")
    foreign = _kept_for(keeping, "p-1", "another")
    for known in (older, newer):
        assert caller.get(f"{PAGE}/one/{known}").status_code == 200
    for known in (other, foreign, "nothing"):
        answer = caller.get(f"{PAGE}/one/{known}")
        assert answer.status_code == 403
        assert "not about the patient you came with" in answer.text
        assert "Lovelace" not in answer.text
    assert caller.get(PAGE).status_code == 403
    assert caller.get("/review/help").status_code == 200


def test_a_fresh_browser_may_open_older_advisories_of_the_same_patient(
    caller: FlaskClient, ehr: SmartEhr, keeping: Service
) -> None:
    older = kept(keeping, launch(caller, ehr)).summary.id
    colleague = browser(caller.application)
    launch(colleague, ehr)
    assert colleague.get(f"{PAGE}/one/{older}").status_code == 200


def test_two_records_of_one_clinician_stay_open_side_by_side(
    caller: FlaskClient, ehr: SmartEhr, keeping: Service
) -> None:
    first = kept(keeping, launch(caller, ehr)).summary.id
    ehr.context["patient"] = "p-2"
    second = kept(keeping, launch(caller, ehr)).summary.id
    assert [caller.get(f"{PAGE}/one/{known}").status_code for known in (first, second)] == [200, 200]


def test_the_next_clinician_at_this_browser_does_not_see_what_was_open(
    caller: FlaskClient, ehr: SmartEhr, keeping: Service
) -> None:
    first = kept(keeping, launch(caller, ehr)).summary.id
    ehr.context["patient"] = "p-2"
    ehr.lie(fhirUser="Practitioner/8")
    second = kept(keeping, launch(caller, ehr)).summary.id
    assert [caller.get(f"{PAGE}/one/{known}").status_code for known in (first, second)] == [403, 200]


def test_a_link_of_ours_leads_back_to_its_advisory(caller: FlaskClient, ehr: SmartEhr, keeping: Service) -> None:
    known = kept(keeping, launch(caller, ehr)).summary.id
    ehr.context["appContext"] = known
    assert launch(caller, ehr).location == f"/review/{known}"
    for other in (_kept_for(keeping, "p-9", "general"), _kept_for(keeping, "p-1", "another"), "x", "x" * 100, 7):
        ehr.context["appContext"] = other
        assert kept(keeping, launch(caller, ehr)).summary.id not in (known, other)


@pytest.mark.parametrize(("asked", "is_shown"), [(True, True), (None, True), (False, False)])
def test_the_banner_is_there_where_the_ehr_does_not_show_the_patient(
    caller: FlaskClient, ehr: SmartEhr, asked: bool | None, is_shown: bool
) -> None:
    ehr.context["need_patient_banner"] = asked
    page = caller.get(f"{PAGE}/shown/{launch(caller, ehr).location.removeprefix('/review/')}").text
    assert [text in page for text in ("Zoë Lovelace", "1952-04-01", "MRN-0815")] == [is_shown] * 3


def test_no_token_and_no_patient_is_logged_or_kept_in_the_session(
    tmp_path: Path, keeping: Service, ehr: SmartEhr, capsys: pytest.CaptureFixture[str]
) -> None:
    with launched_by(tmp_path, keeping, ehr) as caller:
        launch(caller, ehr)
        ehr.failing = {"Patient"}
        launch(caller, ehr)
    said = capsys.readouterr().err
    sessions = b"".join(file.read_bytes() for file in tmp_path.glob("people.db*"))
    for secret in ("canary-token", "Lovelace", "1952-04-01", "MRN-0815", ehr.redeemed[0][0]["code"]):
        assert secret not in said
        assert secret.encode() not in sessions


def _kept_for(service: Service, patient: str, tenant: str) -> str:
    assert service.reviews
    body = json.dumps({"patient": {"id": patient}}).encode()
    return service.reviews.keep(body, kind="profile", actor=Actor("x", "admin", tenant), now=NOW, key=None).id
