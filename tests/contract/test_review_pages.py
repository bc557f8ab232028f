"""The clinician's screen with JavaScript off: everything is said, decided, signed and found with plain forms."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from schemas.override_reasons import DISPLAYS
from service.knowledge.dose_guard import dose_in
from service.presenters.page_words import SEVERITY_WORDS
from tests.contract.screen import BASE, Page, Screen

EXAMPLES = Path(__file__).parents[2] / "examples"
KIDNEY = "flag-kidney-magnesium-with-impaired-kidney"
HOSTILE = ["<img src=x onerror=alert(1)>", "'\"><script>alert(1)</script>", "{{ 7 * 7 }}", "\u202egnihtemos", "x" * 120]
ATTRIBUTES = re.compile(r"(?:on\w+|style)")


@pytest.fixture
def screen(client: FlaskClient) -> Screen:
    return Screen(client)


def example(name: str, known: str, **changes: Any) -> str:
    """Return an example with an id of its own, so that no test takes the place of another's advisory."""
    record = json.loads((EXAMPLES / f"{name}.json").read_text(encoding="utf-8")) | changes
    record["patient"]["id"] = known
    return json.dumps(record)


def answer(client: FlaskClient, address: str) -> dict[str, Any]:
    found: dict[str, Any] = client.get(f"/v1/advisories/{address.rsplit('/', 1)[-1]}").get_json()
    return found


def test_an_advisory_says_everything_that_was_answered(screen: Screen, client: FlaskClient) -> None:
    address = screen.keep(example("kidney-unknown-ppi-loop", "says"))
    page, said = screen.get(address), answer(client, address)
    raised = [flag for flag in said["flags"] if flag["outcome"] == "raised"]
    for flag in raised:
        texts = (flag["title"], flag["summary"], flag["detail"], *flag["for_review"], *flag["does_not_cover"])
        texts += tuple(source["statement"] for source in flag["sources"])
        for text in texts:
            assert " ".join(text.split()) in page.text, flag["rule"]
    for flag in said["flags"]:
        assert f"/rules/{flag['rule']}" in page.values("href")
        for gap in flag["missing"]:
            assert gap["detail"] in page.text
    assert f"{len(raised)} flags · {len(said['flags']) - len(raised)} cannot be answered" in page.text
    assert said["pack"]["sha256"] in page.values("title")
    assert "No clinician has reviewed these rules." in page.text
    assert said["notice"] in page.text


def test_every_rule_that_was_looked_at_and_not_raised_is_listed(screen: Screen, client: FlaskClient) -> None:
    address = screen.keep(example("nothing-to-say", "clear"))
    spoke = {flag["rule"] for flag in answer(client, address)["flags"]}
    active = {rule["id"] for rule in client.get("/v1/rules").get_json()["rules"] if rule["active"]}
    links = set(screen.get(address).values("href"))
    assert {f"/rules/{rule}" for rule in active - spoke} <= links


def test_what_is_missing_stands_once_with_what_is_needed(screen: Screen) -> None:
    page = screen.get(screen.keep(example("kidney-unknown-ppi-loop", "needs")))
    ids = page.values("id")
    assert ids.count("open-kidney-egfr-unit-unusable-unit") == 1
    assert "Needed: Estimated glomerular filtration rate LOINC 98980-6" in page.text
    assert "at most 365 days old on 21 Nov 2026" in page.text


def test_the_clauses_of_a_rule_are_marked(screen: Screen) -> None:
    text = screen.get(screen.keep(example("ckd-g4-oxide", "clauses"))).text
    assert "A kidney disease of any kind or stage is listed holds" in text
    assert "Dialysis is stated or listed does not hold" in text
    assert "is below 60 (a convention of this project: eGFR impaired below) holds, at least 15 and at most 22" in text


