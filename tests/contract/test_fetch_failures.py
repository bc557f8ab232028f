"""Fetching from a FHIR server that answers badly, slowly, elsewhere or not at all: there is always a Part, in time."""

import gzip
import json
import logging
import socket
import threading
import tracemalloc
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from schemas.hook import ERROR, FAILED, GIVEN, LATE, Part
from service.fetch import Fetcher, Limits
from service.intake.strict_json import parse
from tests.contract.fhir_server import PLANTED, FhirServer, bomb, bundle

pytest_plugins = ("tests.contract.fhir_server",)

MEBIBYTE = 1024 * 1024
PATIENT = {"resourceType": "Patient", "id": "p-1"}
TOKEN = "secret-canary"  # noqa: S105
Promptly = Callable[[Callable[[], Part]], Part]


@pytest.fixture
def fetcher() -> Iterator[Fetcher]:
    """Return a fetcher that has time enough for an answer that comes."""
    made = Fetcher(parse, Limits(budget_seconds=30))
    yield made
    made.close()


def fetched(fetcher: Fetcher, server: FhirServer, query: str = "Patient/p-1", base: str | None = None) -> Part:
    return fetcher.fetch(base or server.base, TOKEN, {"patient": query}, [server.base])["patient"]


@pytest.mark.parametrize("status", [201, 204, 400, 401, 403, 404, 410, 429, 500, 503])
def test_a_status_other_than_200_is_told(fetcher: Fetcher, fhir_server: FhirServer, status: int) -> None:
    fhir_server.refuse("Patient/p-1", status)
    told = f"The FHIR server answered {status} for patient."
    assert fetched(fetcher, fhir_server) == Part("patient", FAILED, detail=told)


def test_one_failure_leaves_the_others(fetcher: Fetcher, fhir_server: FhirServer) -> None:
    fhir_server.give("Patient/p-1", PATIENT)
    queries = {"patient": "Patient/p-1", "medstatements": "MedicationStatement?patient=p-1"}
    parts = fetcher.fetch(fhir_server.base, TOKEN, queries, [fhir_server.base])
    assert (parts["patient"].state, parts["medstatements"].state) == (GIVEN, FAILED)
    assert parts["medstatements"].detail == "The FHIR server answered 404 for medstatements."


def test_an_operation_outcome_is_an_error_and_not_data(fetcher: Fetcher, fhir_server: FhirServer) -> None:
    fhir_server.outcome("Patient/p-1")
    part = fetched(fetcher, fhir_server)
    assert (part.state, part.pages) == (ERROR, ())
    assert "OperationOutcome" in part.detail


def test_a_redirect_is_not_followed(fetcher: Fetcher, fhir_server: FhirServer, another_server: FhirServer) -> None:
    another_server.give("Patient/p-1", PATIENT)
    fhir_server.redirect("Patient/p-1", another_server.base + "/Patient/p-1")
    part = fetched(fetcher, fhir_server)
    assert (part.state, part.detail) == (
        FAILED,
        "The FHIR server answered 302, which is not followed, for patient.",
    )
    fhir_server.redirect("Patient/p-1", fhir_server.base + "/Patient/p-2")
    assert fetched(fetcher, fhir_server).state == FAILED
    assert another_server.asked == []
    assert fhir_server.asked_for() == ["Patient/p-1"] * 2


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"\xff\xfe", b"[" * 100_000, b'"text"', b"[]", b"null", b"{}", b'{"resourceType": 7}', b"<html>"],
)
def test_what_is_not_fhir_json_has_failed(fetcher: Fetcher, fhir_server: FhirServer, body: bytes) -> None:
    fhir_server.send("Patient/p-1", body)
    part = fetched(fetcher, fhir_server)
    assert part.state == FAILED
    assert part.detail.startswith("The FHIR server sent what is not")


def test_what_the_parser_finds_too_large_has_failed(fetcher: Fetcher, fhir_server: FhirServer) -> None:
    fhir_server.send("Patient/p-1", json.dumps(PATIENT).encode() + b" " * MEBIBYTE)
    assert fetched(fetcher, fhir_server).detail == "The FHIR server sent what is more than can be read for patient."


def test_an_answer_that_never_ends_is_left(fetcher: Fetcher, fhir_server: FhirServer) -> None:
    fhir_server.send("Patient/p-1", b" " * (6 * MEBIBYTE))
    part = fetched(fetcher, fhir_server)
    assert (part.state, part.detail) == (FAILED, "The FHIR server answered with more than 5242880 bytes for patient.")


def test_all_pages_of_a_key_share_one_limit(fhir_server: FhirServer) -> None:
    page = bundle(PATIENT | {"note": "x" * 700})
    fhir_server.give("Condition", page, page)
    fetcher = Fetcher(parse, Limits(budget_seconds=30, most_bytes=1500))
    part = fetched(fetcher, fhir_server, "Condition")
    fetcher.close()
    assert (part.state, len(part.pages), part.unread) == (GIVEN, 1, True)
    assert "bytes for a further page of patient." in part.detail


