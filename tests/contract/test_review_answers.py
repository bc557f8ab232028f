"""How the pages of the screen are answered, whatever stands on them: what they forbid, their files, what is missing."""

import pytest
from flask.testing import FlaskClient

from tests.contract.screen import BASE, Page, Screen


@pytest.mark.parametrize("path", ["/review", "/review/new", "/review/help", "/review/none", "/review/none/print"])
def test_pages_forbid_inline_script_and_style(client: FlaskClient, path: str) -> None:
    found = client.get(path, base_url=BASE)
    policy = dict(part.strip().split(" ", 1) for part in found.headers["Content-Security-Policy"].split(";"))
    assert policy["default-src"] == "'none'"
    assert {policy[name] for name in ("script-src", "style-src", "img-src", "form-action")} == {"'self'"}
    assert "unsafe" not in found.headers["Content-Security-Policy"]
    assert found.headers["Cache-Control"] == "no-store"


def test_files_are_kept_by_browsers_and_others_are_not_there(client: FlaskClient) -> None:
    page = Page(client.get("/review", base_url=BASE).text)
    files = [*page.values("src", "script"), *page.values("href", "link")]
    assert len(files) == 3
    for address in files:
        assert "immutable" in client.get(address).headers["Cache-Control"]
    assert client.get("/assets/screen.000000000000.css").status_code == 404
    assert client.get("/assets/..%2f..%2fapp.py").status_code == 404


@pytest.mark.parametrize("path", ["/review/none", "/review/none/print", "/review/none/diff/none", "/review/new/x"])
def test_what_is_not_there_is_said_on_a_page(client: FlaskClient, path: str) -> None:
    assert "There is no such page" in Screen(client).get(path, 404).text
