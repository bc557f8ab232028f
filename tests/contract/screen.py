"""A browser without JavaScript: pages as text, ids, links and forms, and forms sent as a browser sends them."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

BASE = "http://127.0.0.1:8080"
# Between these, words stand apart on a page.
APART = {"td", "th", "dt", "dd", "p", "span", "li", "caption", "h1", "h2", "h3", "h4"}


@dataclass
class Form:
    """A form: where it goes, what it holds, and its buttons by name and value."""

    action: str
    method: str
    values: list[tuple[str, str]] = field(default_factory=list)
    buttons: list[tuple[str, str]] = field(default_factory=list)
    checked: list[str] = field(default_factory=list)

    def all(self, name: str) -> list[str]:
        """Return every value of a field."""
        return [value for known, value in self.values if known == name]


class Page(HTMLParser):
    """One page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.html, self.words = html, ""
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.forms: list[Form] = []
        self._area: str | None = None
        self._select: str | None = None
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.tags.append((tag, given))
        self.words += " " if tag in APART else ""
        if tag == "form":
            self.forms.append(Form(given["action"], given.get("method", "get")))
        elif self.forms:
            self._field(tag, given)

    def _field(self, tag: str, given: dict[str, str]) -> None:
        form = self.forms[-1]
        if tag == "input" and given.get("type") in ("checkbox", "radio"):
            form.checked += [given["id"]] if "checked" in given else []
        elif tag == "input" and "name" in given:
            form.values.append((given["name"], given.get("value", "")))
        elif tag == "button":
            form.buttons.append((given.get("name", ""), given.get("value", "")))
        elif tag == "textarea":
            self._area = given["name"]
            form.values.append((given["name"], ""))
        elif tag == "select":
            self._select = given["name"]
        elif tag == "option" and self._select and "selected" in given:
            form.values.append((self._select, given["value"]))

    def handle_endtag(self, tag: str) -> None:
        self._area = None if tag == "textarea" else self._area
        self._select = None if tag == "select" else self._select

    def handle_data(self, data: str) -> None:
        if self._area:
            name, so_far = self.forms[-1].values[-1]
            # A parser of HTML drops the line break that a text area begins with.
            self.forms[-1].values[-1] = (name, so_far + (data if so_far else data.removeprefix("\n")))
        self.words += data

    @property
    def text(self) -> str:
        """The words, with single spaces."""
        return " ".join(self.words.split())

    def values(self, attribute: str, tag: str | None = None) -> list[str]:
        """Return every value of an attribute."""
        return [given[attribute] for name, given in self.tags if attribute in given and tag in (None, name)]

    def decisions(self) -> Iterator[Form]:
        """Yield the forms by which something is decided."""
        yield from (form for form in self.forms if form.action.endswith("/decisions"))

    def about(self, key: str) -> Form:
        """Return the decision form of an item."""
        return next(form for form in self.decisions() if form.all("form") == [key])


@dataclass
class Screen:
    """Somebody at the screen."""

    client: FlaskClient

    def get(self, path: str, status: int = 200) -> Page:
        """Open a page."""
        return self._page(self.client.get(path, base_url=BASE), status)

    def send(self, form: Form, **typed: Any) -> TestResponse:
        """Send a form with what was typed; `choice` is the button that was pressed."""
        data: dict[str, Any] = {}
        for name, value in form.values:
            data.setdefault(name, []).append(value)
        return self.client.open(
            form.action, method=form.method.upper(), data=data | typed, base_url=BASE, headers={"Origin": BASE}
        )

    def sent(self, form: Form, status: int, **typed: Any) -> Page:
        """Send a form and return the page that answers."""
        return self._page(self.send(form, **typed), status)

    def follow(self, form: Form, **typed: Any) -> tuple[str, Page]:
        """Send a form, and go where it leads; return the address, and the page there."""
        answer = self.send(form, **typed)
        assert answer.status_code == 303, answer.text[:2000]
        return answer.location, self.get(answer.location.partition("#")[0])

    def keep(self, text: str) -> str:
        """Paste a record; return the address of its advisory."""
        form = next(form for form in self.get("/review/new").forms if form.action == "/review/new")
        return self.follow(form, record=text)[0]

    def _page(self, answer: TestResponse, status: int) -> Page:
        assert answer.status_code == status, answer.text[:2000]
        assert answer.content_type.startswith("text/html")
        return Page(answer.text)
