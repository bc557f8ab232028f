"""What cards say of an advisory, and which cards there are."""

import itertools
import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from schemas.override_reasons import SYSTEM
from schemas.profile import Open
from service.assess import Advisory, Assessor
from service.intake.profile import receive, received
from service.knowledge.dose_guard import without_doses
from service.knowledge.load import load_pack
from service.presenters.card_open import MOST_UNRECOGNISED
from service.presenters.cards import MOST_OWN, PROVENANCE, Card, CardWriter, OrderSeen
from service.presenters.empties import without_empties
from service.presenters.plain import DoseFound

EXAMPLES = Path(__file__).parents[2] / "examples"
TODAY = date(2026, 11, 21)
BASE = "https://cds.example/magflag"
PACK = load_pack()
RULES = {rule.id: rule for rule in PACK.rules}
ASSESSOR = Assessor(PACK)
WRITER = CardWriter(PACK, BASE)
ABSENT = Open("key_absent", "/prefetch/kidney", "The EHR did not send kidney.")
OXIDE = OrderSeen("MedicationRequest/7", "/supplements/0", "Magnesium *oxide* 400 MG Oral Tablet", True)


def example(name: str) -> Advisory:
    found = receive((EXAMPLES / f"{name}.json").read_bytes(), TODAY)
    return ASSESSOR.assess(found.profile, found.profile.as_of or TODAY, found.sha256)


def assessed(data: dict[str, Any]) -> Advisory:
    found = received(data, TODAY)
    return ASSESSOR.assess(found.profile, TODAY, found.sha256)


def cards(
    advisory: Advisory, hook: str = "order-sign", orders: Sequence[OrderSeen] = (), told: Sequence[Open] = ()
) -> list[Card]:
    numbers = itertools.count()
    return WRITER.cards(advisory, hook, orders, told, lambda: f"uuid-{next(numbers)}", "2026-11-21T09:30:00Z")


def only(found: list[Card], kind: str) -> Card:
    (card,) = [card for card in found if card.kind == kind]
    return card


def text(card: Card) -> str:
    return str(card.body["detail"])


def test_nothing_raised_and_nothing_open_is_no_card() -> None:
    assert WRITER.response(cards(example("nothing-to-say"))) == b'{"cards":[]}'


def test_what_the_record_left_open_is_a_card_even_where_nothing_else_is() -> None:
    card = only(cards(example("nothing-to-say"), told=[ABSENT]), "cannot_say")
    assert "**kidney** not sent by the EHR: The EHR did not send kidney." in text(card)
    assert card.body["indicator"] == "info"
    assert card.body["extension"][PROVENANCE]["missing"] == [{"reason": "key_absent", "at": "/prefetch/kidney"}]


def test_what_was_left_aside_on_purpose_makes_no_card_by_itself() -> None:
    settled = Open("not_used", "/prefetch/allergies", "No rule of this pack uses allergies.")
    assert cards(example("nothing-to-say"), told=[settled]) == []
    unsent = Open("key_null", "/prefetch/allergies", "The EHR sent null for allergies.")
    assert cards(example("nothing-to-say"), told=[unsent]) == []
    assert "**allergies** sent as null" in text(
        only(cards(example("nothing-to-say"), told=[unsent, ABSENT]), "cannot_say")
    )
    assert "No rule of this pack" in text(only(cards(example("nothing-to-say"), told=[settled, ABSENT]), "cannot_say"))


def test_each_way_of_not_being_known_has_words_of_its_own() -> None:
    reasons = ["key_absent", "key_null", "key_error", "unread_page", "fetch_failed", "fetch_late", "skipped"]
    told = [replace(ABSENT, reason=reason, detail="") for reason in reasons]
    lines = [line for line in text(only(cards(example("nothing-to-say"), told=told), "cannot_say")).splitlines()
             if line.startswith("- ")]  # fmt: skip
    assert len(set(lines)) == len(reasons)
    assert not [line for line in lines if "_" in line]


