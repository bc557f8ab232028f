"""Fetching from a FHIR server that answers well: reads, searches, pages, and what is sent along."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from schemas.hook import ABSENT, GIVEN, Part
from service.fetch import Fetcher, Limits
from service.intake.strict_json import parse
from tests.contract.fhir_server import FhirServer, bundle

pytest_plugins = ("tests.contract.fhir_server",)

TOKEN = "secret"  # noqa: S105
PATIENT = {"resourceType": "Patient", "id": "p-1"}
CONDITION = {"resourceType": "Condition", "id": "c-1"}
QUERY = "Condition?patient=p-1&code=http://snomed.info/sct|709044004"


@pytest.fixture
def fetcher() -> Iterator[Fetcher]:
    made = Fetcher(parse, Limits(budget_seconds=30))
    yield made
    made.close()


def fetched(fetcher: Fetcher, server: FhirServer, query: str, token: str | None = TOKEN) -> Part:
    return fetcher.fetch(server.base, token, {"key": query}, [server.base])["key"]


def test_a_resource_and_a_search_are_given(fetcher: Fetcher, fhir_server: FhirServer) -> None:
    fhir_server.give("Patient/p-1", PATIENT)
    fhir_server.give(QUERY, bundle(CONDITION))
    queries = {"patient": "Patient/p-1", "conditions": QUERY}
    parts = fetcher.fetch(fhir_server.base, "secret", queries, [fhir_server.base])
    assert parts == {
        "patient": Part("patient", GIVEN, (PATIENT,), fetched=True),
        "conditions": Part("conditions", GIVEN, (bundle(CONDITION),), fetched=True),
    }


def test_nothing_is_asked_when_nothing_is_missing(fetcher: Fetcher, fhir_server: FhirServer) -> None:
    assert fetcher.fetch(fhir_server.base, "secret", {}, [fhir_server.base]) == {}
    assert fhir_server.asked == []


def test_all_is_asked_at_the_same_time(
    fetcher: Fetcher, fhir_server: FhirServer, promptly: Callable[[Callable[[], Any]], Any]
) -> None:
    everybody = threading.Barrier(3)
    for path in ("a", "b", "c"):
        fhir_server.give(path, PATIENT)
        fhir_server.meet(path, everybody)
    queries = {path: path for path in ("a", "b", "c")}
    parts = promptly(lambda: fetcher.fetch(fhir_server.base, None, queries, [fhir_server.base]))
    assert [part.state for part in parts.values()] == [GIVEN] * 3


def test_the_token_and_what_is_accepted_are_sent_with_every_page(fetcher: Fetcher, fhir_server: FhirServer) -> None:
    fhir_server.give("Condition", bundle(CONDITION), bundle(CONDITION))
    assert len(fetched(fetcher, fhir_server, "Condition").pages) == 2
    for asked in fhir_server.asked:
        assert asked.headers["authorization"] == "Bearer secret"
        assert asked.headers["accept"] == "application/fhir+json"


def test_nothing_of_one_call_is_in_the_next(fetcher: Fetcher, fhir_server: FhirServer) -> None:
    fhir_server.give("Patient/p-1", PATIENT)
    for token in ("first", None, "third"):
        assert fetched(fetcher, fhir_server, "Patient/p-1", token).state == GIVEN
    assert [asked.headers.get("authorization") for asked in fhir_server.asked] == ["Bearer first", None, "Bearer third"]
    assert not any("cookie" in asked.headers for asked in fhir_server.asked)
    assert len({asked.port for asked in fhir_server.asked}) == 1, "one connection is kept open and used again"


def test_the_environment_does_not_redirect_calls_or_add_passwords(
    fetcher: Fetcher,
    fhir_server: FhirServer,
    another_server: FhirServer,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Any,
) -> None:
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login somebody password something")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, another_server.base)
    fhir_server.give("Patient/p-1", PATIENT)
    assert fetched(fetcher, fhir_server, "Patient/p-1", None).state == GIVEN
    assert "authorization" not in fhir_server.asked[0].headers
    assert another_server.asked == []


def test_pages_are_read_in_order_to_the_last(fetcher: Fetcher, fhir_server: FhirServer) -> None:
    pages = [bundle({"resourceType": "Condition", "id": f"c-{number}"}) for number in range(4)]
    fhir_server.give("Condition?patient=p-1&_count=1", *pages)
    part = fetched(fetcher, fhir_server, "Condition?patient=p-1&_count=1")
    assert [page["entry"][0]["resource"]["id"] for page in part.pages] == ["c-0", "c-1", "c-2", "c-3"]
    assert (part.state, part.unread, part.detail) == (GIVEN, False, "")


def test_beyond_the_limit_pages_stay_unread_and_that_is_said(fetcher: Fetcher, fhir_server: FhirServer) -> None:
    fhir_server.give("Condition", *[bundle(CONDITION)] * 9)
    part = fetched(fetcher, fhir_server, "Condition")
    assert (part.state, len(part.pages), part.unread) == (GIVEN, 5, True)
    assert part.detail == "There are more pages of key than the 5 that are read."


def test_pages_that_lead_back_are_left(fetcher: Fetcher, fhir_server: FhirServer) -> None:
    back = {"link": [{"relation": "next", "url": f"{fhir_server.base}/Condition"}]}
    fhir_server.give("Condition", bundle(CONDITION) | back)
    part = fetched(fetcher, fhir_server, "Condition")
    assert (part.state, len(part.pages), part.unread) == (GIVEN, 1, True)
    assert "back to each other" in part.detail


def test_a_relative_next_link_is_below_the_base(fetcher: Fetcher, fhir_server: FhirServer) -> None:
    fhir_server.give("Condition", bundle(CONDITION) | {"link": [{"relation": "next", "url": "Condition?_page=2"}]})
    fhir_server.give("Condition?_page=2", bundle())
    part = fetched(fetcher, fhir_server, "Condition")
    assert (len(part.pages), part.unread) == (2, False)


@pytest.mark.parametrize("link", [{}, [None, 1, {}], [{"relation": "next"}], [{"relation": "next", "url": 7}]])
def test_a_link_that_is_none_is_no_next_page(fetcher: Fetcher, fhir_server: FhirServer, link: Any) -> None:
    fhir_server.give("Condition", bundle() | {"link": link})
    part = fetched(fetcher, fhir_server, "Condition")
    assert (part.state, part.unread) == (GIVEN, False)


def begun(server: FhirServer) -> Part:
    """Return what a client sent when it gave the first of three pages."""
    server.give("Condition", bundle(CONDITION), bundle(CONDITION), bundle())
    given: Any = json.loads(json.dumps(bundle(CONDITION)))
    given["link"] = [{"relation": "next", "url": f"{server.base}?_getpages=Condition&_page=1"}]
    return Part("conditions", GIVEN, (given,), unread=True)


def test_a_bundle_that_prefetch_gave_in_part_is_read_to_its_end(fetcher: Fetcher, fhir_server: FhirServer) -> None:
    part = begun(fhir_server)
    fhir_server.give("Patient/p-1", PATIENT)
    queries = {"patient": "Patient/p-1"}
    parts = fetcher.fetch(fhir_server.base, "secret", queries, [fhir_server.base], begun=[part])
    assert parts["patient"].state == GIVEN
    assert parts["conditions"].pages[:1] == part.pages
    assert (len(parts["conditions"].pages), parts["conditions"].unread) == (3, False)


def test_further_pages_keep_to_the_deadline_they_are_given(fetcher: Fetcher, fhir_server: FhirServer) -> None:
    part = begun(fhir_server)
    read = fetcher.more_pages(part, fhir_server.base, None, [fhir_server.base], deadline=time.monotonic() + 30)
    assert (len(read.pages), read.unread) == (3, False)
    late = fetcher.more_pages(part, fhir_server.base, None, [fhir_server.base], deadline=0.0)
    assert (late.pages, late.unread) == (part.pages, True)


def test_a_part_without_a_next_page_stays_as_it_is(fetcher: Fetcher, fhir_server: FhirServer) -> None:
    for part in (Part("a", ABSENT), Part("a", GIVEN, (PATIENT,))):
        assert fetcher.more_pages(part, fhir_server.base, None, [fhir_server.base], deadline=0.0) == part
        assert fetcher.fetch(fhir_server.base, None, {}, [fhir_server.base], begun=[part]) == {"a": part}
    assert fhir_server.asked == []
