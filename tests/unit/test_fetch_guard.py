"""Which addresses may be called."""

from urllib.parse import urlsplit

import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st
from urllib3.exceptions import LocationParseError
from urllib3.util import parse_url

from service.fetch import allowed, exact
from service.fetch.guard import same_origin

BASE = "https://ehr.example/fhir/r4"
LOCAL = "http://127.0.0.1:8080/fhir"


@pytest.mark.parametrize(
    "url",
    [
        BASE,
        f"{BASE}/",
        f"{BASE}/Patient/p-1",
        f"{BASE}?_getpages=1a-2b&_pageId=x",
        f"{BASE}/Observation?patient=p-1&code=http://loinc.org|98979-8,2160-0&_sort=-date",
        f"{BASE}/Observation?code=http%3A%2F%2Floinc.org%7C98979-8&note=a%20b",
        f"{BASE}/Patient/p-1/$everything",
        "HTTPS://EHR.example:443/fhir/r4/Patient/p-1",
        "https://ehr.example./fhir/r4/Patient/p-1",
    ],
)
def test_the_base_and_what_is_below_it_may_be_called(url: str) -> None:
    assert allowed(url, [BASE])
    assert allowed(url, ["https://other.example", f"{BASE}/"])
    assert not allowed(url, [])


NASTY = [
    "",
    "https://ehr.example",
    "https://ehr.example/",
    "https://ehr.example/fhir",
    "https://ehr.example/fhir/r4b/Patient",
    "https://ehr.example/fhir/R4/Patient",
    "https://ehr.example/fhir//r4/Patient",
    "https://ehr.example//fhir/r4/Patient",
    # Up and out again, plain, encoded once or twice, with a parameter that some servers drop, with a backslash.
    f"{BASE}/../admin",
    f"{BASE}/..",
    f"{BASE}/./Patient",
    f"{BASE}/x/../Patient",
    f"{BASE}/%2e%2e/admin",
    f"{BASE}/.%2E/admin",
    f"{BASE}/%252e%252e/admin",
    f"{BASE}/..%2fadmin",
    f"{BASE}/..;/admin",
    f"{BASE}/..;x=y/admin",
    f"{BASE}/..\\admin",
    f"{BASE}\\..\\admin",
    f"{BASE}/..%5cadmin",
    f"{BASE}/%c0%ae%c0%ae/admin",
    f"{BASE}/Patient/%00",
    # Another host, dressed up as ours.
    "https://ehr.example@evil.example/fhir/r4/Patient",
    "https://ehr.example:443@evil.example/fhir/r4/Patient",
    "https://evil.example#@ehr.example/fhir/r4/Patient",
    "https://evil.example?@ehr.example/fhir/r4/Patient",
    "https://evil.example\\@ehr.example/fhir/r4/Patient",
    "https://evil.example\\.ehr.example/fhir/r4/Patient",
    "https://evil.example%2f@ehr.example/fhir/r4/Patient",
    "https://user:word@ehr.example/fhir/r4/Patient",
    "https://@ehr.example/fhir/r4/Patient",
    "https://ehr.example.evil.example/fhir/r4/Patient",
    "https://evil-ehr.example/fhir/r4/Patient",
    "https://ehr.example%00.evil.example/fhir/r4/Patient",
    "https://ehr.example%2eevil.example/fhir/r4/Patient",
    "https://ehr%2eexample/fhir/r4/Patient",
    "https://ehr。example/fhir/r4/Patient",
    "https://еhr.example/fhir/r4/Patient",  # noqa: RUF001 - the first letter is Cyrillic, on purpose
    "https://ehr.example../fhir/r4/Patient",
    "https://.ehr.example/fhir/r4/Patient",
    "https://*.example/fhir/r4/Patient",
    "https://[::1]/fhir/r4/Patient",
    "https://[ehr.example]/fhir/r4/Patient",
    "https://ehr.example:8443/fhir/r4/Patient",
    "https://ehr.example:99999/fhir/r4/Patient",
    "https://ehr.example:443:80/fhir/r4/Patient",
    "https://ehr.example:0x1bb/fhir/r4/Patient",
    # Another scheme, or a broken one.
    "http://ehr.example/fhir/r4/Patient",
    "http://ehr.example:443/fhir/r4/Patient",
    "//ehr.example/fhir/r4/Patient",
    "/fhir/r4/Patient",
    "Patient/p-1",
    "https:/ehr.example/fhir/r4/Patient",
    "https:ehr.example/fhir/r4/Patient",
    "https:///ehr.example/fhir/r4/Patient",
    "https:\\\\ehr.example\\fhir\\r4\\Patient",
    "ftp://ehr.example/fhir/r4/Patient",
    "file:///fhir/r4/Patient",
    "gopher://ehr.example/fhir/r4/Patient",
    "http+unix://ehr.example/fhir/r4/Patient",
    "url:https://ehr.example/fhir/r4/Patient",
    # Blanks, tabs, line breaks and more, which some parsers drop.
    f" {BASE}",
    f"{BASE} ",
    f"{BASE}\n",
    f"\t{BASE}",
    f"{BASE}/Patient\r\nHost: evil.example",
    "ht\ttps://ehr.example/fhir/r4/Patient",
    "https://ehr.exa\tmple/fhir/r4/Patient",
    f"{BASE}/.\t./admin",
    f"{BASE}/\x00",
    f"{BASE}/Patient#fragment",
    f"{BASE}/Patient?name={{}}",
    f"{BASE}/Patient?name=ü",
    f"{BASE}/Patient?name=%zz",
    f"{BASE}/{'a' * 9000}",
]


