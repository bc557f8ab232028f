"""Asking a FHIR server for several things at once, and answering in time whatever it does."""

import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, replace
from threading import BoundedSemaphore
from typing import Any

from schemas.hook import Part
from service.fetch.pages import Reader, Source, late, next_link
from service.fetch.wire import Wire


@dataclass(frozen=True, slots=True)
class Limits:
    """How much is asked at most: seconds for all keys of a call together, bytes and pages for each key, threads."""

    budget_seconds: float = 0.4
    most_bytes: int = 5 * 1024 * 1024
    most_pages: int = 5
    threads: int = 32


class Fetcher:
    """Fetches within a budget: each call returns in time, with what came and a Part for what did not.

    All callers share the threads, and a key for which none is free is late at once. So when a server hangs for many
    calls in a row, the threads fill, and calls get `late` without waiting, those to other servers too, until the
    budget of the calls that hang is over: then their threads end by themselves. Only the resolving of a host's name
    may hold one longer, as long as the system's resolver lets it.

    `parse` turns bytes into data, or raises Refused. `certificates`: see Wire.
    """

    def __init__(
        self, parse: Callable[[bytes], Any], limits: Limits | None = None, certificates: str | None = None
    ) -> None:
        self._limits = limits or Limits()
        self._parse = parse
        self._wire = Wire(self._limits.threads, certificates)
        self._threads = ThreadPoolExecutor(self._limits.threads, thread_name_prefix="fetch")
        self._free = BoundedSemaphore(self._limits.threads)

    def fetch(
        self,
        base: str,
        token: str | None,
        queries: Mapping[str, str],
        bases: Sequence[str],
        begun: Sequence[Part] = (),
    ) -> dict[str, Part]:
        """Return one Part for each query, and for each of `begun`, which prefetch gave in part; all within the budget.

        `base` is the call's FHIR server, and the only one the token is sent to. `queries` are relative, by key:
        `Patient/123`, `Condition?patient=123`. `bases` are the addresses that the client may have asked.
        """
        source = Source(base, tuple(bases), token)
        asked = [(late(key), query) for key, query in queries.items()]
        asked += [(part, link) for part in begun if (link := _rest(part)) is not None]
        kept = {part.key: part for part in begun}
        return kept | self._gather(source, asked, time.monotonic() + self._limits.budget_seconds)

    def more_pages(self, part: Part, base: str, token: str | None, bases: Sequence[str], deadline: float) -> Part:
        """Return a part that prefetch gave with its further pages read too, until a moment of time.monotonic()."""
        link = _rest(part)
        if link is None:
            return part
        return self._gather(Source(base, tuple(bases), token), [(part, link)], deadline)[part.key]

    def close(self) -> None:
        """End the threads, once what they read has ended, and the connections."""
        self._threads.shutdown()
        self._wire.close()

    def _gather(self, source: Source, asked: Sequence[tuple[Part, str]], until: float) -> dict[str, Part]:
        """Read all at once; at `until` at the latest, return what is known by then."""
        known = {part.key: part for part, _ in asked}
        running: list[Future[None]] = []
        for part, link in asked:
            if self._free.acquire(blocking=False):
                running.append(self._threads.submit(self._read, source, part, source.address(link), until, known))
            else:
                known[part.key] = replace(part, detail=f"No connection was free to ask the FHIR server for {part.key}.")
        done, _ = wait(running, timeout=max(0.0, until - time.monotonic()))
        for ended in done:
            ended.result()
        return dict(known)

    def _read(self, source: Source, part: Part, url: str, until: float, known: dict[str, Part]) -> None:
        """Keep `known` at what is known of one key; whoever waits takes what is there when the time is over."""

        def get(address: str, most_bytes: int) -> bytes:
            headers = source.headers()
            return self._wire.get(address, headers, may=source.may_ask, until=until, most_bytes=most_bytes)

        try:
            limits = self._limits
            reader = Reader(get, self._parse, source.address, limits.most_pages, limits.most_bytes)
            for grown in reader.grow(part, url):
                known[part.key] = grown
        finally:
            self._free.release()


def _rest(part: Part) -> str | None:
    """Return where a part goes on, if it does."""
    return next_link(part.pages[-1]) if part.pages else None
