"""The parser at the door: what it lets through, and what it refuses with its place."""

import json
from contextlib import suppress
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.problem import Refused
from service.intake.strict_json import MOST_BYTES, MOST_DEPTH, MOST_PROBLEMS, MOST_VALUES, parse


def refusal(body: bytes) -> Refused:
    with pytest.raises(Refused) as caught:
        parse(body)
    return caught.value


@pytest.mark.parametrize(
    ("body", "meant"),
    [
        (b"{}", {}),
        (b' \r\n\t[1, -2, true, false, null, "x"]', [1, -2, True, False, None, "x"]),
        (b'{"a": 1.50}', {"a": Decimal("1.50")}),
        (b"999999999999999", 999_999_999_999_999),
        (b"1e15", Decimal("1e15")),
        (b"-0.000000000000001", Decimal("-1e-15")),
        (b'"\\ud83d\\ude00"', "😀"),
        ('"Größe ≥ 2 😀"'.encode(), "Größe ≥ 2 😀"),
        (b'"\\\\\\"[{"', '\\"[{'),
        (b"[" * MOST_DEPTH + b"]" * MOST_DEPTH, None),
        (b'["' + b"[" * 1000 + b'"]', ["[" * 1000]),
    ],
)
def test_what_is_json_is_read(body: bytes, meant: object) -> None:
    assert meant is None or parse(body) == meant


def test_numbers_keep_their_kind() -> None:
    assert [type(number) for number in parse(b"[1, 1.0, 1e0]")] == [int, Decimal, Decimal]  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b" \n", id="blank"),
        pytest.param(b"\xef\xbb\xbf{}", id="byte-order-mark"),
        pytest.param("{}".encode("utf-16"), id="utf-16"),
        pytest.param(b'"\xff"', id="not-utf-8"),
        pytest.param(b'"\xed\xa0\x80"', id="surrogate-in-utf-8"),
        pytest.param(b'"\xc0\xaf"', id="overlong-utf-8"),
        pytest.param(b"{", id="unfinished"),
        pytest.param(b"{} {}", id="two-texts"),
        pytest.param(b"{'a': 1}", id="single-quotes"),
        pytest.param(b"[1,]", id="trailing-comma"),
        pytest.param(b"// x\n{}", id="comment"),
        pytest.param(b"[01]", id="leading-zero"),
        pytest.param(b'"a\nb"', id="raw-newline"),
        pytest.param(b'"a\x00b"', id="raw-nul"),
        pytest.param(b'"\\x41"', id="unknown-escape"),
        pytest.param(b"NaN", id="nan"),
        pytest.param(b"[Infinity]", id="infinity"),
        pytest.param(b"[-Infinity]", id="minus-infinity"),
        pytest.param(b"[" * MOST_BYTES, id="deep-lists"),
        pytest.param(b'{"a":' * 200_000, id="deep-objects"),
        pytest.param(b"[" * (MOST_DEPTH + 1) + b"]" * (MOST_DEPTH + 1), id="one-too-deep"),
        pytest.param(b"[" + b"1," * MOST_VALUES + b"1]", id="too-many-values"),
        pytest.param(b"[]" * (MOST_BYTES // 2), id="many-pairs"),
        pytest.param(b"]" * MOST_BYTES, id="many-closers"),
        pytest.param(b'"' * MOST_BYTES, id="many-quotes"),
        pytest.param(b"\\" * MOST_BYTES, id="many-backslashes"),
        pytest.param(b"9" * MOST_BYTES, id="endless-integer"),
        pytest.param(b"0." + b"0" * 1_000_000, id="endless-decimal"),
        pytest.param(b"1e" + b"9" * 1_000_000, id="endless-exponent"),
        pytest.param(b"1e999", id="beyond-float"),
        pytest.param(b"123456789012345678", id="eighteen-digits"),
        pytest.param(b"1.23456789012345678", id="eighteen-decimal-digits"),
        pytest.param(b"1e16", id="exponent-too-large"),
        pytest.param(b"1e-16", id="exponent-too-small"),
        pytest.param(b"123e14", id="value-too-large"),
    ],
)
def test_what_is_hostile_is_refused(body: bytes) -> None:
    assert refusal(body).status == 400


def test_too_large_is_refused_before_anything_is_read() -> None:
    assert parse(b"1" + b" " * (MOST_BYTES - 1)) == 1
    assert refusal(b"\xff" * (MOST_BYTES + 1)).status == 413
    with pytest.raises(Refused):
        parse(b"[1, 2]", max_bytes=5)


@pytest.mark.parametrize(
    ("body", "places"),
    [
        (b'{"kidney": {"egfr": {"value": 1, "value": 2}}}', ["/kidney/egfr"]),
        (b'{"kidney": {"egfr": {"value": 1e99}}, "labs": [0, 1e99]}', ["/kidney/egfr/value", "/labs/1"]),
        (b'{"signs": ["a", "\\ud800"], "text": "\\u0000"}', ["/signs/1", "/text"]),
        (b'{"diet": {"\\udc00": 1}}', ["/diet"]),
        (b'{"a": {"b": 1, "b": 2, "c": 1e99}}', ["/a", "/a/c"]),
    ],
)
def test_every_mistake_is_told_with_its_place(body: bytes, places: list[str]) -> None:
    assert [problem.at for problem in refusal(body).problems] == places


def test_a_name_that_is_not_plain_is_not_repeated() -> None:
    problem = refusal(b'{"kidney": {"Zebedee Canary": {"egfr": {"value": 1e99}}}}').problems[0]
    assert problem.at == "/kidney"


def test_many_mistakes_are_not_all_told() -> None:
    assert len(refusal(b"[" + b"1e99," * 1000 + b"1]").problems) == MOST_PROBLEMS


texts = st.text(st.characters(codec="utf-8", exclude_characters="\0"))
plain = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**15) + 1, 10**15 - 1) | texts,
    lambda inner: st.lists(inner) | st.dictionaries(texts, inner),
)


@given(plain, st.booleans())
def test_plain_data_comes_back_as_it_was(data: object, ascii_only: bool) -> None:
    assert parse(json.dumps(data, ensure_ascii=ascii_only).encode()) == data


almost_json = st.text(st.sampled_from('{}[]",:\\u0d8e1E+-. '), max_size=60).map(str.encode)


@given(st.binary(max_size=200) | almost_json)
def test_nothing_but_refused_is_ever_raised(body: bytes) -> None:
    with suppress(Refused):
        parse(body)
