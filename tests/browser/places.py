"""Every page there is, and how to come to it."""

from collections.abc import Callable, Mapping
from functools import partial

from playwright.sync_api import Page

__all__ = ["PLACES", "Places", "go", "unfold"]

RULE = "kidney/magnesium-with-impaired-kidney"
OVERRIDE = "button[value=override]"
UNFOLD = "() => document.querySelectorAll('details').forEach(each => { each.open = true; })"

# The addresses of two advisories of one patient: the newer one is open, the older one was superseded by it.
Places = Mapping[str, str]


def unfold(page: Page) -> None:
    """Open all that can be opened, so that nothing escapes being looked at."""
    page.evaluate(UNFOLD)


def _at(address: str, page: Page, at: Places) -> None:
    page.goto(address.format(**at))


def _mistakes(page: Page, at: Places) -> None:
    page.goto(at["newer"])
    unfold(page)
    page.locator(OVERRIDE).first.click()


def _conflict(page: Page, at: Places) -> None:
    """Decide otherwise in two windows that were both open before."""
    other = page.context.new_page()
    for each in (page, other):
        each.goto(at["newer"])
        unfold(each)
    other.locator("button[value=no_action]").first.click()
    other.close()
    page.locator("textarea[name=comment]").first.fill("Seen on the ward round.")
    page.locator("button[value=agree]").first.click()
    page.wait_for_selector("#conflict-title")


def _refused_record(page: Page, at: Places) -> None:
    page.goto("/review/new")
    page.fill("#record", '{"patient": {"age": "old"}}')
    page.click("button.primary")


def _refused_filter(page: Page, at: Places) -> None:
    page.goto("/review?since=yesterday")


PLACES: Mapping[str, Callable[[Page, Places], None]] = {
    "worklist": partial(_at, "/review"),
    "worklist of everything": partial(_at, "/review?status=all"),
    "refused filter": _refused_filter,
    "advisory": partial(_at, "{newer}"),
    "superseded advisory": partial(_at, "{older}"),
    "mistakes": _mistakes,
    "conflict": _conflict,
    "print": partial(_at, "{newer}/print"),
    "diff": partial(_at, "{newer}/diff/{older_id}"),
    "new": partial(_at, "/review/new"),
    "refused record": _refused_record,
    "help": partial(_at, "/review/help"),
    "no such advisory": partial(_at, "/review/nothing"),
    "rules": partial(_at, "/rules"),
    "rule": partial(_at, f"/rules/{RULE}"),
    "login": partial(_at, "/login"),
    "logged out": partial(_at, "/logged-out"),
    "landing": partial(_at, "/"),
    "docs": partial(_at, "/docs"),
}


def go(page: Page, name: str, at: Places) -> None:
    """Go to a page by its name here, and unfold it."""
    PLACES[name](page, at)
    unfold(page)
