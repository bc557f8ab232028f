"""Whatever a record holds, a Markdown renderer with everything switched on makes nothing of it but text."""

import re
from html.parser import HTMLParser

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from service.presenters.inert import LONGEST, fits, inert, one_line, ours, place, shortened

RENDERER = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
# What renderers look for when they make links of plain text: GFM, autolink extension; linkify's schemeless domains too.
ADDRESS = re.compile(r"//|\S@|@\S|www\.\S|\.[^\W\d_]\w", re.IGNORECASE)
MARKUP = st.text(
    alphabet=st.one_of(st.sampled_from("<>&[]()!*_`#|~-+=:/.@\\\n\r\t\x00\u202e\u2028 wW1ahtps\"'"), st.characters()),
    max_size=80,
)


class Tags(HTMLParser):
    """Collects tags and text of a rendered page."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[object] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs

    def handle_data(self, data: str) -> None:
        self.text += data


def rendered(markdown: str) -> Tags:
    page = Tags()
    page.feed(RENDERER.render(markdown))
    page.close()
    return page


@given(text=MARKUP)
@example("<script>alert(1)</script>")
@example("[x](javascript:alert(1)) ![x](http://a.example/b.png) <http://a.example>")
@example("http:///www.a.example/ and www.b.example and c@d.example and e.example")
@example("| a | b |\n|---|---|\n| 1 | 2 |")
@example("&lt;b&gt; &#60;b&#62;")
@example("1. one\n2) two\n- three\n    code\n```\nfence")
def test_a_records_text_stays_text_wherever_it_stands(text: str) -> None:
    for before, wanted in (("", ["p"]), ("- ", ["ul", "li"]), ("**Seen** ", ["p", "strong"])):
        page = rendered(f"{before}{inert(text) or 'x'}\n")
        assert page.tags == wanted
        assert page.attributes == []
        assert not ADDRESS.search(page.text)


@given(text=MARKUP)
def test_a_pointer_or_a_sentence_stays_text_inside_a_line(text: str) -> None:
    for escaped in (place(text), ours(text)):
        page = rendered(f"- at {escaped} end\n")
        assert page.tags == ["ul", "li"]
        assert page.attributes == []
        assert not ADDRESS.search(page.text)


@given(text=st.text(alphabet=st.characters(exclude_characters="/@.", exclude_categories=["C", "Z"]), max_size=80))
def test_text_without_addresses_is_shown_as_it_is(text: str) -> None:
    assert rendered(f"x {inert(text)}").text.strip() == f"x {text}".strip()


def test_all_ascii_punctuation_is_escaped() -> None:
    assert inert("a*b_c<d>&e") == r"a\*b\_c&lt;d&gt;&amp;e"


@pytest.mark.parametrize("mark", ["\x00", "\x1b", "\u202e", "\u2066", "\u200b", "\ufeff", "\n", "\u2028", "\t", "\x85"])
def test_no_control_or_bidirectional_mark_is_left(mark: str) -> None:
    for made in (inert(f"a{mark}b"), place(f"a{mark}b"), ours(f"a{mark}b"), one_line(f"a{mark}b")):
        assert mark not in made
        assert made.isprintable()


def test_a_very_long_text_is_cut_and_says_so() -> None:
    assert inert("a" * (LONGEST + 1)) == "a" * LONGEST + "…"


@given(text=st.text(max_size=300), most=st.integers(min_value=20, max_value=139))
def test_a_shortened_text_fits_by_characters_and_by_utf_16_units(text: str, most: int) -> None:
    short = shortened(text, most)
    assert fits(short, most)
    assert len(short.encode("utf-16-le")) // 2 <= most
    assert short == one_line(text) or short.endswith("…")


def test_a_text_is_cut_after_a_word() -> None:
    assert shortened("magnesium with impaired kidneys", 26) == "magnesium with impaired…"
    assert shortened("m" * 200, 139) == "m" * 138 + "…"
