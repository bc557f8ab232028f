"""Somebody who reviews an advisory: by the keys alone, or by plain forms. Looking is done with eyes, not with keys."""

from typing import Any

from playwright.sync_api import Page

__all__ = ["ByForms", "ByKeys"]

COMMENT = "Reviewed with the ward’s pharmacist."
REASON = "cds-suboptimal-context"
MOST_STEPS = 400


class ByKeys:
    """Reviews with a keyboard; a key that leads somewhere else is followed until the page is there."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)

    def press_and_go(self, key: str) -> None:
        """Press a key that loads a page."""
        with self.page.expect_navigation(wait_until="load"):
            self.page.keyboard.press(key)

    def here(self) -> str:
        """Return the id of the item that has the focus, or nothing."""
        found: str = self.page.evaluate("document.activeElement.closest('[data-item]')?.id ?? ''")
        return found

    def focus(self) -> dict[str, Any]:
        """Return what element has the focus."""
        words = "each => ({tag: each.localName, name: each.name ?? '', value: each.value ?? '', id: each.id})"
        found: dict[str, Any] = self.page.evaluate(f"({words})(document.activeElement)")
        return found

    def open(self, patient: str) -> None:
        """Find a patient in the worklist, and open the first advisory."""
        self.page.goto("/review")
        self.press("/")
        self.page.keyboard.type(patient)
        self.press_and_go("Enter")
        self.press("j")
        self.press_and_go("o")

    def tab_to(self, tag: str, **wanted: str) -> None:
        """Press Tab until an element has the focus."""
        for _ in range(MOST_STEPS):
            found = self.focus()
            if found["tag"] == tag and all(found[name] == value for name, value in wanted.items()):
                return
            self.press("Tab")
        raise AssertionError(f"Tab never came to {tag} {wanted}")

    def override_first(self) -> None:
        """Go down and up again, open the first item, and override it with a reason and a comment."""
        self.press("j", "j", "k", "o", "x")
        self.choose(REASON)
        self.press("Tab")
        self.page.keyboard.type(COMMENT)
        self.tab_to("button", value="override")
        self.press_and_go("Enter")

    def choose(self, code: str) -> None:
        """Go down the list of reasons to one of them."""
        for _ in range(MOST_STEPS):
            self.press("ArrowDown")
            if self.focus()["value"] == code:
                return
        raise AssertionError(f"the list has no {code}")

    def agree_with_the_rest(self) -> None:
        """Agree with each item, and with all notes at once where that is offered, until the sign-off has the focus."""
        for _ in range(MOST_STEPS):
            if self.here() == "sign-off":
                return
            if self.is_a_note() and self.page.evaluate("!!document.getElementById('all-info')"):
                while self.here() != "all-info":
                    self.press("j")
            self.press_and_go("a")
        raise AssertionError("the sign-off never had the focus")

    def is_a_note(self) -> bool:
        """Say whether the item with the focus is a note for information."""
        return bool(self.page.evaluate("!!document.activeElement.closest('.flag.info:not(.unknown)')"))

    def sign(self) -> None:
        """Sign with the button that the key leads to."""
        self.press("a")
        assert self.focus()["tag"] == "button"
        self.press_and_go("Enter")


class ByForms:
    """Reviews by what is on the page, with JavaScript off."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def open(self, patient: str) -> None:
        """Find a patient in the worklist, and open the first advisory."""
        self.page.goto("/review")
        self.page.fill("#text", patient)
        self.page.click(".find button")
        self.page.click("tr[data-item] th a")

    def override_first(self) -> None:
        """Override the first item with a reason and a comment."""
        item = self.page.locator("[data-item]:has(form.decide)").first
        for summary in item.locator("summary").all():
            if summary.is_visible() and not summary.evaluate("each => each.parentElement.open"):
                summary.click()
        item.locator("select[name=reason]").select_option(REASON)
        item.locator("textarea[name=comment]").fill(COMMENT)
        item.locator("button[value=override]").click()

    def agree_with_the_rest(self) -> None:
        """Agree wherever a decision is missing, with all notes at once where that is offered."""
        for _ in range(MOST_STEPS):
            item = self.page.locator(self.next_item())
            if item.get_attribute("id") == "sign-off":
                return
            closed = item.locator(":scope > details:not([open]) > summary")
            if closed.count():
                closed.click()
            item.locator("button[value=agree]").first.click()
        raise AssertionError("the sign-off was never reached")

    def next_item(self) -> str:
        """Return where the page leads: to all notes at once, else to what it says is next."""
        if self.page.locator("#all-info form").count():
            return "#all-info"
        return self.page.locator(".next a").get_attribute("href") or ""

    def sign(self) -> None:
        """Sign with the button."""
        self.page.click("#sign-off button.primary")
