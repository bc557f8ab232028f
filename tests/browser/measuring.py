"""Asking a page for its measures, and axe for its opinion: through the debugger, past the policy of the pages."""

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page

__all__ = ["ask", "axe"]

MEASURES = Path(__file__).with_name("measures.js").read_text(encoding="utf-8")
AXE = Path(__file__).parents[1] / "node" / "node_modules" / "axe-core" / "axe.min.js"
NO_AXE = "axe-core is not installed (make setup, with npm): what it would find is not looked for."
# Every rule, the ones that only advise included; the size of targets is off in axe unless it is asked for.
RUN = """([rules]) => axe.run(document, {
  ...(rules ? {runOnly: {type: 'rule', values: rules}} : {rules: {'target-size': {enabled: true}}}),
  resultTypes: ['violations'],
})"""


def ask(page: Page, measure: str, *arguments: Any) -> Any:
    """Return what a measure says of the page."""
    if not page.evaluate("'measures' in globalThis"):
        page.evaluate(MEASURES)
    return page.evaluate(f"given => measures.{measure}(...given)", list(arguments))


def axe(page: Page, *rules: str) -> list[str]:
    """Return what axe finds wrong with the page: by these of its rules, or by all of them."""
    if not AXE.is_file():
        pytest.skip(NO_AXE)
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found = page.evaluate(RUN, [list(rules) or None])
    return [
        f"{each['id']}: {node['target']} {node['failureSummary']}"
        for each in found["violations"]
        for node in each["nodes"]
    ]
