"""The rules as pages for people: what a card links to. Nothing here is about a patient, and the address says nothing.

Every text is the rule's own, guarded when the rules were loaded. Limits stand without their units: laboratory values
with units belong to a patient's facts only (contract, section 2).
"""

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, render_template
from werkzeug.exceptions import NotFound

from schemas.canonical import CATEGORY_DISPLAYS
from service.knowledge.model import SEVERITIES
from service.presenters.page_flag import TIER_MEANINGS, WHY_WORDS
from service.presenters.page_sources import supports
from service.presenters.text import BASIS, TIERS
from service.web.context import context

blueprint = Blueprint("rule_pages", __name__)


@blueprint.get("/rules")
def rules() -> str:
    """List every rule by category, the gravest first."""
    known = context().service.rules()
    by_category = {
        name: sorted((rule for rule in known if rule["category"] == category), key=_gravest_first)
        for category, name in CATEGORY_DISPLAYS.items()
    }
    groups = {name: found for name, found in by_category.items() if found}
    return render_template(
        "rules.html", here="rules", groups=groups, count=len(known), pack=context().service.pack(), tiers=TIERS
    )


@blueprint.get("/rules/<path:rule_id>")
def rule(rule_id: str) -> str:
    """Show one rule: what it says, when, what it rests on, and its source attributes."""
    found = context().service.rule(rule_id)
    if found is None:
        raise NotFound
    return render_template(
        "rule.html", here="rules", rule=found, pack=context().service.pack(),
        category=CATEGORY_DISPLAYS[found["category"]], basis=BASIS, tiers=TIERS, meanings=TIER_MEANINGS, why=WHY_WORDS,
        supports=supports(found["sources"]),
    )  # fmt: skip


def _gravest_first(rule: Mapping[str, Any]) -> tuple[bool, int, str]:
    return not rule["active"], SEVERITIES.index(rule["severity"]), rule["title"]
