"""What every page promises whatever it shows: nothing inline, nothing from elsewhere, nothing unescaped."""

import re
from pathlib import Path

import pytest
from jinja2 import Environment, FileSystemLoader

from service.knowledge.dose_guard import dose_in
from service.presenters.inert import one_line
from service.presenters.page_flag import TIER_MEANINGS, WHY_WORDS
from service.web import headers
from service.web.assets import ASSETS

FOLDER = Path(__file__).parents[2] / "service" / "web" / "templates"
TEMPLATES = sorted(FOLDER.rglob("*.html"))
INLINE = re.compile(r"<style|\sstyle=|\son[a-z]+=|javascript:|<script(?![^>]*\ssrc=)", re.IGNORECASE)
UNESCAPED = re.compile(r"\|\s*safe\b|autoescape\s+false|Markup\(")
ELSEWHERE = re.compile(r"(?:src|href)=\"(?:https?:)?//")


def text(template: Path) -> str:
    return template.read_text(encoding="utf-8")


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda file: str(file.relative_to(FOLDER)))
def test_a_template_holds_nothing_inline_and_nothing_from_elsewhere(template: Path) -> None:
    for pattern in (INLINE, UNESCAPED, ELSEWHERE):
        assert pattern.findall(text(template)) == []


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda file: str(file.relative_to(FOLDER)))
def test_every_form_that_changes_something_holds_the_token(template: Path) -> None:
    for form in re.findall(r"<form[^>]*method=\"post\".*?</form>", text(template), re.DOTALL):
        assert "csrf_field()" in form


# The pages of the login speak to people about themselves: "Continue" is no order about a medicine there.
CLINICAL = [template for template in TEMPLATES if template.parent.name != "people"]


@pytest.mark.parametrize("template", CLINICAL, ids=lambda file: str(file.relative_to(FOLDER)))
def test_no_words_of_a_template_are_a_dose_or_an_order(template: Path) -> None:
    words = re.sub(r"\{[{%#].*?[}%#]\}|<[^>]*>", " ", text(template), flags=re.DOTALL)
    assert [line for line in words.splitlines() if dose_in(one_line(line))] == []


def test_every_template_is_well_formed() -> None:
    environment = Environment(loader=FileSystemLoader(FOLDER), autoescape=True)
    for template in TEMPLATES:
        environment.parse(text(template))


def test_the_words_of_the_scale_are_no_doses() -> None:
    assert [words for words in (*TIER_MEANINGS.values(), *WHY_WORDS.values()) if dose_in(words)] == []


def test_no_policy_allows_anything_unsafe() -> None:
    policies = [headers.POLICY, *headers.WITH_FORMS.values(), *headers.WITH_SCRIPT.values()]
    assert not [policy for policy in policies if "unsafe" in policy or "*" in policy]


def test_our_files_ask_for_nothing_elsewhere() -> None:
    for name, asset in ASSETS.items():
        assert not re.search(rb"url\(|@import|fetch\(|XMLHttpRequest|innerHTML|eval\(", asset.body), name
