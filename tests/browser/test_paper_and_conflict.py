"""What is printed, and what becomes of a form that somebody else was quicker than."""

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Open
from tests.browser.places import unfold
from tests.browser.running import example, keep

NAME = "kidney-unknown-ppi-loop"
TYPED = "Asked the family; the drops were stopped in October."
REASON = "does-not-align-preferences"


@pytest.fixture
def advisory(base: str, request: pytest.FixtureRequest) -> dict[str, Any]:
    return keep(base, example(NAME, patient={"id": request.node.name[:60], "age": 71, "sex": "male"}))


def titles(advisory: dict[str, Any], outcome: str) -> set[str]:
    """Return the titles of some flags, without the words that stand before each that cannot be answered."""
    return {flag["title"].removeprefix("Cannot say: ") for flag in advisory["flags"] if flag["outcome"] == outcome}


def printed(page: Page) -> str:
    """Return what comes out on paper: what is hidden there, or folded, does not."""
    page.emulate_media(media="print")
    return " ".join(page.locator("body").inner_text().split())


def test_paper_holds_every_flag_and_every_unknown(page: Page, advisory: dict[str, Any]) -> None:
    page.goto(advisory["at"] + "/print")
    text = printed(page)
    for outcome in ("raised", "cannot_say"):
        wanted = titles(advisory, outcome)
        assert wanted
        assert [title for title in sorted(wanted) if title not in text] == []


def test_the_page_itself_on_paper_leaves_out_no_flag_and_no_unknown(page: Page, advisory: dict[str, Any]) -> None:
    page.goto(advisory["at"])
    unknown = page.locator(".flag.unknown h3").all_inner_texts()
    text = printed(page)
    assert unknown
    assert [title for title in [*sorted(titles(advisory, "raised")), *unknown] if title not in text] == []


@pytest.mark.parametrize("script", [True, False], ids=["with JavaScript", "without"])
def test_a_stale_form_keeps_what_was_typed(open_page: Open, advisory: dict[str, Any], script: bool) -> None:
    mine = open_page(java_script_enabled=script)
    theirs = mine.context.new_page()
    for page in (mine, theirs):
        page.goto(advisory["at"])
    item = mine.locator("article[data-item]:has(form.decide)").first
    unfold(mine)
    item.locator("textarea[name=comment]").fill(TYPED)
    item.locator("select[name=reason]").select_option(REASON)
    theirs.locator("button[value=no_action] >> visible=true").first.click()
    item.locator("button[value=override]").click()
    expect(mine.locator("#mistakes")).to_be_focused()
    expect(mine.locator("textarea[name=comment]")).to_have_value(TYPED)
    expect(mine.locator("select[name=reason]")).to_have_value(REASON)
    expect(mine.locator(".history")).to_contain_text("no action")
    mine.locator("button[value=override]").click()
    expect(mine.locator("#decisions")).to_contain_text(TYPED)


def test_a_printed_page_holds_no_control(page: Page, advisory: dict[str, Any]) -> None:
    page.goto(advisory["at"])
    unfold(page)
    page.emulate_media(media="print")
    assert page.locator("button >> visible=true").count() == 0
