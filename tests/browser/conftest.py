"""What the tests in a browser share: the real service with its examples, the browser, and pages in it.

Both end with the last test of this folder: Playwright keeps an event loop, under which other tests could not start one.
"""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.chromium import NOT_HERE, Watched, browsing, find_browser
from tests.browser.hanging import pytest_runtest_protocol
from tests.browser.running import running

# Pytest finds it here.
__all__ = ["pytest_runtest_protocol"]

Open = Callable[..., Page]


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
