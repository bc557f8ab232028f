"""What the screen is told of an advisory: facts, unknowns, sources, the timeline, the order of deciding."""

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from schemas.override_reasons import DISPLAYS
from schemas.profile import Kidney, Labs, Quantity
from schemas.review import AGREE, OPEN, OVERRIDE, KeptAdvisory, Standing, Summary
from service.knowledge.load import load_pack
from service.presenters.page_advisory import SIGN_OFF, AdvisoryView, Around, advisory_view
from service.presenters.page_attributes import NOT_USED, source_attributes
from service.presenters.page_facts import fact_rows
from service.presenters.page_results import CURRENT, STALE
from service.presenters.page_sources import Library
from service.presenters.page_timeline import Timeline, timeline
from service.presenters.passages import Passages
from service.presenters.reading import Reading, reading_of
from service.wiring.answering import FHIR, PROFILE, Answering

EXAMPLES = Path(__file__).parents[2] / "examples"
NOW = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)
KIDNEY = "kidney/magnesium-with-impaired-kidney"
PASSAGE = "The passage itself."


@pytest.fixture(scope="module")
def answering() -> Answering:
    return Answering(load_pack(), Passages())


def read(answering: Answering, name: str, kind: str = PROFILE) -> tuple[KeptAdvisory, Reading]:
    body = (EXAMPLES / name).read_bytes()
    understood = answering.understand(body, kind, NOW.date())
    advisory = answering.assess(understood, NOW.date(), explain=True)
    text = answering.writer.advisory(replace(advisory, not_raised=None), "a1", "2026-11-21T09:30:00Z")
    pack, count = answering.pack, len(advisory.flags)
    summary = Summary("a1", NOW, NOW.date(), OPEN, 1, understood.profile.patient.id, understood.label, None, count, 0,
                      count, pack.version, pack.sha256)  # fmt: skip
    facts = answering.assessor.facts(understood.profile, NOW.date())
    return KeptAdvisory(summary, kind, body, text, 1), reading_of(understood.profile, facts, advisory, is_same=True)


def view(
    answering: Answering, name: str, kind: str = PROFILE, decisions: Mapping[str, Standing] | None = None
) -> AdvisoryView:
    kept, reading = read(answering, name, kind)
    return advisory_view(replace(kept, decisions=decisions or {}), Around(reading, Library(Passages())))


def standing(rule: str, choice: str = AGREE) -> Standing:
    return Standing(rule, choice, "cds-not-applicable" if choice == OVERRIDE else None, None, "A. Clinician", NOW)


def test_flags_stand_by_severity_then_tier(answering: Answering) -> None:
    groups = view(answering, "ckd-g4-oxide.json").groups
    assert [group.severity for group in groups] == ["critical", "warning", "info"]
    tiers = [tier.flags[0].tier for tier in groups[2].tiers]
    assert tiers == sorted(tiers)
    assert tiers[0] == ""
    assert sum(len(group.flags) for group in groups) == 30


def test_the_banner_says_whose_of_when_and_by_which_rules(answering: Answering) -> None:
    banner = view(answering, "ckd-g4-oxide.json").banner
    assert (banner.name, banner.age, banner.sex) == ("example-ckd", "74 years", "female")
    assert banner.data == "newest result 30 Oct 2026, 22 days old"
    assert (banner.pack_sha256, banner.is_reviewed) == (answering.pack.sha256, False)


def test_without_the_rules_of_that_day_the_answer_is_still_shown(answering: Answering) -> None:
    kept, _ = read(answering, "kidney-unknown-ppi-loop.json")
    bare, full = advisory_view(kept, Around(None, Library(Passages()))), view(answering, "kidney-unknown-ppi-loop.json")
    assert [flag.title for flag in bare.flags] == [flag.title for flag in full.flags]
    assert [group.anchor for group in bare.unknowns] == [group.anchor for group in full.unknowns]
    assert [item.anchor for item in bare.items] == [item.anchor for item in full.items]
    assert (bare.clear, bare.not_raised, bare.timeline) == (None, None, None)
    assert all(flag.condition is None for flag in bare.flags)


def test_where_the_answer_would_be_another_today_no_clause_is_marked(answering: Answering) -> None:
    kept, reading = read(answering, "ckd-g4-oxide.json")
    shown = advisory_view(kept, Around(replace(reading, is_same=False), Library(Passages())))
    assert all(flag.condition is None for flag in shown.flags)
    assert not shown.is_same


