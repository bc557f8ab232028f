"""Makes text inert: in Markdown and HTML it shows as written, and nothing in it becomes active.

A card's detail is GitHub-flavoured Markdown that some clients render with HTML on and with links made out of plain
addresses. What comes from a record is therefore escaped whole, and addresses in it are taken apart by a visible space:
renderers that look for addresses after they have resolved escapes would otherwise still find them.
"""

import re
import string

LONGEST = 200
_ENTITIES = {"<": "&lt;", ">": "&gt;", "&": "&amp;"}
_ALL = str.maketrans({mark: _ENTITIES.get(mark, f"\\{mark}") for mark in string.punctuation})
# Enough for our own words, which always stand inside a line that we began.
_FEW = str.maketrans({mark: _ENTITIES.get(mark, f"\\{mark}") for mark in r"\`*_[]<>&#|~"})
# Two slashes, an "at" sign, a dot before letters, and "www.": without these no address is recognised as one.
_ADDRESS = re.compile(r"/(?=/)|@|\.(?=[^\W\d_]\w)|(?<=www)\.", re.IGNORECASE)
# Words and pointers that are inert as they are, which most are; looked for first, as a card holds many.
_WORDS = re.compile(r"[A-Za-z0-9]+(?: [A-Za-z0-9]+)*")
_POINTER = re.compile(r"/?[A-Za-z0-9-]+(?:/[A-Za-z0-9-]+)*")
_APART = {"/": "/ ", "@": " @ ", ".": ". "}


def inert(text: str) -> str:
    """Return a text of a record on one line, at most `LONGEST` characters of it, with all ASCII punctuation escaped."""
    if len(text) <= LONGEST and _WORDS.fullmatch(text):
        return text
    line = _taken_apart(text[:LONGEST])
    return f"{line.translate(_ALL)}…" if len(text) > LONGEST else line.translate(_ALL)


def place(text: str) -> str:
    """Return a pointer, reference or date, inert and still legible: only what is a mark inside a line is escaped."""
    if len(text) <= LONGEST and _POINTER.fullmatch(text):
        return text
    return ours(text[:LONGEST])


def ours(text: str) -> str:
    """Return a text of ours on one line, with what Markdown or HTML would read as a mark escaped."""
    return _taken_apart(text).translate(_FEW)


def one_line(text: str) -> str:
    """Return the text as one line of printable characters."""
    return " ".join(_printable(text).split())


def shortened(text: str, most: int) -> str:
    """Return one line of at most `most` UTF-16 units, cut after a word; clients count characters in either way."""
    line = one_line(text)
    if fits(line, most):
        return line
    while not fits(line, most - 1):
        line = line.rpartition(" ")[0] or line[:-1]
    return f"{line.rstrip(' ,;:')}…"


def fits(text: str, most: int) -> bool:
    """Say whether a text is at most `most` UTF-16 units long, which is never fewer than characters."""
    return len(text) <= most and (text.isascii() or len(text.encode("utf-16-le")) // 2 <= most)


def _taken_apart(text: str) -> str:
    """Return one line in which no address is left."""
    return " ".join(_ADDRESS.sub(_apart, _printable(text)).split())


def _apart(found: re.Match[str]) -> str:
    return _APART[found.group()]


def _printable(text: str) -> str:
    """Replace what cannot be printed: control and bidirectional marks could rearrange what is around them."""
    if text.isprintable():
        return text
    return "".join(_shown(char) for char in text)


def _shown(char: str) -> str:
    if char.isprintable():
        return char
    return " " if char.isspace() else "\N{REPLACEMENT CHARACTER}"
