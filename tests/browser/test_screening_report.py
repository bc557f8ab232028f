"""The report of a screening, opened as the file that it is: for whoever looks at it, with whatever."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, ViewportSize

from service.population.report import write_report
from tests.browser.chromium import Watched
from tests.browser.measuring import ask, axe
from tests.browser.places import unfold
from tests.screening import canaries, pack, screening

NARROW, WIDE = ViewportSize(width=320, height=640), ViewportSize(width=1280, height=800)
LEAST_TARGET = 24
# As many as a country has, so that no number is too long for its place.
MILLIONS = {"flags": {"raised": 5_210_500, "cannot_say": 112_894_500}, "lines": 1_234_567_890}


@pytest.fixture(scope="module")
def loaded(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    folder = screening(tmp_path_factory.mktemp("screened"), canaries(), changes=MILLIONS)
    report = write_report(folder, pack()).as_uri()
    watched = Watched(browser, report)
    watched.page.goto(report)
    unfold(watched.page)
    yield watched.page
    watched.context.close()
    assert watched.complaints == []


@pytest.fixture
def page(loaded: Page) -> Page:
    loaded.emulate_media(media="screen", color_scheme="light", forced_colors="none")
    loaded.set_viewport_size(WIDE)
    loaded.evaluate("document.documentElement.style.fontSize = ''")
    return loaded


def misfits(page: Page) -> dict[str, list[str]]:
    return {name: found for name in ("sideways", "cut", "overlapping") if (found := ask(page, name))}


def test_its_own_policy_lets_its_own_style_through(page: Page) -> None:
    assert page.evaluate("getComputedStyle(document.querySelector('.panel')).borderTopStyle") == "solid"


def test_axe_finds_nothing_by_day(page: Page) -> None:
    assert axe(page) == []


def test_every_contrast_is_sufficient_by_night(page: Page) -> None:
    page.emulate_media(color_scheme="dark")
    assert axe(page, "color-contrast") == []


def test_it_fits_windows_narrow_and_wide(page: Page) -> None:
    assert misfits(page) == {}
    page.set_viewport_size(NARROW)
    assert misfits(page) == {}
    assert ask(page, "small", LEAST_TARGET) == []


def test_text_of_twice_the_size_loses_nothing(page: Page) -> None:
    page.evaluate("document.documentElement.style.fontSize = '200%'")
    assert misfits(page) == {}


def test_forced_colours_leave_every_word(page: Page) -> None:
    page.emulate_media(forced_colors="active")
    assert ask(page, "wordless") == []


def test_what_is_folded_stands_on_paper(page: Page) -> None:
    page.evaluate("document.querySelectorAll('details').forEach(each => { each.open = false; })")
    folded = page.locator("details table").first
    assert not folded.is_visible()
    page.emulate_media(media="print")
    assert folded.is_visible()
    unfold(page)