def test_severity_is_a_word_and_nothing_is_chosen_beforehand(screen: Screen) -> None:
    page = screen.get(screen.keep(example("ckd-g4-oxide", "words")))
    for form in page.decisions():
        assert form.buttons == [("choice", "agree"), ("choice", "no_action"), ("choice", "override")]
        assert (form.all("reason"), form.all("comment"), form.checked) == ([], [""], [])
    shown = {given["class"] for tag, given in page.tags if tag == "article" and "flag" in given.get("class", "")}
    assert {"flag critical", "flag warning", "flag info folded", "flag unknown info"} <= shown
    assert all(word in page.text for word in SEVERITY_WORDS.values())


def test_a_decision_leads_to_the_next_item_and_says_what_was_recorded(screen: Screen) -> None:
    page = screen.get(screen.keep(example("ckd-g4-oxide", "next")))
    address, after = screen.follow(page.about(KIDNEY), choice="agree")
    assert address.endswith("#flag-kidney-oral-magnesium-needs-review-in-kidney-disease")
    assert "Recorded: Agreed. Magnesium product with impaired kidney function." in after.text
    assert "1 of 32 decided" in after.text
    assert address.partition("#")[2] in after.values("id")
    # The same address later, or made up, does not say that something was recorded.
    assert "Recorded" not in screen.get(address.partition("?")[0]).text
    assert "Recorded" not in screen.get(address.partition("?")[0] + "?recorded=99").text


def test_an_override_without_a_reason_comes_back_with_what_was_typed(screen: Screen) -> None:
    form = screen.get(screen.keep(example("ckd-g4-oxide", "wrong"))).about(KIDNEY)
    typed = "\nSeen with <i>nephrology</i>.\n Second line."
    page = screen.sent(form, 422, choice="override", comment=typed)
    assert "There is a problem" in page.text
    link = next(link for link in page.values("href") if link.startswith("#reason-"))
    assert link[1:] in page.values("id")
    again = page.about(KIDNEY)
    assert again.all("comment") == [typed]
    assert ("details", {"class": "override", "open": ""}) in page.tags
    _, after = screen.follow(again, choice="override", reason="cds-not-applicable")
    assert f"Overridden: {DISPLAYS['cds-not-applicable']}" in after.text
    assert "Seen with <i>nephrology</i>." in after.text


def test_to_override_a_critical_flag_needs_a_comment(screen: Screen) -> None:
    form = screen.get(screen.keep(example("ckd-g4-oxide", "critical"))).about(KIDNEY)
    page = screen.sent(form, 422, choice="override", reason="cds-not-applicable")
    assert "#comment-" + KIDNEY in page.values("href")
    assert page.about(KIDNEY).all("reason") == ["cds-not-applicable"]


def test_a_form_without_a_choice_comes_back(screen: Screen) -> None:
    form = screen.get(screen.keep(example("ckd-g4-oxide", "no-choice"))).about(KIDNEY)
    assert "Choose one" in screen.sent(form, 422).text
    assert screen.send(form, choice="agree", revision="soon").status_code == 400


def test_a_stale_form_says_what_happened_and_keeps_the_text(screen: Screen) -> None:
    address = screen.keep(example("ckd-g4-oxide", "stale"))
    stale = screen.get(address).about(KIDNEY)
    other = screen.get(address).about("flag-forms-oxide-with-nerve-pain")
    screen.follow(other, choice="no_action", comment="Mine was first.")
    page = screen.sent(stale, 409, choice="override", reason="cds-not-applicable", comment="My words.")
    assert "changed while you were looking at it" in page.text
    assert "Mine was first." in page.text
    (again,) = page.decisions()
    assert (again.all("comment"), again.all("reason")) == (["My words."], ["cds-not-applicable"])
    _, after = screen.follow(again, choice="override")
    assert "My words." in after.text


def test_a_form_that_is_sent_twice_is_no_conflict_with_oneself(screen: Screen) -> None:
    form = screen.get(screen.keep(example("ckd-g4-oxide", "twice"))).about(KIDNEY)
    first, second = (screen.send(form, choice="agree", comment="Once.") for _ in range(2))
    assert (first.status_code, first.location) == (second.status_code, second.location)


