"""Whatever the profile, every response is one that a strict client takes, and nothing in it is active or lost.

The checks are those of CDS Hooks 2.0 and of the Inferno Da Vinci CRD test kit for cards.
"""

import itertools
import json
import re
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from schemas.profile import Open
from service.assess import Advisory
from service.knowledge.dose_guard import doses_in
from service.presenters.cards import MOST_OWN, PROVENANCE, Card, CardWriter, OrderSeen
from service.presenters.empties import is_empty
from tests.properties.test_real_pack import PACK, PROFILES, assess

BASE = "https://cds.example"
WRITER = CardWriter(PACK, BASE)
RENDERER = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
HOOKS = st.sampled_from(["patient-view", "order-select", "order-sign", "encounter-discharge"])
NAMES = st.one_of(st.none(), st.text(max_size=40), st.sampled_from(["<img src=x>", "[a](http://b.example) 400 mg"]))
ORDERS = st.lists(
    st.builds(
        OrderSeen,
        reference=st.one_of(st.none(), st.sampled_from(["MedicationRequest/1", "MedicationRequest/2"])),
        at=st.sampled_from(["/medications/0", "/supplements/0", "/context/draftOrders/entry/0/resource"]),
        name=NAMES,
        selected=st.booleans(),
    ),
    max_size=2,
)
TOLD = st.lists(
    st.builds(
        Open,
        reason=st.sampled_from(["key_absent", "key_null", "key_error", "unread_page", "fetch_late", "something_new"]),
        at=st.sampled_from(["/prefetch/kidney", "/prefetch/conditions", ""]),
        detail=st.sampled_from(["The EHR did not send it.", ""]),
    ),
    max_size=3,
)
RANKS = {"critical": 0, "warning": 1, "info": 2}
TAGS = {"<p>", "<ul>", "<li>", "<strong>"}
MEMBERS = {
    "uuid", "summary", "detail", "indicator", "source", "suggestions", "selectionBehavior", "overrideReasons", "links",
    "extension",
}  # fmt: skip


def empties(value: Any, at: str = "") -> list[str]:
    if is_empty(value):
        return [at]
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [place for key, each in inner for place in empties(each, f"{at}/{key}")]


def check_summary(card: dict[str, Any]) -> None:
    summary = card["summary"]
    assert 0 < len(summary.encode("utf-16-le")) // 2 <= 139
    assert summary.isprintable()
    assert summary.strip() == summary
    assert not list(doses_in(summary))


def check_members(card: dict[str, Any]) -> None:
    assert set(card) == MEMBERS
    UUID(card["uuid"])
    assert card["indicator"] in RANKS
    assert {"code", "system", "display"} <= set(card["source"]["topic"])
    assert card["selectionBehavior"] in ("at-most-one", "any")
    for suggestion in card["suggestions"]:
        assert set(suggestion) == {"label", "uuid"}
    for reason in card["overrideReasons"]:
        assert set(reason) == {"code", "system", "display"}
    for link in card["links"]:
        assert set(link) == {"label", "url", "type"}
        assert link["type"] == "absolute"
        assert urlsplit(link["url"])[:2] == ("https", "cds.example")
        assert not urlsplit(link["url"]).query
    own = card["extension"][PROVENANCE]
    assert {"ruleSetVersion", "ruleSetDigest", "evaluatedAt"} <= set(own)


def check_detail(card: dict[str, Any]) -> None:
    html = RENDERER.render(card["detail"])
    assert set(re.findall(r"<[^/][^>]*>", html)) <= TAGS
    assert "://" not in html
    assert not re.search(r"www\.\S", html)


def without_the_record(detail: str) -> str:
    """Return what we say ourselves: a record's own units and names stand in the facts lines, and on the first line."""
    parts = [part for part in detail.split("\n\n") if not part.startswith("**About the order:**")]
    kept = [
        part for before, part in zip(["", *parts], parts, strict=False) if before not in ("**Seen**", "**Not known**")
    ]
    return "\n\n".join(kept)


def check_nothing_is_lost(advisory: Advisory, cards: list[Card]) -> None:
    told = {rule for card in cards for rule in card.rules}
    spoke = {flag.rule.id for flag in advisory.flags}
    assert told == (spoke if cards else set())
    is_open = any(flag.outcome == "cannot_say" for flag in advisory.flags) or advisory.unrecognised
    assert bool(is_open) <= any(card.kind == "cannot_say" for card in cards)
    # A call without a card has nothing raised but general notes of conduct.
    assert cards or {flag.rule.category for flag in advisory.flags} <= {"process"}


@settings(max_examples=250, deadline=None)
@given(data=PROFILES, hook=HOOKS, orders=ORDERS, told=TOLD)
def test_every_response_is_one_a_strict_client_takes(
    data: dict[str, Any], hook: str, orders: list[OrderSeen], told: list[Open]
) -> None:
    advisory, numbers = assess(data), itertools.count()
    cards = WRITER.cards(advisory, hook, orders, told, lambda: str(UUID(int=next(numbers))), "2026-11-21T09:30:00Z")
    response = json.loads(WRITER.response(cards))
    assert set(response) == {"cards"}
    assert [place for card in response["cards"] for place in empties(card)] == []
    for card in response["cards"]:
        check_summary(card)
        check_members(card)
        check_detail(card)
        assert not list(doses_in(without_the_record(card["detail"])))
    check_nothing_is_lost(advisory, cards)
    assert bool(told) <= bool(cards)
    ranks = [RANKS[card["indicator"]] for card in response["cards"]]
    assert ranks == sorted(ranks)
    assert sum(card.kind == "flag" for card in cards) <= MOST_OWN
    assert len(cards) <= MOST_OWN + 4


@settings(max_examples=60, deadline=None)
@given(data=PROFILES)
def test_an_opened_chart_is_critical_only_for_a_critical_flag_about_something_in_use(data: dict[str, Any]) -> None:
    advisory = assess(data)
    in_use = {
        flag.rule.id for flag in advisory.flags
        if flag.severity == "critical" and any(each.origin == "current" for each in flag.because)
    }  # fmt: skip
    for card in WRITER.cards(advisory, "patient-view", [], [], lambda: "u"):
        assert (card.body["indicator"] == "critical") == (bool(set(card.rules) & in_use) and card.kind != "cannot_say")
