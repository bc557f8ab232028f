"""The browser of this machine, and a page in it that tells what went wrong while somebody used it."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from playwright.sync_api import Browser, ConsoleMessage, Dialog, Page, Request, Response, sync_playwright

__all__ = ["NOT_HERE", "Watched", "browsing", "find_browser"]

NAMES = ("chromium", "google-chrome", "chromium-browser")
USUAL = "/usr/bin/chromium"
NOT_HERE = "Chromium is not here (on Debian: apt install chromium; elsewhere MAGFLAG_CHROMIUM names it)."
# Nothing of the browser's own is asked of the network, and nothing of it outlives the tests.
OPTIONS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
)  # fmt: skip
MILLISECONDS_UNTIL_HUNG = 20_000
# A browser says this of every answer with an error status; that of a page is what a test may have asked for.
OF_AN_ANSWER = "Failed to load resource"


def find_browser() -> str | None:
    """Return the program of the browser, or None where there is none."""
    named = os.environ.get("MAGFLAG_CHROMIUM")
    candidates = [named] if named else [USUAL, *NAMES]
    return next((found for each in candidates if (found := shutil.which(each))), None)


@contextmanager
def browsing(program: str) -> Iterator[Browser]:
    """Start the browser with a profile of its own, and end it afterwards."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=OPTIONS)
        try:
            yield browser
        finally:
            browser.close()


class Watched:
    """A page in a context of its own; `complaints` is everything that no page of ours may cause."""

    def __init__(self, browser: Browser, base: str, **options: Any) -> None:
        self._base = base
        self.context = browser.new_context(base_url=base, **options)
        self.context.set_default_timeout(MILLISECONDS_UNTIL_HUNG)
        self.complaints: list[str] = []
        self.page = self.tab()

    def tab(self) -> Page:
        """Open another page of the same session."""
        page = self.context.new_page()
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.complaints.append(f"script: {error}"))
        page.on("dialog", self._dialog)
        page.on("request", self._request)
        page.on("response", self._response)
        return page

    def _console(self, message: ConsoleMessage) -> None:
        if message.type == "error" and not message.text.startswith(OF_AN_ANSWER):
            self.complaints.append(f"console: {message.text}")

    def _dialog(self, dialog: Dialog) -> None:
        self.complaints.append(f"dialog: {dialog.message}")
        dialog.dismiss()

    def _request(self, request: Request) -> None:
        if not request.url.startswith(self._base):
            self.complaints.append(f"asked elsewhere: {request.url}")

    def _response(self, response: Response) -> None:
        if response.status >= 400 and not response.request.is_navigation_request():
            self.complaints.append(f"{response.status}: {response.url}")