def decide_everything(screen: Screen, address: str) -> Page:
    for _ in range(200):
        page = screen.get(address)
        left = [form for form in page.decisions() if "all-info" in form.all("form")]
        left = left or [form for form in page.decisions() if form.all("rule")]
        waiting = page.values("href", "a")
        if "#sign-off" in waiting and not any(form.action.endswith("/sign-off") for form in page.forms):
            target = next(link for link in waiting if link.startswith(("#flag-", "#open-")))
            screen.follow(left[0] if "all-info" in left[0].all("form") else page.about(target[1:]), choice="no_action")
        else:
            return page
    raise AssertionError("there was always something left")


def test_a_whole_review_ends_signed_and_then_takes_no_more(screen: Screen, client: FlaskClient) -> None:
    address = screen.keep(example("kidney-unknown-ppi-loop", "whole"))
    stale = screen.get(address).about("all-info")
    page = decide_everything(screen, address)
    sign = next(form for form in page.forms if form.action.endswith("/sign-off"))
    where, signed = screen.follow(sign)
    assert where.endswith("#sign-off")
    assert "Signed off by local user" in signed.text
    assert list(signed.decisions()) == []
    assert "was signed off" in screen.sent(stale, 409, choice="agree", comment="Too late.").text
    assert answer(client, address)["review"]["status"] == "signed"


def test_an_advisory_with_open_flags_cannot_be_signed(screen: Screen) -> None:
    address = screen.keep(example("ckd-g4-oxide", "early"))
    page = screen.get(address)
    assert not [form for form in page.forms if form.action.endswith("/sign-off")]
    form = page.about(KIDNEY)
    form.action = f"{address}/sign-off"
    left = screen.sent(form, 422)
    assert "There is no decision on: Magnesium product with impaired kidney function" in left.text
    assert f"#{KIDNEY}" in left.values("href")


def test_all_that_waits_for_one_thing_is_decided_at_once(screen: Screen) -> None:
    page = screen.get(screen.keep(example("kidney-unknown-ppi-loop", "group")))
    form = page.about("open-kidney-egfr-unit-unusable-unit")
    assert len(form.all("rule")) == 6
    _, after = screen.follow(form, choice="agree")
    assert "6 of 48 decided" in after.text


def test_a_newer_advisory_says_what_changed_and_closes_the_older(screen: Screen) -> None:
    older = screen.keep(example("ckd-g4-oxide", "change"))
    newer = screen.keep(example("ckd-g4-oxide", "change", supplements=[]))
    link = next(link for link in screen.get(newer).values("href") if "/diff/" in link)
    page = screen.get(link)
    assert "The patient's data changed" in page.text
    assert "Magnesium product with impaired kidney function Raised, critical Not raised" in page.text
    closed = screen.get(older)
    assert "has taken the place of this one" in closed.text
    assert list(closed.decisions()) == []


def test_the_page_to_print_has_every_unknown_and_no_form(screen: Screen) -> None:
    address = screen.keep(example("brand-names-only", "print"))
    page, paper = screen.get(address), screen.get(f"{address}/print")
    assert list(paper.decisions()) == []
    unknown = [known for known in page.values("id") if re.fullmatch(r"open-.*(?<!-title)", known)]
    assert unknown
    assert set(unknown) <= set(paper.values("id"))
    assert all("open" in given for tag, given in paper.tags if tag == "details")


def test_the_worklist_filters_and_finds(screen: Screen) -> None:
    grave = screen.keep(example("ckd-g4-oxide", "list-grave"))
    calm = screen.keep(example("nothing-to-say", "list-calm"))
    assert {grave, calm} <= set(screen.get("/review").values("href"))
    critical = set(screen.get("/review?severity=critical&status=open").values("href"))
    assert grave in critical
    assert calm not in critical
    assert grave not in screen.get("/review?status=signed").values("href")
    find = next(form for form in screen.get("/review").forms if form.action == "/review/find")
    found = screen.sent(find, 200, text="LIST-C")
    assert calm in found.values("href")
    assert grave not in found.values("href")


