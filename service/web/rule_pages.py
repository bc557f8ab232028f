"""The rules as pages for people: what a card links to. Nothing here is about a patient, and the address says nothing.

Every text is the rule's own, guarded when the rules were loaded. Limits stand without their units: laboratory values
with units belong to a patient's facts only (contract, section 2).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, render_template
from werkzeug.exceptions import NotFound

from schemas.canonical import CATEGORY_DISPLAYS
from service.assess.reasons import RELATION_WORDS
from service.assess.wording import in_words
from service.knowledge.model import SEVERITIES
from service.presenters.text import BASIS, TIERS
from service.web.context import context

blueprint = Blueprint("rule_pages", __name__)
GROUPS = {"all": "all of", "any": "at least one of", "not": "it is not so that"}


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a condition, and what stands below it."""

    text: str
    parts: tuple["Line", ...] = ()


@dataclass(frozen=True, slots=True)
class Support:
    """One claim as a rule uses it: our paraphrase, whether it speaks for or against, and where it stands."""

    claim: str
    stance: str
    statement: str
    places: list[dict[str, Any]]


@blueprint.get("/rules")
def rules() -> str:
    """List every rule by category, the gravest first."""
    known = context().service.rules()
    by_category = {
        name: sorted((rule for rule in known if rule["category"] == category), key=_gravest_first)
        for category, name in CATEGORY_DISPLAYS.items()
    }
    groups = {name: found for name, found in by_category.items() if found}
    return render_template("rules.html", groups=groups, count=len(known), pack=context().service.pack())


@blueprint.get("/rules/<path:rule_id>")
def rule(rule_id: str) -> str:
    """Show one rule: what it says, when, and what it rests on."""
    found = context().service.rule(rule_id)
    if found is None:
        raise NotFound
    pack = context().service.pack()
    limits = {row["id"]: row for row in pack.get("policy", ())}
    return render_template(
        "rule.html", rule=found, pack=pack, category=CATEGORY_DISPLAYS[found["category"]], basis=BASIS, tiers=TIERS,
        condition=line_of(found["condition"]["when"], limits), supports=supports(found["sources"]),
    )  # fmt: skip


def _gravest_first(rule: Mapping[str, Any]) -> tuple[bool, int, str]:
    return not rule["active"], SEVERITIES.index(rule["severity"]), rule["title"]


def line_of(written: Any, limits: Mapping[str, Mapping[str, Any]]) -> Line:
    """Return a condition as its author wrote it, in words; `limits` are the conventions by id."""
    if isinstance(written, str):
        return Line(in_words(written))
    for name, words in GROUPS.items():
        if name in written:
            inner = written[name] if isinstance(written[name], list) else [written[name]]
            return Line(words, tuple(line_of(part, limits) for part in inner))
    if "unknown" in written:
        return Line(f"nothing usable is known of {in_words(written['unknown'])}")
    return Line(_test(written, limits))


def _test(written: Mapping[str, Any], limits: Mapping[str, Mapping[str, Any]]) -> str:
    fact = in_words(written["fact"])
    for relation, words in RELATION_WORDS.items():
        if relation in written:
            return f"{fact} {words} {_limit(written[relation], limits)}"
    wanted = written.get("any_of", [written.get("is")])
    return f"{fact} is {' or '.join('no' if word is False else 'yes' if word is True else word for word in wanted)}"


def _limit(written: Any, limits: Mapping[str, Mapping[str, Any]]) -> str:
    if not isinstance(written, Mapping):
        return str(written)
    if "policy" not in written:
        return str(written["value"])
    row = limits[written["policy"]]
    return f"{row['value']:g} (a convention of this project: {in_words(row['id'])})"


def supports(sources: Iterable[Mapping[str, Any]]) -> list[Support]:
    """Return the sources of a rule, grouped by claim, those that contrast after those that support."""
    found: dict[str, Support] = {}
    for source in sources:
        claim, stance = source["claim"], source["stance"]
        support = found.setdefault(claim, Support(claim, stance, source["statement"] or "", []))
        support.places.append(dict(source) | {"link": _link(source.get("address"))})
    return sorted(found.values(), key=lambda support: support.stance != "supports")


def _link(address: str | None) -> str | None:
    """Return an address that may stand in a link; of any other only the words are shown."""
    return address if address and address.startswith(("https://", "http://")) else None
