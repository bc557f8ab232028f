"""The parser for what holds FHIR: larger, and one odd number does not refuse the rest; all else stays strict."""

from decimal import Decimal
from typing import Any

import pytest

from schemas.problem import Refused
from service.intake.strict_json import MOST_DEPTH, MOST_FHIR_BYTES, MOST_FHIR_VALUES, MOST_VALUES, parse, parse_fhir


def refusal(body: bytes) -> Refused:
    with pytest.raises(Refused) as caught:
        parse_fhir(body)
    return caught.value


@pytest.mark.parametrize(
    "number", ["123456789012345678", "1.23456789012345678", "1e999", "1E-400", "9" * 5000, "0." + "1" * 99_999]
)
def test_a_number_beyond_our_limits_spoils_only_itself(number: str) -> None:
    data: Any = parse_fhir(b'{"value": ' + number.encode() + b', "unit": "mg/dL"}')
    assert data["unit"] == "mg/dL"
    assert isinstance(data["value"], Decimal)
    assert data["value"].is_nan()


def test_usual_numbers_are_read_as_ever() -> None:
    assert parse_fhir(b"[1, -2.50, 1e3]") == [1, Decimal("-2.50"), Decimal("1e3")]


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b'{"id": 1, "id": 1}', id="name-twice"),
        pytest.param(b'{"entry": [{"a": {"b": 1, "b": 2}}]}', id="name-twice-deep"),
        pytest.param(b'{"value": NaN}', id="nan"),
        pytest.param(b'{"value": -Infinity}', id="infinity"),
        pytest.param(b'"\\ud800"', id="half-a-character"),
        pytest.param(b'"\\uD83D"', id="half-a-character-in-capitals"),
        pytest.param(b'"\\u0000"', id="nul"),
        pytest.param(b"[" * (MOST_DEPTH + 1) + b"]" * (MOST_DEPTH + 1), id="one-too-deep"),
        pytest.param(b'{"a":' * (MOST_DEPTH + 1) + b"1" + b"}" * (MOST_DEPTH + 1), id="one-object-too-deep"),
        pytest.param(b"[" * MOST_FHIR_BYTES, id="deep"),
        pytest.param(b"[" + b"1," * MOST_FHIR_VALUES + b"1]", id="too-many-values"),
        pytest.param(b"{", id="unfinished"),
    ],
)
def test_hostile_json_is_refused_all_the_same(body: bytes) -> None:
    assert refusal(body).status == 400


def test_it_may_be_larger_than_a_profile_but_not_endless() -> None:
    assert parse_fhir(b"1" + b" " * (MOST_FHIR_BYTES - 1)) == 1
    assert refusal(b"1" + b" " * MOST_FHIR_BYTES).status == 413
    many = b"[" + b"1," * MOST_VALUES + b"1]"
    assert parse_fhir(many) == [1] * (MOST_VALUES + 1)
    with pytest.raises(Refused):
        parse(many)


@pytest.mark.parametrize(
    ("body", "meant"),
    [
        (b'{"text": "a \\" [ b", "div": "\\\\"}', {"text": 'a " [ b', "div": "\\"}),
        (b'["", "\\"\\"", "{", "}", ":,"]', ["", '""', "{", "}", ":,"]),
        (b'["\\u00e9", "\\ud83d\\ude00"]', ["é", "😀"]),
    ],
)
def test_what_stands_in_a_text_is_no_structure(body: bytes, meant: object) -> None:
    assert parse_fhir(body) == meant


def test_as_deep_as_allowed_is_read() -> None:
    body = b'{"a":' * (MOST_DEPTH // 2) + b"[" * (MOST_DEPTH // 2) + b"]" * (MOST_DEPTH // 2) + b"}" * (MOST_DEPTH // 2)
    assert isinstance(parse_fhir(body), dict)
