"""A FHIR server on real HTTP that can be told to answer well, badly, slowly or not at all.

    pytest_plugins = ("tests.contract.fhir_server",)

    def test_something(fhir_server: FhirServer) -> None:
        fhir_server.give("Patient/p-1", {"resourceType": "Patient", "id": "p-1"})
        fhir_server.give("Condition?patient=p-1", bundle(condition), bundle(another))  # two pages, linked by `next`
        ... ask fhir_server.base + "/Patient/p-1" ...
        assert fhir_server.asked[0].headers["authorization"] == "Bearer token"

What to answer is told for each path below the base, with its query, as somebody would write it (`|`, not `%7C`); what
was not told is 404. `base` is the address, `asked` are the requests so far. Tell a path again to replace its answer.

    give(path, *pages)            200; each page but the last gets a `next` link, to this server or to `next_base`
    refuse(path, status)          that status, with an OperationOutcome that quotes the patient, as real ones do
    outcome(path)                 200 with an OperationOutcome
    redirect(path, to)            302
    send(path, body, status, headers)   these bytes
    raw(path, bytes)              these bytes in place of an HTTP answer, then the connection is closed
    stall(path)                   nothing, until `release` is set; `stalled` is set once somebody waits
    meet(path, barrier)           what was told before, once all parties of the barrier have asked
    drip(path, head)              a byte now and then, for ever: of the body, or of the headers

pytest finds this module imported when it is named as a plugin, and would warn: PYTEST_DONT_REWRITE, it asserts nothing.
"""

import gzip
import json
import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ssl import SSLContext
from typing import Any
from urllib.parse import unquote

import pytest

# How long a drop takes to fall: a wait on an event, which ends at once when the server closes.
SECONDS_PER_DROP = 0.02
SECONDS_UNTIL_HUNG = 20
PLANTED = "Zebedee-Canary"
Answer = Callable[["_Handler"], None]


@dataclass(frozen=True)
class Asked:
    """One request: its path and query below the base, its headers by lower-case name, and the port it came from."""

    path: str
    headers: Mapping[str, str]
    port: int


class FhirServer:
    """See the module. Use it as a context manager; the fixture does."""

    def __init__(self, certificate: SSLContext | None = None) -> None:
        self.asked: list[Asked] = []
        self.stalled = threading.Event()
        self.release = threading.Event()
        self.closing = threading.Event()
        self.answers: dict[str, Answer] = {}
        self.next_base: str | None = None
        self._server = _Server(self, certificate)
        scheme = "https" if certificate else "http"
        self.base = f"{scheme}://127.0.0.1:{self._server.server_address[1]}/fhir"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))

    def __enter__(self) -> "FhirServer":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.closing.set()
        self.release.set()
        self._server.hang_up()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def give(self, path: str, *pages: dict[str, Any]) -> None:
        for number, page in enumerate(pages):
            here = path if number == 0 else f"?_getpages={path}&_page={number}"
            link = {"relation": "next", "url": f"{self.next_base or self.base}?_getpages={path}&_page={number + 1}"}
            rest = {"link": [{"relation": "self", "url": self.base}, link]} if number + 1 < len(pages) else {}
            self.send(here, json.dumps(page | rest).encode())

    def refuse(self, path: str, status: int) -> None:
        self.send(path, _outcome(f"Nothing for {PLANTED}."), status)

    def outcome(self, path: str) -> None:
        self.refuse(path, 200)

    def redirect(self, path: str, to: str) -> None:
        self.send(path, b"", 302, {"Location": to})

    def send(self, path: str, body: bytes, status: int = 200, headers: Mapping[str, str] | None = None) -> None:
        self.answers[path] = lambda handler: handler.answer(status, body, headers or {})

    def raw(self, path: str, sent: bytes) -> None:
        self.answers[path] = lambda handler: handler.raw(sent)

    def stall(self, path: str) -> None:
        self.answers[path] = lambda handler: handler.stall()

    def drip(self, path: str, *, head: bool = False) -> None:
        self.answers[path] = lambda handler: handler.drip(head)

    def meet(self, path: str, everybody: threading.Barrier) -> None:
        """Let what was told for a path wait until as many as the barrier wants have asked."""
        answer = self.answers[path]

        def meeting(handler: _Handler) -> None:
            everybody.wait(SECONDS_UNTIL_HUNG)
            answer(handler)

        self.answers[path] = meeting

    def asked_for(self) -> list[str]:
        """Return the paths that were asked for, sorted, because they may be asked for at the same time."""
        return sorted(asked.path for asked in self.asked)


def bundle(*resources: dict[str, Any]) -> dict[str, Any]:
    """Return a page of search results."""
    return {"resourceType": "Bundle", "type": "searchset", "entry": [{"resource": resource} for resource in resources]}


def bomb(size: int) -> bytes:
    """Return gzip that unpacks to so many bytes of JSON."""
    return gzip.compress(b'"' + b" " * (size - 2) + b'"')


@pytest.fixture
def fhir_server() -> Iterator[FhirServer]:
    with FhirServer() as server:
        yield server


@pytest.fixture
def another_server() -> Iterator[FhirServer]:
    """Return a second server: one that must not be called."""
    with FhirServer() as server:
        yield server


def _outcome(text: str) -> bytes:
    issue = {"severity": "error", "code": "processing", "diagnostics": text}
    return json.dumps({"resourceType": "OperationOutcome", "issue": [issue]}).encode()


class _Server(ThreadingHTTPServer):
    """Keeps its connections at hand, so that closing ends every thread instead of leaving some behind."""

    daemon_threads = False
    request_queue_size = 64

    def __init__(self, told: FhirServer, certificate: SSLContext | None) -> None:
        self.told = told
        self._open: set[socket.socket] = set()
        super().__init__(("127.0.0.1", 0), _Handler)
        if certificate:
            self.socket = certificate.wrap_socket(self.socket, server_side=True, do_handshake_on_connect=False)

    def process_request(self, request: Any, client_address: Any) -> None:
        self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        self._open.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing: clients that hang up, or do not like the certificate, are what is tested."""

    def hang_up(self) -> None:
        for connection in list(self._open):
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # Or a client that delays its acknowledgements would wait for each body.
    disable_nagle_algorithm = True
    server: _Server

    def do_GET(self) -> None:
        told = self.server.told
        path = unquote(self.path).removeprefix("/fhir").removeprefix("/")
        headers = {name.lower(): value for name, value in self.headers.items()}
        told.asked.append(Asked(path, headers, self.client_address[1]))
        answer = told.answers.get(path)
        if answer is None:
            self.answer(404, _outcome("Not found."), {})
        else:
            answer(self)

    def answer(self, status: int, body: bytes, headers: Mapping[str, str]) -> None:
        self.send_response(status)
        content = {"Content-Type": "application/fhir+json", "Content-Length": str(len(body)), "Set-Cookie": "seen=yes"}
        for name, value in {**content, **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def raw(self, sent: bytes) -> None:
        self.wfile.write(sent)
        self.close_connection = True

    def stall(self) -> None:
        self.server.told.stalled.set()
        self.server.told.release.wait()
        self.close_connection = True

    def drip(self, head: bool) -> None:
        self.wfile.write(b"HTTP/1.1 200 OK\r\nX-Drip: " if head else b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n")
        while not self.server.told.closing.wait(SECONDS_PER_DROP):
            self.wfile.write(b" ")

    def log_message(self, *_: object) -> None:
        """Say nothing."""