def test_cautions_and_interactions_have_their_own_card_and_the_rest_is_joined() -> None:
    found = cards(example("ckd-g4-oxide"))
    kinds = [card.kind for card in found]
    assert kinds.count("evidence") == kinds.count("other") == kinds.count("cannot_say") == 1
    own = {card.rules[0]: card for card in found if card.kind == "flag"}
    assert own["kidney/magnesium-with-impaired-kidney"].body["indicator"] == "critical"
    # A critical flag has its own card whatever its category.
    assert "kidney/oral-magnesium-needs-review-in-kidney-disease" in own
    assert len(only(found, "evidence").rules) > 1


def test_a_card_of_its_own_says_what_was_seen_checked_and_not_covered() -> None:
    (card,) = [c for c in cards(example("ckd-g4-oxide")) if c.rules == ("kidney/magnesium-with-impaired-kidney",)]
    detail = text(card)
    assert r"kidney egfr: 22 mL\/min\/\{1\.73\_m2\}, 2026-10-30 (22 days old) (/kidney/egfr)" in detail
    for part in ("**Seen**", "**To check**", "**Does not cover**", "no clinician has reviewed", "Evaluated for 2026"):
        assert part in detail
    own = card.body["extension"][PROVENANCE]
    assert (own["ruleVersion"], own["ruleSetDigest"]) == (1, PACK.sha256)
    assert own["ruleDigest"] == RULES[own["ruleId"]].digest
    assert own["evaluatedAt"] == "2026-11-21T09:30:00Z"
    egfr = {"fact": "kidney.egfr", "value": 22, "unit": "mL/min/{1.73_m2}", "effective": "2026-10-30"}
    assert egfr | {"at": "/kidney/egfr"} in own["inputs"]
    assert card.body["links"][0]["url"] == f"{BASE}/rules/kidney/magnesium-with-impaired-kidney"


def test_a_joined_card_says_for_machines_which_rules_in_which_wording_and_on_what_they_rest() -> None:
    for card in cards(example("ckd-g4-oxide")):
        named = card.body["extension"][PROVENANCE].get("rules", [])
        assert [each["ruleDigest"] for each in named] == [RULES[each["ruleId"]].digest for each in named]
        tiers = [rule.evidence.tier for rule in map(RULES.get, card.rules) if rule and rule.evidence]
        assert card.kind == "flag" or [each["evidenceTier"] for each in named if "evidenceTier" in each] == tiers
        if card.kind in ("evidence", "other", "more"):
            assert [each["citations"][0]["claim"] for each in named] == [RULES[known].claims[0] for known in card.rules]


def test_the_evidence_card_gives_tier_direction_and_the_independent_look() -> None:
    detail = text(only(cards(example("ckd-g4-oxide")), "evidence"))
    assert "Tier D, very low; direction: benefit." in detail
    assert "An independent look: not corroborated." in detail


def test_a_card_names_the_order_it_is_about_and_leaves_out_its_strength() -> None:
    found = cards(example("ckd-g4-oxide"), orders=[OXIDE])
    about = [card for card in found if "**About the order:** Magnesium \\*oxide\\* … Oral Tablet" in text(card)]
    assert about
    assert all(card.body["extension"][PROVENANCE]["orders"] == ["MedicationRequest/7"] for card in about)
    rest = [card for card in found if card not in about]
    assert rest
    assert all("orders" not in card.body["extension"][PROVENANCE] for card in rest)


def test_an_order_is_known_by_the_reference_of_a_fact_too() -> None:
    advisory = example("ckd-g4-oxide")
    elsewhere = replace(OXIDE, at="/context/draftOrders/entry/0/resource")
    flags = tuple(
        replace(flag, because=tuple(replace(each, source="MedicationRequest/7") for each in flag.because))
        for flag in advisory.flags
    )
    found = cards(replace(advisory, flags=flags), orders=[elsewhere])
    assert "**About the order:**" in text(found[0])


