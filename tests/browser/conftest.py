"""What the tests in a browser share: the real service with its examples, the browser, and pages in it.

Both end with the last test of this folder: Playwright keeps an event loop, under which other tests could not start one.
"""

import os
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.chromium import NOT_HERE, Watched, browsing, find_browser
from tests.browser.running import running

Open = Callable[..., Page]
# What is asked of a page by a script has no time limit in Playwright, and a browser that has died answers never.
SECONDS_UNTIL_HUNG = 60
# With this the run ends then, so that `make test` can tell a browser that hung from a test that failed.
HUNG = 75


@pytest.fixture(autouse=True)
def _no_test_hangs() -> Iterator[None]:
    """End the run rather than wait for ever."""
    waiting = threading.Timer(SECONDS_UNTIL_HUNG, os._exit, [HUNG])
    waiting.daemon = True
    waiting.start()
    yield
    waiting.cancel()


@pytest.fixture(scope="package")
def base(tmp_path_factory: pytest.TempPathFactory, browser: Browser) -> Iterator[str]:
    with running(tmp_path_factory.mktemp("store"), "--with-examples") as address:
        yield address


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    program = find_browser()
    if program is None:
        pytest.skip(NOT_HERE)
    with browsing(program) as started:
        yield started


@pytest.fixture
def open_page(browser: Browser, base: str) -> Iterator[Open]:
    """Return how to get a page, with what the browser is told to be; none of them may have had reason to complain."""
    opened: list[Watched] = []

    def make(**options: Any) -> Page:
        opened.append(Watched(browser, base, **options))
        return opened[-1].page

    yield make
    for each in opened:
        each.context.close()
    assert [complaint for each in opened for complaint in each.complaints] == []


@pytest.fixture
def page(open_page: Open) -> Page:
    return open_page()