def test_a_small_answer_that_unpacks_to_a_huge_one_is_left_without_unpacking_it(
    fetcher: Fetcher, fhir_server: FhirServer
) -> None:
    packed = bomb(64 * MEBIBYTE)
    fhir_server.send("Patient/p-1", packed, headers={"Content-Encoding": "gzip"})
    tracemalloc.start()
    part = fetched(fetcher, fhir_server)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert (part.state, part.detail) == (FAILED, "The FHIR server answered with more than 5242880 bytes for patient.")
    assert most < 24 * MEBIBYTE


def test_gzip_is_unpacked_and_nothing_else_is(fetcher: Fetcher, fhir_server: FhirServer) -> None:
    body = json.dumps(PATIENT).encode()
    fhir_server.send("Patient/p-1", gzip.compress(body), headers={"Content-Encoding": "gzip"})
    assert fetched(fetcher, fhir_server).pages == (PATIENT,)
    for encoding in ("br", "gzip, gzip", "deflate", "zstd"):
        fhir_server.send("Patient/p-1", body, headers={"Content-Encoding": encoding})
        assert "an encoding that was not asked for" in fetched(fetcher, fhir_server).detail
    fhir_server.send("Patient/p-1", b"not gzip", headers={"Content-Encoding": "gzip"})
    assert fetched(fetcher, fhir_server).state == FAILED


