"""Write a picture of each page to docs/generated/screens: `make screens`."""

import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Browser, FloatRect, Page, ViewportSize

from tests.browser.chromium import NOT_HERE, Watched, browsing, find_browser
from tests.browser.places import PLACES, Places
from tests.browser.running import ROOT, example, keep, running

FOLDER = ROOT / "docs" / "generated" / "screens"
DESKTOP, PHONE = ViewportSize(width=1280, height=900), ViewportSize(width=320, height=640)
PAPER = ViewportSize(width=794, height=1123)
BY_DAY = (
    "worklist", "advisory", "mistakes", "conflict", "diff", "new", "refused record", "help", "rules", "rule", "login",
)  # fmt: skip
# A picture of a whole advisory would be as long as a street; what follows below is the same in other words.
MOST_HEIGHT = 1800


def main() -> int:
    """Start the service and the browser, and photograph."""
    program = find_browser()
    if program is None:
        sys.stderr.write(f"{NOT_HERE}\n")
        return 1
    FOLDER.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory(prefix="magflag-screens-") as folder,
        running(Path(folder), "--with-examples") as base,
        browsing(program) as browser,
    ):
        places = _two_advisories(base)
        for name in BY_DAY:
            _take(browser, base, places, name, name)
        _take(browser, base, places, "advisory", "advisory dark", color_scheme="dark")
        _take(browser, base, places, "advisory", "advisory narrow", viewport=PHONE)
        _take(browser, base, places, "print", "print", viewport=PAPER)
    return 0


def _two_advisories(base: str) -> Places:
    """Keep a patient twice, with the kidney unknown at first, so that something changed."""
    patient = {"patient": {"id": "example-screens", "birth_date": "1952-04-01", "sex": "female"}}
    unknown = keep(base, example("ckd-g4-oxide", kidney={}, **patient))["at"]
    known = keep(base, example("ckd-g4-oxide", **patient))["at"]
    return {"older": unknown, "newer": known, "older_id": unknown.rpartition("/")[2]}


def _take(browser: Browser, base: str, at: Places, place: str, name: str, **options: object) -> None:
    watched = Watched(browser, base, reduced_motion="reduce", **({"viewport": DESKTOP} | options))
    page = watched.page
    PLACES[place](page, at)
    if place == "print":
        page.emulate_media(media="print")
    page.screenshot(
        path=FOLDER / f"{name.replace(' ', '-')}.png", animations="disabled", caret="hide", full_page=True,
        clip=_clip(page),
    )  # fmt: skip
    watched.context.close()


def _clip(page: Page) -> FloatRect:
    width, height = page.evaluate("[innerWidth, document.documentElement.scrollHeight]")
    return FloatRect(x=0, y=0, width=width, height=min(height, MOST_HEIGHT))


if __name__ == "__main__":
    sys.exit(main())
