"""Every error has the one shape."""

from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from schemas.problem_schema import ProblemDetailsSchema
from schemas.profile_schema import ProfileSchema
from service.web.app import create_app

JSON = {"Content-Type": "application/json"}
WRONG: dict[str, tuple[int, str, str, dict[str, Any]]] = {
    "not JSON": (400, "POST", "/v1/evaluate", {"data": b"{", "headers": JSON}),
    "no such address": (404, "GET", "/v1/nothing", {}),
    "no such rule": (404, "GET", "/v1/rules/no/such", {}),
    "no such claim": (404, "GET", "/v1/claims/C-NONE-01", {}),
    "trailing slash": (404, "GET", "/v1/rules/", {}),
    "doubled slash": (404, "GET", "/v1//rules", {}),
    "bytes in the path": (404, "GET", "/v1/claims/%ff%00", {}),
    "GET of a call": (405, "GET", "/v1/evaluate", {}),
    "POST of a page": (405, "POST", "/v1/pack", {}),
    "a method of one's own": (405, "ZEBEDEE", "/v1/pack", {}),
    "too large": (413, "POST", "/v1/evaluate", {"data": b" " * 1_048_577, "headers": JSON}),
    "not said to be JSON": (415, "POST", "/v1/evaluate", {"data": b"{}"}),
    "unknown member": (422, "POST", "/v1/evaluate", {"data": b'{"x": 1}', "headers": JSON}),
    "unknown query": (422, "GET", "/v1/rules?x=1", {}),
}


def assert_shape(answer: TestResponse, status: int) -> None:
    assert answer.status_code == status
    assert answer.content_type == "application/problem+json"
    assert answer.json is not None
    assert not ProblemDetailsSchema().validate(answer.json)
    assert answer.json["status"] == status
    assert answer.json["problems"]
    assert "Traceback" not in answer.text


@pytest.mark.parametrize(("status", "method", "path", "extra"), WRONG.values(), ids=WRONG)
def test_every_4xx_has_the_one_shape(
    client: FlaskClient, status: int, method: str, path: str, extra: dict[str, Any]
) -> None:
    answer = client.open(path, method=method, **extra)
    assert_shape(answer, status)
    assert (status == 405) == ("Allow" in answer.headers)


def test_all_mistakes_are_told_at_once(client: FlaskClient) -> None:
    body = {"patient": {"age": 400, "sex": "x"}, "signs": [7], "kidney": {"dialysis": "no"}, "medicines": []}
    answer = client.post("/v1/evaluate", json=body)
    assert_shape(answer, 422)
    assert answer.json is not None
    places = [problem["at"] for problem in answer.json["problems"]]
    assert places == ["/kidney/dialysis", "/medicines", "/patient/age", "/patient/sex", "/signs/0"]


def test_the_answer_to_very_many_mistakes_is_short(client: FlaskClient) -> None:
    answer = client.post("/v1/evaluate", json={f"x{number}": 1 for number in range(5000)})
    assert_shape(answer, 422)
    assert len(answer.data) < 50_000


def test_a_misspelt_member_is_told_what_was_meant(client: FlaskClient) -> None:
    answer = client.post("/v1/evaluate", json={"medicatons": []})
    assert answer.json is not None
    assert "medications" in answer.json["problems"][0]["hint"]


class Absent(Exception):
    """Something we need is away for a while."""

    retry_after = 5


def test_what_we_did_not_expect_is_a_500(pretend: Any) -> None:
    app = create_app(pretend(raises=ValueError("Zebedee")))
    assert_shape(app.test_client().post("/v1/evaluate", json={}), 500)
    assert_shape(app.test_client().get("/v1/rules"), 500)
    assert 'magflag_failures_total{error="ValueError"} 2.0' in app.test_client().get("/metrics").text


def test_what_passes_is_a_503_that_says_when(pretend: Any) -> None:
    answer = create_app(pretend(raises=Absent("Zebedee"))).test_client().post("/v1/evaluate", json={})
    assert_shape(answer, 503)
    assert answer.headers["Retry-After"] == "5"


def test_every_member_of_the_contract_is_known() -> None:
    names = "patient as_of conditions kidney labs medications supplements diet signs"
    assert set(ProfileSchema().fields) == set(names.split())
