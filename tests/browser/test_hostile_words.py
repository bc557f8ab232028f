"""Words of a record, or of whoever types, that would be more than words in a careless page. The page stays a page."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.places import PLACES, Places, go
from tests.browser.records import HOSTILE, hostile
from tests.browser.running import keep

# Marks that turn the direction of writing would make a text look like another.
TURNING = "\u202a\u202b\u202d\u202e\u2066\u2067\u2068"
SHOWS_IT = ("worklist", "advisory", "superseded advisory", "print", "diff", "conflict", "mistakes")
FOREIGN = "document.querySelectorAll('main script, main img, main iframe, [onerror], [onload]').length"


@pytest.fixture(scope="module")
def at(base: str) -> Places:
    older, newer = (keep(base, hostile())["at"] for _ in range(2))
    return {"older": older, "newer": newer, "older_id": older.rpartition("/")[2]}


@pytest.mark.parametrize("name", SHOWS_IT)
def test_a_hostile_record_is_text(page: Page, at: Places, name: str) -> None:
    assert name in PLACES
    go(page, name, at)
    assert page.evaluate(FOREIGN) == 0
    assert "taken" not in page.title()


def test_the_words_are_shown_as_they_were_written(page: Page, at: Places) -> None:
    go(page, "advisory", at)
    text = page.locator("main").inner_text()
    assert [words for words in HOSTILE if words not in text] == []
    assert [mark for mark in TURNING if mark in text] == []


@pytest.mark.parametrize("words", HOSTILE)
def test_what_somebody_types_is_text_wherever_it_comes_back(page: Page, at: Places, words: str) -> None:
    go(page, "advisory", at)
    page.locator("textarea[name=comment]").first.fill(words)
    page.locator("select[name=reason]").first.select_option("cds-not-applicable")
    page.locator("button[value=override]").first.click()
    expect(page.locator("#history")).to_contain_text(words)
    page.goto("/review")
    page.fill("#text", words)
    page.click(".find button")
    expect(page.locator("#text")).to_have_value(words)
    page.goto("/review/new")
    page.fill("#record", words)
    page.click("button.primary")
    expect(page.locator("#record")).to_have_value(words)
    assert page.evaluate(FOREIGN) == 0