def test_an_order_without_a_name_is_named_by_its_reference() -> None:
    found = cards(example("ckd-g4-oxide"), orders=[replace(OXIDE, name=None)])
    assert "**About the order:** MedicationRequest/7" in text(found[0])


def test_cards_about_a_selected_order_come_first_among_equals() -> None:
    other = OrderSeen("MedicationRequest/8", "/medications/1", "Gabapentin", False)
    chosen = replace(other, selected=True)
    warnings = [
        [
            card.rules[0]
            for card in cards(example("ckd-g4-oxide"), orders=[order])
            if card.body["indicator"] == "warning"
        ]
        for order in (other, chosen)
    ]
    assert warnings[1][0] == "reference-interactions/gabapentin-with-oral-magnesium"
    assert sorted(warnings[0]) == sorted(warnings[1])


def test_opening_a_chart_is_critical_only_for_what_is_in_use() -> None:
    product = {"nutrient": "magnesium", "form": "oxide", "route": "oral"}
    kidney = {"egfr": {"value": 22, "unit": "mL/min/{1.73_m2}", "date": "2026-10-30"}}
    for status, hook, wanted in (
        ("current", "patient-view", "critical"),
        ("considered", "patient-view", "warning"),
        ("considered", "order-sign", "critical"),
    ):
        advisory = assessed({"kidney": kidney, "supplements": [{**product, "status": status}]})
        (card,) = [c for c in cards(advisory, hook) if c.rules == ("kidney/magnesium-with-impaired-kidney",)]
        assert card.body["indicator"] == wanted


def test_a_medicine_in_use_makes_a_considered_product_no_critical_card_of_an_opened_chart() -> None:
    product = {"nutrient": "magnesium", "form": "citrate", "route": "oral", "status": "considered"}
    raltegravir = [{"text": "raltegravir", "route": "oral"}]
    advisory = assessed({"medications": raltegravir, "supplements": [product]})
    for hook, wanted in (("patient-view", "warning"), ("order-sign", "critical")):
        found = {card.rules[0]: card.body["indicator"] for card in cards(advisory, hook) if card.kind == "flag"}
        assert found["reference-interactions/raltegravir-with-oral-magnesium"] == wanted


def test_beyond_ten_the_lightest_are_joined_and_none_is_lost() -> None:
    advisory = example("toxicity-signs")
    found = cards(advisory)
    assert sum(card.kind == "flag" for card in found) == MOST_OWN
    more = only(found, "more")
    own = {flag.rule.id: flag for flag in advisory.flags}
    ranks = {"critical": 0, "warning": 1, "info": 2}
    gravest = [ranks[own[card.rules[0]].severity] for card in found if card.kind == "flag"]
    assert max(gravest) <= min(ranks[own[rule].severity] for rule in more.rules)
    assert all(own[rule].rule.title in text(more) for rule in more.rules)


def test_general_notes_ride_along_and_make_no_card_by_themselves() -> None:
    advisory = example("ckd-g4-oxide")
    note = "process/magnesium-under-supervision"
    assert note in only(cards(advisory), "other").rules
    alone = replace(advisory, flags=tuple(flag for flag in advisory.flags if flag.rule.id == note))
    assert cards(alone) == []


def test_a_confirmed_result_is_no_general_note() -> None:
    advisory = assessed({"labs": {"magnesium": {"value": 0.5, "unit": "mmol/L", "interpretation": "low",
                                                "date": "2026-11-01"}}})  # fmt: skip
    rule = "process/low-magnesium-confirmed"
    alone = replace(advisory, flags=tuple(flag for flag in advisory.flags if flag.rule.id == rule))
    assert [card.kind for card in cards(alone)] == ["other"]


