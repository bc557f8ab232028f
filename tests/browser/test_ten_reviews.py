"""Ten patients, each reviewed from the worklist to the signature: by the keyboard alone, and without JavaScript."""

from collections.abc import Mapping
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Open
from tests.browser.records import hostile, long
from tests.browser.reviewing import COMMENT, ByForms, ByKeys
from tests.browser.running import example, keep

# Which example a patient is made of, and what of it is changed.
Made = Mapping[str, tuple[str, dict[str, Any]]]
QUIET = "nothing-to-say"
# Those of the examples that have the most flags would say the same again, for longer.
OF_EXAMPLES: Made = {
    name: (name, {}) for name in ("ckd-g4-oxide", "dialysis-reassuring-egfr", "iv-sulfate-planned", QUIET)
}
MADE: Made = {
    "oral": ("tn-oral-glycinate", {}),
    "one sign": (QUIET, {"signs": ["tingling"]}),
    "kidney not known": (QUIET, {"kidney": {}, "supplements": ["magnesium"]}),
    "unit lost": (QUIET, {"kidney": {"egfr": {"value": 58, "unit": None, "date": "2026-11-02"}}}),
}
FROM_EHRS = {"long": long, "hostile": hostile}
TEN = (*OF_EXAMPLES, *MADE, *FROM_EHRS)


def record_of(name: str, way: str) -> dict[str, Any]:
    """Return a patient of this review alone, so that no review stands in the way of another."""
    if name in FROM_EHRS:
        record = FROM_EHRS[name]()
        patient = record["entry"][0]["resource"]
        patient["name"][0]["text"] = f"{way} {name} {patient['name'][0]['text']}"
        return record
    of, changes = {**OF_EXAMPLES, **MADE}[name]
    profile = example(of, **changes)
    return profile | {"patient": profile["patient"] | {"id": f"{way} {name}"}}


def reviewed(reviewer: ByKeys | ByForms, advisory: dict[str, Any], patient: str) -> None:
    reviewer.open(patient)
    if advisory["flags"]:
        reviewer.override_first()
        expect(reviewer.page.locator("#decisions")).to_contain_text(COMMENT)
        reviewer.agree_with_the_rest()
    else:
        reviewer.page.keyboard.press("j")
    reviewer.sign()


def is_signed(page: Page, advisory: dict[str, Any]) -> None:
    expect(page.locator("#sign-off")).to_contain_text("Signed off by")
    expect(page.locator(".progress strong")).to_have_text("{0} of {0}".format(len(advisory["flags"])))
    expect(page.locator("#history")).to_contain_text(COMMENT if advisory["flags"] else "Signed")
    assert page.url.endswith("#sign-off")


def test_there_are_ten() -> None:
    assert len(TEN) == 10


@pytest.mark.parametrize("name", TEN)
def test_a_review_by_the_keyboard_alone(page: Page, base: str, name: str) -> None:
    advisory = keep(base, record_of(name, "keys"))
    reviewed(ByKeys(page), advisory, f"keys {name}")
    is_signed(page, advisory)


@pytest.mark.parametrize("name", TEN)
def test_a_review_with_javascript_off(open_page: Open, base: str, name: str) -> None:
    page, advisory = open_page(java_script_enabled=False), keep(base, record_of(name, "forms"))
    reviewed(ByForms(page), advisory, f"forms {name}")
    is_signed(page, advisory)
