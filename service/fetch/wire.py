"""One request over the network, and everything that can go wrong with it, told without its address, token or body."""

import logging
import re
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from http.client import HTTPException
from typing import Any

import requests
from urllib3.exceptions import HTTPError
from urllib3.util import Timeout

from service.fetch.whole_answer import WholeAnswerAdapter

CHUNK = 65_536
OK, FIRST_REDIRECT, FIRST_MISTAKE = 200, 300, 400
TOKEN = re.compile("[!-~]+")

# Their messages hold the address that was asked, and with it the patient's id.
logging.getLogger("urllib3").setLevel(logging.CRITICAL + 1)


class FetchFailed(Exception):
    """An answer that was not to be had; the text says what the server did, as in "answered 403"."""


class TooLate(FetchFailed):
    """The time was over before the answer was here."""

    def __init__(self) -> None:
        super().__init__("did not answer in time")


class Wire:
    """Connections, kept open between calls, and nothing else: no cookies, proxies, redirects or passwords of a file.

    There is no Session of requests on purpose: told not to follow a redirect, it still reads the whole body of one.
    `connections` is how many are kept for each server. `certificates` is a file of authorities to trust instead of the
    usual ones, for servers whose certificates a hospital signs itself.
    """

    def __init__(self, connections: int, certificates: str | None = None) -> None:
        self._adapter = WholeAnswerAdapter(pool_maxsize=connections)
        self._verify: bool | str = certificates or True

    def get(
        self, url: str, headers: Mapping[str, str], *, may: Callable[[str], bool], until: float, most_bytes: int
    ) -> bytes:
        """Return the body of an answer with status 200; raise FetchFailed or TooLate for anything else.

        `may` is the guard, asked about every address. `until` is a moment of time.monotonic(). Resolving the host's
        name is the one wait that has no limit but the system's.
        """
        return self._ask(requests.Request("GET", url, headers=dict(headers)), may, until, most_bytes)

    def post(
        self,
        url: str,
        form: Mapping[str, str],
        headers: Mapping[str, str],
        *,
        may: Callable[[str], bool],
        until: float,
        most_bytes: int,
    ) -> bytes:
        """Send a form (application/x-www-form-urlencoded), and return what `get` would."""
        return self._ask(requests.Request("POST", url, headers=dict(headers), data=dict(form)), may, until, most_bytes)

    def _ask(self, asked: requests.Request, may: Callable[[str], bool], until: float, most_bytes: int) -> bytes:
        if not may(asked.url):
            raise FetchFailed("is not at an address that may be asked")
        with _told(until), closing(self._send(asked, until)) as answer:
            return _read(answer, most_bytes)

    def close(self) -> None:
        """Close the connections that nobody uses; the others close when their answer ends."""
        self._adapter.close()

    def _send(self, asked: requests.Request, until: float) -> requests.Response:
        left = until - time.monotonic()
        if left <= 0:
            raise TooLate
        asked.headers = {"User-Agent": "magflag", "Accept-Encoding": "gzip", **asked.headers}
        request = asked.prepare()
        # requests takes urllib3's own time-outs too, though its types do not say so; only they have a total.
        limit: Any = Timeout(total=left, connect=left, read=left)
        return self._adapter.send(request, stream=True, timeout=limit, verify=self._verify)


def bearer(token: str) -> dict[str, str]:
    """Return the header that carries a token (RFC 6750, section 2.1); raise FetchFailed if it is not fit for one."""
    if TOKEN.fullmatch(token) is None:
        raise FetchFailed("cannot be asked, because the access token is not fit for a header,")
    return {"Authorization": f"Bearer {token}"}


def _read(answer: requests.Response, most_bytes: int) -> bytes:
    if answer.status_code != OK:
        is_redirect = FIRST_REDIRECT <= answer.status_code < FIRST_MISTAKE
        raise FetchFailed(f"answered {answer.status_code}{', which is not followed,' if is_redirect else ''}")
    # Only for gzip is it known that nothing is unpacked beyond what is read at a time.
    if answer.headers.get("Content-Encoding", "identity").strip().lower() not in ("gzip", "identity"):
        raise FetchFailed("answered in an encoding that was not asked for")
    body = bytearray()
    for chunk in answer.iter_content(CHUNK):
        body += chunk
        if len(body) > most_bytes:
            raise FetchFailed(f"answered with more than {most_bytes} bytes")
    return bytes(body)


@contextmanager
def _told(until: float) -> Iterator[None]:
    """Turn whatever the network raises into a sentence; what it raised itself holds the address, so it is dropped."""
    try:
        yield
    except requests.exceptions.SSLError:
        raise _late_or("showed no certificate that is trusted", until) from None
    except requests.exceptions.Timeout:
        raise TooLate from None
    except (requests.exceptions.ChunkedEncodingError, requests.exceptions.ContentDecodingError):
        raise _late_or("broke off its answer, or garbled it,", until) from None
    except (requests.RequestException, HTTPError, HTTPException, OSError, ValueError):
        raise _late_or("could not be reached, or broke off,", until) from None


def _late_or(told: str, until: float) -> FetchFailed:
    return TooLate() if time.monotonic() >= until else FetchFailed(told)
