"""The pages of the rules: complete, sourced, inert, and nobody's data in them."""

import json
import re
from html.parser import HTMLParser
from typing import Any

import pytest
from flask.testing import FlaskClient

from service.knowledge.dose_guard import dose_in
from service.presenters.page_sources import supports
from service.web.ports import Service

KIDNEY = "kidney/magnesium-with-impaired-kidney"
IN_WORDS = ("A magnesium product is in use or considered", "Kidney filtration (eGFR) is below 60")


class Page(HTMLParser):
    """The text of a page, what it links to, and its attributes."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.text, self.links, self.ids, self.attributes = "", list[str](), list[str](), set[str]()
        self.tags: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes |= {name for name, _ in attrs}
        self.links += [value or "" for name, value in attrs if name == "href"]
        self.ids += [value or "" for name, value in attrs if name == "id"]

    def handle_data(self, data: str) -> None:
        self.text += data


def page(client: FlaskClient, path: str) -> Page:
    answer = client.get(path)
    assert answer.status_code == 200
    assert answer.content_type == "text/html; charset=utf-8"
    return Page(answer.text)


def known(service: Service, rule: str) -> dict[str, Any]:
    found = service.rule(rule)
    assert found is not None
    return found


def test_the_list_links_to_every_rule(client: FlaskClient, service: Service) -> None:
    links = page(client, "/rules").links
    assert {f"/rules/{rule['id']}" for rule in service.rules()} <= set(links)


def test_a_page_says_all_that_a_rule_says(client: FlaskClient, service: Service) -> None:
    rule, text = known(service, KIDNEY), " ".join(page(client, f"/rules/{KIDNEY}").text.split())
    for said in (rule["title"], rule["summary"], *rule["for_review"], *rule["does_not_cover"], *IN_WORDS):
        assert said in text
    assert "No clinician has reviewed this rule." in text
    for source in rule["sources"]:
        assert source["statement"] in text
        assert f"characters {source['start']} to {source['end']}" in text


def test_a_page_names_the_references_and_links_to_them(client: FlaskClient, service: Service) -> None:
    rule = known(service, "reference-interactions/gabapentin-with-oral-magnesium")
    found = page(client, f"/rules/{rule['id']}")
    for source in rule["sources"]:
        assert source["what"] in found.text
        assert source["address"] is None or source["address"] in found.text


def test_an_evidence_page_gives_tier_and_the_independent_look(client: FlaskClient) -> None:
    text = " ".join(page(client, "/rules/evidence/diabetic-neuropathy-oral").text.split())
    assert "Tier D, very low; direction: benefit." in text
    assert "not corroborated: No such study was found." in text


def test_a_rule_that_is_not_evaluated_says_why(client: FlaskClient, service: Service) -> None:
    rule = next(rule for rule in service.rules() if not rule["active"])
    assert rule["inactive_because"] in " ".join(page(client, f"/rules/{rule['id']}").text.split())


def test_every_page_is_whole_and_holds_no_dose_and_no_script(client: FlaskClient, service: Service) -> None:
    for rule in service.rules():
        found = page(client, f"/rules/{rule['id']}")
        assert len(found.ids) == len(set(found.ids)), rule["id"]
        assert not {"script", "style", "form", "img"} & set(found.tags), rule["id"]
        assert not {name for name in found.attributes if name == "style" or name.startswith("on")}, rule["id"]
        # The words of a reference's title are its own.
        own = [line for line in found.text.splitlines() if line.strip() and "source tier" not in line]
        titles = {source.get("what") for source in known(service, rule["id"])["sources"]}
        assert [line for line in own if dose_in(line) and not any(t and t in line for t in titles)] == [], rule["id"]


@pytest.mark.parametrize(
    "path", ["/rules/", "/rules/kidney", "/rules/kidney/none", "/rules/../etc/passwd", "/rules/%00"]
)
def test_an_unknown_rule_is_not_found(client: FlaskClient, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 404
    assert answer.content_type == "application/problem+json"


def test_a_page_takes_no_parameter_that_could_name_a_patient(client: FlaskClient) -> None:
    assert client.get(f"/rules/{KIDNEY}?patient=p-17").status_code == 422
    assert client.get("/rules?patient=p-17").status_code == 422


def test_every_link_of_the_pages_of_ours_leads_somewhere(client: FlaskClient) -> None:
    for path in ("/rules", f"/rules/{KIDNEY}"):
        found = page(client, path)
        inner = {link for link in found.links if link.startswith("/")}
        assert [link for link in inner if client.get(link).status_code != 200] == []
        assert {link[1:] for link in found.links if link.startswith("#")} <= set(found.ids)


def test_style_sheet_and_icon_are_all_that_a_page_loads(client: FlaskClient) -> None:
    html = client.get("/rules").text
    loaded = re.findall(r'<link[^>]*href="([^"]*)"', html)
    assert [re.sub(r"\.[0-9a-f]{12}\.", ".", address) for address in loaded] == [
        "/assets/icon.svg",
        "/assets/screen.css",
    ]
    assert "prefers-color-scheme: dark" in client.get(loaded[1]).text
    assert "script" not in html


def test_every_source_attribute_stands_on_the_page(client: FlaskClient, service: Service) -> None:
    text = " ".join(page(client, f"/rules/{KIDNEY}").text.split())
    attributes = known(service, KIDNEY)["source_attributes"]
    assert len(attributes) == 13
    assert all(f"{each['name']}{each['text']}" in text for each in attributes)
    assert "Use of ethnicity as expressed in the standards in 170.213Not used." in text


def test_only_addresses_of_the_web_become_links() -> None:
    source = {"claim": "R-1", "stance": "supports", "statement": "s", "document": "d", "section": None}
    source |= {"start": None, "end": None, "passage": None, "sha256": None}
    found = supports([source | {"address": address} for address in ("javascript:alert(1)", "https://a.example", None)])
    assert [place.link or None for place in found[0].places] == [None, "https://a.example", None]


def test_what_a_rule_holds_is_escaped(client: FlaskClient, service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    hostile = json.loads(json.dumps(known(service, KIDNEY))) | {"title": "<script>alert(1)</script>"}
    monkeypatch.setattr(service, "rule", lambda _: hostile)
    assert "<script>" not in client.get(f"/rules/{KIDNEY}").text
