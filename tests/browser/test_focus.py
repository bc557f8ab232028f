"""Where the focus goes, and that whoever moves it can see it."""

from itertools import pairwise
from typing import Any

import pytest
from playwright.sync_api import Page, ViewportSize, expect

from tests.browser.conftest import Open
from tests.browser.measuring import ask
from tests.browser.places import unfold
from tests.browser.running import example, keep

NARROW, WIDE = ViewportSize(width=320, height=640), ViewportSize(width=1280, height=800)
# A row of controls that are not equally high is still one row.
SAME_ROW = 16
MOST_STOPS = 400


@pytest.fixture(scope="module")
def address(base: str) -> str:
    profile = example("nothing-to-say", signs=["tingling"], supplements=["Magnesium"], patient={"id": "focus"})
    at: str = keep(base, profile)["at"]
    return at


def stops(page: Page) -> list[dict[str, Any]]:
    """Return what has the focus after each Tab, until it leaves the page."""
    found: list[dict[str, Any]] = []
    for _ in range(MOST_STOPS):
        page.keyboard.press("Tab")
        stop = ask(page, "focused")
        if stop is None:
            return found
        found.append(stop)
    raise AssertionError("Tab never left the page")


def is_backwards(one: dict[str, Any], other: dict[str, Any]) -> bool:
    """Say whether the focus went up, or back on its row. What stands beside the text is a column of its own."""
    is_beside = "aside" in {one["place"], other["place"]} and one["left"] != other["left"]
    goes_up = other["bottom"] <= one["top"]
    goes_back = abs(other["top"] - one["top"]) < SAME_ROW and other["left"] < one["left"]
    return not is_beside and (goes_up or goes_back)


@pytest.mark.parametrize("size", [NARROW, WIDE], ids=["narrow", "wide"])
def test_the_focus_follows_the_order_of_reading_and_is_always_seen(
    open_page: Open, address: str, size: ViewportSize
) -> None:
    page = open_page(viewport=size)
    page.goto(address)
    found = stops(page)
    assert len(found) > 20
    assert [each["name"] for each in found if not each["hasRing"]] == []
    assert [each["name"] for each in found if not each["isInView"]] == []
    # The first stop skips to the content, from above all else.
    assert [(one["name"], other["name"]) for one, other in pairwise(found[1:]) if is_backwards(one, other)] == []


def test_nothing_that_sticks_to_the_window_covers_the_focus(open_page: Open, base: str) -> None:
    page = open_page(viewport=NARROW)
    page.goto(keep(base, example("tn-oral-glycinate", patient={"id": "sticking"}))["at"])
    page.keyboard.press("j")
    page.keyboard.press("a")
    expect(page.locator("#said")).to_be_visible()
    covered = [stop["name"] for stop in stops(page) if not stop["isInView"]]
    assert covered == []


@pytest.mark.parametrize("script", [True, False], ids=["with JavaScript", "without"])
def test_a_mistake_is_told_where_the_focus_then_is(open_page: Open, address: str, script: bool) -> None:
    page = open_page(java_script_enabled=script)
    page.goto(address)
    unfold(page)
    page.locator("textarea[name=comment]").first.fill("Not for this patient.")
    page.locator("button[value=override]").first.click()
    expect(page.locator("#mistakes")).to_be_focused()
    expect(page.locator(".error-text")).to_contain_text("reason")
    expect(page.locator("textarea[name=comment]").first).to_have_value("Not for this patient.")
    page.locator("#mistakes a").first.click()
    expect(page.locator("select[name=reason]").first).to_be_in_viewport()


def test_the_keys_can_be_switched_off_and_stay_off(page: Page, address: str) -> None:
    page.goto(address)
    page.keyboard.press("?")
    page.locator("#keys-on").uncheck()
    page.reload()
    page.keyboard.press("j")
    assert page.evaluate("document.activeElement === document.body")


def test_a_letter_that_is_typed_is_no_command(page: Page, address: str) -> None:
    page.goto(address)
    unfold(page)
    page.locator("textarea[name=comment]").first.click()
    page.keyboard.type("a jovial ox?")
    expect(page.locator("textarea[name=comment]").first).to_have_value("a jovial ox?")
    assert page.url.endswith(address)