@pytest.mark.parametrize("url", NASTY)
def test_nothing_else_may_be_called(url: str) -> None:
    assert not allowed(url, [BASE, "https://other.example/fhir/r4"])


@pytest.mark.parametrize("base", ["", "ehr.example", "https://", "https://ehr.example?x=", "https://user@ehr.example"])
def test_a_base_that_is_no_plain_address_allows_nothing(base: str) -> None:
    assert not allowed("https://ehr.example/Patient", [base])
    assert not allowed(base, [base])


def test_a_base_without_a_path_allows_the_whole_server() -> None:
    assert allowed("https://ehr.example/any/where?x=y", ["https://ehr.example"])
    assert not allowed("https://ehr.example/any//where", ["https://ehr.example"])


@pytest.mark.parametrize("host", ["127.0.0.1", "127.9.9.9", "[::1]", "localhost", "LOCALHOST."])
def test_http_is_for_a_loopback_address_that_is_listed_as_http(host: str) -> None:
    base = f"http://{host}:8080/fhir"
    assert allowed(f"{base}/Patient/p-1", [base])
    assert not allowed(f"{base}/Patient/p-1", [base.replace("http:", "https:")])
    assert not allowed(f"http://{host}/fhir/Patient/p-1", [base])


@pytest.mark.parametrize(
    "host", ["10.0.0.1", "ehr.example", "0.0.0.1", "127.1", "2130706433", "0x7f.0.0.1", "127.0.0.1.example", "[::]"]
)
def test_http_to_another_machine_is_refused_even_if_it_is_listed(host: str) -> None:
    assert not allowed(f"http://{host}/fhir", [f"http://{host}/fhir"])
    assert not exact(f"http://{host}/keys", [f"http://{host}/keys"])


def test_a_key_set_is_at_exactly_the_address_that_is_listed() -> None:
    listed = ["https://ehr.example/keys.json?x=1", "http://localhost:9/keys"]
    assert exact("https://ehr.example/keys.json?x=1", listed)
    assert exact("https://EHR.example.:443/keys.json?x=1", listed)
    assert exact("http://localhost:9/keys", listed)
    for url in ("https://ehr.example/keys.json", "https://ehr.example/keys.json/?x=1", "http://localhost:9/keys/a"):
        assert not exact(url, listed)
    assert not exact("https://ehr.example/a/../keys", ["https://ehr.example/a/../keys"])


def test_a_token_is_for_one_origin() -> None:
    assert same_origin(BASE, "https://EHR.example:443/other")
    assert not same_origin(BASE, "https://ehr.example:444/fhir/r4")
    assert not same_origin("no address", "no address")


MARKS = "/\\@:#?%.;[]&=| \t\r\n\u3002\u2100\ufe6b"
WORDS = "https http :// // .. ehr.example evil.example fhir r4 %2e %2f %5c %40 %00 :443 :80 127.0.0.1 localhost"
STEPS = "/Patient/p-1 /_history .. . / ? ?a=b &c=http://d|e ... ; %2e %20 // /x"
NASTIER = st.lists(st.sampled_from([*MARKS, *WORDS.split()]) | st.text(max_size=3), max_size=8)
TAILS = (st.lists(st.sampled_from(STEPS.split()), max_size=4) | NASTIER).map("".join)
HEADS = st.sampled_from([BASE, LOCAL, f"{BASE}/", "https://ehr.example", "https://", "https:", ""])


@given(head=HEADS, tail=TAILS)
def test_whatever_is_allowed_goes_where_the_base_says_by_every_parser(head: str, tail: str) -> None:
    url = head + tail
    if not allowed(url, [BASE, LOCAL]):
        return
    sent = requests.Request("GET", url).prepare().url or ""
    assert allowed(sent, [BASE, LOCAL])
    for base in (urlsplit(BASE), urlsplit(LOCAL)):
        if urlsplit(url).scheme == base.scheme:
            agreed = {(base.hostname, base.port or 443)}
            ours = [urlsplit(url), urlsplit(sent)]
            assert {((one.hostname or "").rstrip("."), one.port or 443) for one in ours} == agreed
            theirs = parse_url(sent)
            assert ((theirs.host or "").rstrip("."), theirs.port or 443) in agreed
            assert theirs.path == urlsplit(sent).path == urlsplit(url).path
            assert f"{theirs.path}/".startswith(f"{base.path}/")


@given(url=st.text() | TAILS)
def test_any_text_gets_an_answer(url: str) -> None:
    assert allowed(url, [url]) in (True, False)
    if allowed(url, [url]):
        try:
            parse_url(url)
        except LocationParseError:
            pytest.fail("what is allowed can be parsed")