def test_deciding_leads_down_the_page_then_to_what_was_left_out_then_to_the_sign_off(answering: Answering) -> None:
    shown = view(answering, "ckd-g4-oxide.json")
    first, second, *_, last = shown.items
    assert shown.next_after(first.rules) == second.anchor
    assert shown.next_after(last.rules) == first.anchor
    all_of_them = {rule: standing(rule) for item in shown.items for rule in item.rules}
    done = view(answering, "ckd-g4-oxide.json", decisions=all_of_them)
    assert (done.left, done.next_after(first.rules), done.undecided_count) == ((), SIGN_OFF, 0)


def test_a_flag_that_waits_for_two_things_is_left_once(answering: Answering) -> None:
    shown = view(answering, "kidney-unknown-ppi-loop.json")
    rules = [rule for item in shown.left for rule in item.rules]
    assert set(rules) == {flag["rule"] for flag in shown.answer["flags"]}
    group = shown.unknowns[0]
    decided = view(answering, "kidney-unknown-ppi-loop.json", decisions={rule: standing(rule) for rule in group.rules})
    assert decided.undecided_count == shown.undecided_count - len(group.rules)
    assert group.anchor not in [item.anchor for item in decided.left]


def test_a_standing_decision_is_told_in_the_words_of_its_reason(answering: Answering) -> None:
    shown = view(answering, "ckd-g4-oxide.json", decisions={KIDNEY: standing(KIDNEY, OVERRIDE)})
    decided = shown.decided[KIDNEY]
    assert (decided.words, decided.reason) == ("Overridden", DISPLAYS["cds-not-applicable"])


def test_what_is_unknown_says_name_code_unit_and_how_recent(answering: Answering) -> None:
    first = view(answering, "kidney-unknown-ppi-loop.json").unknowns[0]
    (needed,) = first.needed
    assert (first.severity, first.reason) == ("warning", "without a usable unit")
    assert (needed.name, needed.codes[0], needed.ucum) == (
        "Estimated glomerular filtration rate", "98980-6", "mL/min/{1.73_m2}"
    )  # fmt: skip
    assert needed.recent == "of 21 Nov 2025 or later: at most 365 days old on 21 Nov 2026"


def test_one_unrecognised_medicine_is_one_item_that_names_it(answering: Answering) -> None:
    shown = view(answering, "brand-names-only.json")
    (item,) = [group for group in shown.unknowns if group.reason == "not recognised"]
    assert (item.name, item.text) == ("“Zyvorol”", "Zyvorol")
    assert len(item.waiting) > 50


def test_every_flag_that_cannot_be_answered_waits_somewhere(answering: Answering) -> None:
    for name, kind in (("fhir/awkward.bundle.json", FHIR), ("brand-names-only.json", PROFILE)):
        shown = view(answering, name, kind)
        waiting = {rule for group in shown.unknowns for rule in group.rules}
        assert waiting == {flag["rule"] for flag in shown.answer["flags"] if flag["outcome"] != "raised"}
        assert len({group.anchor for group in shown.unknowns}) == len(shown.unknowns)


BECAUSE: dict[str, Any] = {"fact": "labs.magnesium", "value": Decimal("1.9"), "unit": "mg/dL", "date": "2026-08-01",
                           "at": "/labs/magnesium", "source": None, "age_days": Decimal(112)}  # fmt: skip


def test_a_fact_shows_what_it_was_before_conversion_and_its_age_against_the_window(answering: Answering) -> None:
    (row,) = fact_rows([BECAUSE], answering.pack)
    assert (row.value, row.unit, row.original) == ("0.782", "mmol/L", "1.9 mg/dL")
    assert (row.age, row.window, row.is_late) == (112, 90, True)


def test_a_fact_in_a_unit_that_cannot_be_read_is_shown_as_it_came(answering: Answering) -> None:
    (row,) = fact_rows([BECAUSE | {"unit": "<b>mg</b>"}], answering.pack)
    assert (row.value, row.unit, row.original) == ("1.9", "<b>mg</b>", "")


def test_what_a_fact_means_is_said_once(answering: Answering) -> None:
    first, second = fact_rows([BECAUSE, BECAUSE], answering.pack)
    assert (bool(first.meaning), second.meaning) == (True, "")


