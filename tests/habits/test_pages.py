"""What the pages promise of the service: its words, its addresses and its settings."""

import re
from pathlib import Path

import pytest

from service.intake.fhir.prefetch import KEYS
from service.presenters.discovery import OFFERED
from service.presenters.grouping import REASON_WORDS
from service.web.app import create_app
from service.web.published import SCHEMAS
from service.web.settings import SETTINGS
from tests.contract.conftest import Pretend

ROOT = Path(__file__).parents[2]


def page(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def test_every_reason_for_not_knowing_is_in_the_readme() -> None:
    assert [word for word in REASON_WORDS if f"`{word}`" not in page("README.md")] == []


def test_every_address_is_in_the_readme() -> None:
    readme = page("README.md")
    routes = {rule.rule for rule in create_app(Pretend()).url_map.iter_rules()}
    plain = {route: re.sub(r"<(?:\w+:)?(?:\w+_)?(\w+)>", r"{\1}", route) for route in routes}
    assert sorted(route for route, told in plain.items() if f"{told}`" not in readme and f"{told}[" not in readme) == []


def test_the_readme_says_the_settings_there_are() -> None:
    rows = re.findall(r"^\| `(MAGFLAG_\w+)` \|", page("README.md"), re.MULTILINE)
    assert rows == [name for name, _, _ in SETTINGS]


@pytest.mark.parametrize("words", [KEYS, list(OFFERED)], ids=["prefetch keys", "services"])
def test_connecting_an_ehr_names_what_there_is(words: list[str]) -> None:
    assert [word for word in words if f"| `{word}` |" not in page("docs/connect-your-ehr.md")] == []


def test_connecting_an_ehr_shows_every_schema() -> None:
    text = page("docs/connect-your-ehr.md")
    assert [name for name in SCHEMAS if f"/schemas/cds-hooks/{name}.schema.json" not in text] == []