def test_a_patient_is_never_looked_for_in_an_address(screen: Screen) -> None:
    assert screen.client.get("/review?text=list-c", base_url=BASE).status_code == 422
    page = screen.get("/review")
    assert [form.method for form in page.forms if form.all("text")] == ["post"]


@pytest.mark.parametrize("query", ["severity=grave", "since=yesterday", "cursor=nonsense"])
def test_a_filter_that_cannot_be_read_is_said(screen: Screen, query: str) -> None:
    assert "There is a problem" in screen.get(f"/review?{query}", 422).text


def test_mistakes_in_a_pasted_record_are_listed_and_the_text_is_kept(screen: Screen) -> None:
    form = next(form for form in screen.get("/review/new").forms if form.action == "/review/new")
    text = '{"patient": {"age": 400}, "kidny": {},\r\n "conditions": "</textarea><b>x"}'
    page = screen.sent(form, 422, record=text)
    assert all(at in page.text for at in ("/patient/age", "/kidny", "/conditions"))
    again = next(form for form in page.forms if form.action == "/review/new")
    assert again.all("record")[0].replace("\r\n", "\n") == text.replace("\r\n", "\n")
    assert screen.sent(form, 400, record="not JSON").text.startswith("Error")


def test_a_bundle_and_a_file_are_read_like_a_pasted_profile(screen: Screen) -> None:
    bundle = (EXAMPLES / "fhir" / "ckd-g4-oxide.bundle.json").read_text(encoding="utf-8")
    page = screen.get(screen.keep(bundle))
    assert "Observation/egfr/_history/3" in page.text
    assert "recorded as 1.9 mg/dL" in page.text
    form = next(form for form in screen.get("/review/new").forms if form.action == "/review/new")
    with (EXAMPLES / "nothing-to-say.json").open("rb") as file:
        address, _ = screen.follow(form, record="", file=(file, "patient.json"))
    assert address.startswith("/review/")


def test_hostile_names_stay_words(screen: Screen) -> None:
    for index, name in enumerate(HOSTILE):
        changes: dict[str, Any] = {"medications": [name], "signs": [{"text": name}], "conditions": [name]}
        address = screen.keep(example("ckd-g4-oxide", f"{index}{name}"[:128], **changes))
        for page in (screen.get(address), screen.get(f"{address}/print"), screen.get("/review")):
            assert [given for tag, given in page.tags if tag == "script" and "src" not in given] == []
            assert not [given for tag, given in page.tags if tag == "img" or any(map(ATTRIBUTES.fullmatch, given))]
            assert "\u202e" not in page.html
            assert "{{" in page.text or "{" not in name


def test_no_text_of_ours_on_the_screen_holds_a_dose(screen: Screen) -> None:
    for name in ("ckd-g4-oxide", "brand-names-only", "toxicity-signs"):
        page = screen.get(screen.keep(example(name, f"dose-{name}")))
        for line in page.words.splitlines():
            assert not dose_in(line.strip()), line


def test_every_link_within_the_screen_leads_somewhere(screen: Screen) -> None:
    address = screen.keep(example("kidney-unknown-ppi-loop", "links"))
    for path in (address, f"{address}/print", "/review/help", "/review/new"):
        page = screen.get(path)
        ids = page.values("id")
        assert len(ids) == len(set(ids)), path
        assert {link[1:] for link in page.values("href") if link.startswith("#")} <= set(ids)
        assert set(page.values("for")) <= set(ids)
        inner = {link.partition("#")[0] for link in page.values("href", "a") if link.startswith("/review")}
        assert [link for link in inner if screen.client.get(link, base_url=BASE).status_code != 200] == []