def drawn(answering: Answering, *results: tuple[int | None, str | None, str]) -> Timeline:
    """Return the timeline of eGFR results: days before today (None: no date), value, unit."""
    _, reading = read(answering, "nothing-to-say.json")
    made = [
        Quantity(f"/entry/{index}", None if value is None else Decimal(value), unit,
                 None if days is None else NOW.date() - timedelta(days=days))
        for index, (days, value, unit) in enumerate(results)
    ]  # fmt: skip
    kidney = Kidney(egfr=replace(made[0], earlier=tuple(made[1:])))
    profile = replace(reading.profile, kidney=kidney, labs=Labs())
    facts = answering.assessor.facts(profile, NOW.date())
    found = timeline(replace(reading, profile=profile, facts=facts))
    assert found is not None
    return found


def test_the_timeline_draws_what_has_a_number_and_a_day_and_tells_the_rest_as_a_table(answering: Answering) -> None:
    unit = "mL/min/{1.73_m2}"
    found = drawn(answering, (10, "40", unit), (400, "70", unit), (None, "50", unit), (20, "58", ""), (-3, "9", unit))
    (chart,) = found.charts
    assert [(point.label, point.kind) for point in chart.points] == [("70", "stale"), ("40", "reported")]
    assert [point.x for point in chart.points] == sorted(point.x for point in chart.points)
    assert chart.points[0].x < chart.stale_to < chart.points[1].x
    assert {limit.label for limit in chart.limits} == {"eGFR impaired below 60", "eGFR severely impaired below 30"}
    states = [row.state for row in found.results]
    assert states[:3] == [STALE, "not usable: no unit that can be read", CURRENT]
    assert states[3:] == ["not usable: dated in the future", "without a date: it reassures of nothing"]


def test_everything_drawn_lies_within_the_drawing(answering: Answering) -> None:
    unit = "mL/min/{1.73_m2}"
    found = drawn(answering, (0, "0", unit), (1, "250", unit), (9999, "3", unit))
    for chart in found.charts:
        for point in chart.points:
            assert found.left <= point.x <= found.right
            assert 0 <= point.y <= found.height
    assert len(found.ticks) <= 13


def test_a_medicine_without_a_start_is_an_open_bar(answering: Answering) -> None:
    kept, reading = read(answering, "fhir/ckd-g4-oxide.bundle.json", FHIR)
    told = frozenset(each["at"] for flag in json.loads(kept.answer)["flags"] for each in flag["because"])
    found = timeline(reading, told)
    assert found is not None
    assert {(bar.name, bar.is_open) for bar in found.bars} >= {("magnesium oxide", True), ("omeprazole", False)}


def test_a_passage_is_shown_inside_its_paragraph_without_what_may_not_be_shown(tmp_path: Path) -> None:
    text = "A title\nBefore it. The passage itself. Behind it. Take 400 mg twice a day.\nAnother line."
    (tmp_path / "d.txt").write_text(text, encoding="utf-8")
    claim = next(claim for claim in load_pack().claims.values() if claim.locations)
    start = text.index(PASSAGE)
    at = replace(
        claim.locations[0],
        document="d.txt",
        start=start,
        end=start + len(PASSAGE),
        sha256=sha256(PASSAGE.encode()).hexdigest(),
    )
    found = Passages(tmp_path).quoted(at)
    assert found is not None
    assert (found.before, found.passage) == ("Before it. ", PASSAGE)
    assert found.after == " Behind it.  […] "
    hidden = Passages(tmp_path).quoted(at, [(text.index("Before"), text.index("Before") + 3)])
    assert hidden is not None
    assert hidden.before == " […] "
    assert Passages(tmp_path).quoted(replace(at, sha256="0" * 64)) is None


def test_the_thirteen_attributes_say_what_is_not_used(answering: Answering) -> None:
    for rule in answering.pack.rules:
        found = source_attributes(rule, answering.pack)
        assert len({each.name for each in found}) == 13
        assert all(each.text for each in found)
    named = {rule.id: rule for rule in answering.pack.rules}
    kidney, plain = (
        {each.name: each.text for each in source_attributes(named[known], answering.pack)}
        for known in (KIDNEY, "evidence/diabetic-neuropathy-oral")
    )
    for start in ("Use of sex as", "Use of date of birth"):
        assert next(text for name, text in kidney.items() if name.startswith(start)).startswith("Used")
        assert next(text for name, text in plain.items() if name.startswith(start)) == NOT_USED
    assert next(text for name, text in plain.items() if name.startswith("Use of race")) == NOT_USED
