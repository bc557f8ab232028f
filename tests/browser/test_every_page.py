"""What must hold on every page, whoever looks at it with whatever. Each is loaded once and looked at in turn."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, ViewportSize

from tests.browser.chromium import Watched
from tests.browser.measuring import ask, axe
from tests.browser.places import PLACES, Places, go
from tests.browser.records import long
from tests.browser.running import keep

NARROW, WIDE = ViewportSize(width=320, height=640), ViewportSize(width=1280, height=800)
LEAST_TARGET = 24


@pytest.fixture(scope="module")
def at(base: str) -> Places:
    """Keep the patient with the long name twice; the newer advisory takes the place of the older one."""
    older, newer = (keep(base, long())["at"] for _ in range(2))
    return {"older": older, "newer": newer, "older_id": older.rpartition("/")[2]}


@pytest.fixture(scope="module", params=PLACES)
def loaded(request: pytest.FixtureRequest, browser: Browser, base: str, at: Places) -> Iterator[Page]:
    watched = Watched(browser, base)
    go(watched.page, request.param, at)
    yield watched.page
    watched.context.close()
    assert watched.complaints == []


@pytest.fixture
def page(loaded: Page) -> Page:
    loaded.emulate_media(color_scheme="light", forced_colors="none")
    loaded.set_viewport_size(WIDE)
    loaded.evaluate("document.documentElement.style.fontSize = ''")
    return loaded


def misfits(page: Page) -> dict[str, list[str]]:
    return {name: found for name in ("sideways", "cut", "overlapping") if (found := ask(page, name))}


def test_axe_finds_nothing_by_day(page: Page) -> None:
    assert axe(page) == []


def test_every_contrast_is_sufficient_by_night(page: Page) -> None:
    page.emulate_media(color_scheme="dark")
    assert axe(page, "color-contrast") == []


def test_it_fits_a_window_320_pixels_wide(page: Page) -> None:
    page.set_viewport_size(NARROW)
    assert misfits(page) == {}


@pytest.mark.parametrize("size", [NARROW, WIDE], ids=["narrow", "wide"])
def test_targets_are_large_enough(page: Page, size: ViewportSize) -> None:
    page.set_viewport_size(size)
    assert ask(page, "small", LEAST_TARGET) == []


def test_text_of_twice_the_size_loses_nothing(page: Page) -> None:
    page.evaluate("document.documentElement.style.fontSize = '200%'")
    assert misfits(page) == {}


def test_forced_colours_leave_every_word_and_the_ring_around_the_focus(page: Page) -> None:
    page.emulate_media(forced_colors="active")
    assert ask(page, "wordless") == []
    page.keyboard.press("Tab")
    assert ask(page, "focused")["hasRing"]