def test_what_cannot_be_said_is_one_card_by_what_is_missing() -> None:
    (card,) = cards(assessed({}))
    assert card.kind == "cannot_say"
    assert card.body["indicator"] == "warning"
    assert card.body["summary"].startswith("Cannot say for ")
    waiting = [line for line in text(card).splitlines() if line.startswith("- **supplements** not supplied")]
    assert len(waiting) == 1
    assert "points wait for it: " in waiting[0]


def test_what_no_hook_can_bring_is_told_and_warns_of_nothing() -> None:
    chart = json.loads((EXAMPLES / "nothing-to-say.json").read_text(encoding="utf-8"))
    chart["supplements"] = ["magnesium oxide"]
    without = {part: chart[part] for part in chart if part != "signs"}
    card = only(cards(assessed(without)), "cannot_say")
    assert "**signs** not supplied" in text(card)
    assert card.body["indicator"] == "info"
    assert only(cards(assessed({**without, "kidney": None})), "cannot_say").body["indicator"] == "warning"


def test_unrecognised_entries_are_named_up_to_a_limit_with_the_rest_counted() -> None:
    entries = [f"<b>zz{number}</b> 20 mg" for number in range(MOST_UNRECOGNISED + 30)]
    detail = text(only(cards(assessed({"medications": [], "signs": entries, "supplements": []})), "cannot_say"))
    assert r"&lt;b&gt;zz0&lt;\/b&gt; …" in detail
    assert "<b>" not in detail
    assert "20 mg" not in detail
    assert " more\n" in f"{detail}\n"


def test_every_card_can_be_answered() -> None:
    found = cards(example("toxicity-signs"))
    uuids = [card.uuid for card in found] + [card.body["suggestions"][0]["uuid"] for card in found]
    assert len(set(uuids)) == len(uuids)
    for card in found:
        assert card.body["selectionBehavior"] == "at-most-one"
        assert [set(suggestion) for suggestion in card.body["suggestions"]] == [{"label", "uuid"}]
        assert {reason["system"] for reason in card.body["overrideReasons"]} == {SYSTEM}
        assert len({reason["code"] for reason in card.body["overrideReasons"]}) == 6


def test_a_writer_serves_another_address_with_the_same_words() -> None:
    advisory = example("ckd-g4-oxide")
    there = WRITER.at("https://other.example/").cards(advisory, "order-sign", [], [], lambda: "u")
    here = WRITER.cards(advisory, "order-sign", [], [], lambda: "u")
    assert json.dumps([card.body for card in there]).replace("https://other.example", BASE) == json.dumps(
        [card.body for card in here]
    )


def test_the_same_advisory_gives_the_same_bytes() -> None:
    assert WRITER.response(cards(example("toxicity-signs"))) == WRITER.response(cards(example("toxicity-signs")))
    assert "\\u" not in json.dumps(json.loads(WRITER.response(cards(assessed({})))), ensure_ascii=False)


def test_a_dose_in_a_rule_stops_the_writer_and_a_dose_in_a_sentence_stops_the_answer() -> None:
    rule = replace(PACK.active_rules[0], detail="Give 400 mg twice a day.")
    with pytest.raises(DoseFound):
        CardWriter(replace(PACK, rules=(rule,)), BASE)
    with pytest.raises(DoseFound):
        cards(example("nothing-to-say"), told=[replace(ABSENT, detail="Take 400 mg.")])


def test_empties_go_and_what_says_no_stays() -> None:
    data = {"a": None, "b": "", "c": [], "d": {}, "e": [None, {"f": ""}], "g": False, "h": 0, "i": {"j": [1, None]}}
    assert without_empties(data) == {"g": False, "h": 0, "i": {"j": [1]}}


def test_a_records_words_lose_their_amounts_and_keep_their_brand() -> None:
    assert without_doses("Magnesium oxide 400 MG Oral Tablet, 2 tablets twice a day") == (
        "Magnesium oxide  …  Oral Tablet,  …   …"
    )
    assert without_doses("One A Day tablets") == "One A Day tablets"