RAW = {
    "nothing": b"",
    "no HTTP": b"SSH-2.0-OpenSSH_9.9\r\n",
    "only a status line": b"HTTP/1.1 200 OK\r\n",
    "half a body": b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{",
    "an impossible length": b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n{",
    "two lengths": b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n{}",
    "bad chunks": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n",
    "an endless header": b"HTTP/1.1 200 OK\r\nX: " + b"x" * 100_000,
    "many headers": b"HTTP/1.1 200 OK\r\n" + b"X: x\r\n" * 1000,
    "no header": b"HTTP/1.1 200 OK\r\nthis is no header\r\n\r\n{",
    "a status that is none": b"HTTP/1.1 2000 OK\r\n\r\n{}",
    "only interim answers": b"HTTP/1.1 100 Continue\r\n\r\n" * 1000,
}


@pytest.mark.parametrize("sent", RAW.values(), ids=RAW.keys())
def test_what_is_not_http_has_failed(fetcher: Fetcher, fhir_server: FhirServer, sent: bytes) -> None:
    fhir_server.raw("Patient/p-1", sent)
    part = fetched(fetcher, fhir_server)
    assert (part.state, part.pages) == (FAILED, ())
    assert part.detail.endswith(" for patient.")


def test_a_server_that_is_not_there_has_failed(fetcher: Fetcher) -> None:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        base = f"http://127.0.0.1:{probe.getsockname()[1]}/fhir"
    part = fetcher.fetch(base, TOKEN, {"patient": "Patient/p-1"}, [base])["patient"]
    assert (part.state, part.detail) == (FAILED, "The FHIR server could not be reached, or broke off, for patient.")


def test_a_server_that_never_answers_is_late(fhir_server: FhirServer, promptly: Promptly) -> None:
    hasty = Fetcher(parse, Limits(budget_seconds=0.3))
    fhir_server.stall("Patient/p-1")
    part = promptly(lambda: fetched(hasty, fhir_server))
    assert (part.state, part.detail) == (LATE, "The FHIR server did not answer in time for patient.")
    hasty.close()
    assert not fhir_server.release.is_set(), "its thread ended although the server still hangs"


@pytest.mark.parametrize("head", [True, False], ids=["headers", "body"])
def test_a_server_that_drips_is_late_and_its_thread_ends(
    fhir_server: FhirServer, promptly: Callable[[Callable[[], Any]], Any], head: bool
) -> None:
    hasty = Fetcher(parse, Limits(budget_seconds=0.3))
    fhir_server.drip("Patient/p-1", head=head)
    assert promptly(lambda: fetched(hasty, fhir_server)).state == LATE
    promptly(hasty.close)
    assert not fhir_server.closing.is_set(), "the server would drip on"


def test_the_caller_does_not_wait_for_a_thread_that_is_held_up(fhir_server: FhirServer, promptly: Promptly) -> None:
    go_on = threading.Event()
    hasty = Fetcher(lambda body: go_on.wait(60) and parse(body), Limits(budget_seconds=0.3))
    fhir_server.give("Patient/p-1", PATIENT)
    part = promptly(lambda: fetched(hasty, fhir_server))
    assert (part.state, go_on.is_set()) == (LATE, False)
    go_on.set()
    hasty.close()


def test_pages_that_came_in_time_are_given_though_the_next_hangs(fhir_server: FhirServer, promptly: Promptly) -> None:
    patient_one = Fetcher(parse, Limits(budget_seconds=3))
    fhir_server.give("Condition", bundle(PATIENT), bundle(PATIENT))
    fhir_server.stall("?_getpages=Condition&_page=1")
    part = promptly(lambda: fetched(patient_one, fhir_server, "Condition"))
    patient_one.close()
    assert (part.state, len(part.pages), part.unread, part.fetched) == (GIVEN, 1, True, True)
    assert "in time" in part.detail


def test_when_no_thread_is_free_a_key_is_late_at_once_and_later_all_is_well(
    fhir_server: FhirServer, promptly: Callable[[Callable[[], Any]], Any]
) -> None:
    patient_one = Fetcher(parse, Limits(budget_seconds=30, threads=1))
    fhir_server.stall("slow")
    waiting = threading.Thread(target=lambda: fetched(patient_one, fhir_server, "slow"))
    waiting.start()
    assert fhir_server.stalled.wait(20)
    part = promptly(lambda: fetched(patient_one, fhir_server))
    assert (part.state, part.detail) == (LATE, "No connection was free to ask the FHIR server for patient.")
    fhir_server.release.set()
    waiting.join(20)
    fhir_server.give("Patient/p-1", PATIENT)
    assert fetched(patient_one, fhir_server).state == GIVEN
    patient_one.close()


def test_a_base_that_is_not_allowed_is_not_called(
    fetcher: Fetcher, fhir_server: FhirServer, another_server: FhirServer
) -> None:
    part = fetched(fetcher, fhir_server, base=another_server.base)
    assert (part.state, part.detail) == (
        FAILED,
        "The FHIR server is not at an address that may be asked for patient.",
    )
    assert fetcher.fetch(fhir_server.base, TOKEN, {"a": "Patient/p-1"}, [])["a"].state == FAILED
    assert another_server.asked == fhir_server.asked == []


@pytest.mark.parametrize(
    "query", ["../admin", "Patient/../../admin", "/Patient/p-1", "Patient/{{context.patientId}}", "a b"]
)
def test_a_query_that_leads_elsewhere_is_not_asked(fetcher: Fetcher, fhir_server: FhirServer, query: str) -> None:
    assert fetched(fetcher, fhir_server, query).state == FAILED
    assert fhir_server.asked == []


def test_a_next_page_elsewhere_is_not_read(
    fetcher: Fetcher, fhir_server: FhirServer, another_server: FhirServer
) -> None:
    fhir_server.next_base = another_server.base
    fhir_server.give("Condition", bundle(PATIENT), bundle(PATIENT))
    part = fetched(fetcher, fhir_server, "Condition")
    assert (part.state, len(part.pages), part.unread) == (GIVEN, 1, True)
    assert part.detail == "The FHIR server is not at an address that may be asked for a further page of patient."
    both = [fhir_server.base, another_server.base]
    part = fetcher.fetch(fhir_server.base, TOKEN, {"patient": "Condition"}, both)["patient"]
    assert part.unread
    assert another_server.asked == [], "allowed or not, the token is not for this server"


@pytest.mark.parametrize("status", [200, 403, 500])
def test_a_further_page_that_fails_leaves_what_was_read(fetcher: Fetcher, fhir_server: FhirServer, status: int) -> None:
    fhir_server.give("Condition", bundle(PATIENT), bundle(PATIENT))
    fhir_server.refuse("?_getpages=Condition&_page=1", status)
    part = fetched(fetcher, fhir_server, "Condition")
    assert (part.state, len(part.pages), part.unread) == (GIVEN, 1, True)
    assert part.detail.endswith(" for a further page of patient.")


@pytest.mark.parametrize("token", ["", "two words", "line\r\nX-Other: header", "grün", "nul\x00"])
def test_a_token_that_is_not_fit_for_a_header_is_not_sent(
    fetcher: Fetcher, fhir_server: FhirServer, token: str
) -> None:
    part = fetcher.fetch(fhir_server.base, token, {"a": "Patient/p-1"}, [fhir_server.base])["a"]
    assert (part.state, fhir_server.asked) == (FAILED, [])
    assert not token or token not in part.detail


def test_neither_token_nor_patient_is_told(
    fetcher: Fetcher, fhir_server: FhirServer, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    told = []
    for path, sent in (*RAW.items(), ("refused", None)):
        query = f"Patient/{PLANTED}?{path.replace(' ', '-')}"
        if sent is None:
            fhir_server.refuse(query, 403)
        else:
            fhir_server.raw(query, sent)
        told.append(repr(fetched(fetcher, fhir_server, query)))
    everything = caplog.text + "".join(told)
    assert PLANTED not in everything
    assert TOKEN not in everything


def test_a_mistake_of_ours_is_not_hidden(fhir_server: FhirServer) -> None:
    def mistaken(_: bytes) -> Any:
        raise KeyError("a mistake")

    fetcher = Fetcher(mistaken, Limits(budget_seconds=30))
    fhir_server.give("Patient/p-1", PATIENT)
    with pytest.raises(KeyError):
        fetched(fetcher, fhir_server)
    fetcher.close()
