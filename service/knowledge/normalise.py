"""Makes two spellings of a name equal: case, spacing, hyphens, strengths, pack words and salts; nothing is guessed."""

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

LENGTHS = (3, 2, 1)
# A number may hold a decimal or a slash (10/325); letters and digits written together (B12) stay together.
_TOKEN = re.compile(r"\d+(?:[.,/]\d+)*(?![^\W_])|[^\W_]+|[%+]", re.UNICODE)
_GLUED = re.compile(r"(\d+(?:[.,]\d+)*)([^\W\d_]+)", re.UNICODE)


def tokens_of(text: str) -> tuple[str, ...]:
    """Split into words and numbers, folded for case and typography."""
    folded = unicodedata.normalize("NFKC", text).casefold().replace("'", "").replace("’", "")
    return tuple(_TOKEN.findall(folded))


def key_of(tokens: tuple[str, ...]) -> str:
    """Join tokens to the form in which names are compared."""
    return "".join(tokens)


@dataclass(frozen=True)
class Reading:
    """One way to read a text: the key to look up, and the route its pack words imply."""

    key: str
    route: str | None = None


@dataclass
class Normaliser:
    """The word lists of normalise.yaml, ready to use."""

    dose_forms: Mapping[tuple[str, ...], str | None] = field(default_factory=dict)
    route_words: Mapping[tuple[str, ...], str | None] = field(default_factory=dict)
    units: frozenset[str] = frozenset()
    salts: frozenset[tuple[str, ...]] = frozenset()
    keep_salt_after: frozenset[str] = frozenset()

    def readings(self, text: str) -> Iterator[Reading]:
        """Yield the ways to read the name of a medicine or product, the most literal first."""
        tokens = tokens_of(text)
        yield Reading(key_of(tokens))
        tokens = self._without_strength(tokens)
        yield Reading(key_of(tokens))
        tokens, route = self._without_pack_words(tokens)
        yield Reading(key_of(tokens), route)
        while (shorter := self._without_salt(tokens)) != tokens:
            tokens = shorter
            yield Reading(key_of(tokens), route)

    def _without_strength(self, tokens: tuple[str, ...]) -> tuple[str, ...]:
        """Take out a number with its unit, and a number at the very end; "vitamin B12" and "omega 3" keep theirs."""
        tokens = tuple(part for token in tokens for part in self._unglued(token))
        kept: list[str] = []
        for index, token in enumerate(tokens):
            following = tokens[index + 1] if index + 1 < len(tokens) else None
            number = token[0].isdigit()
            if number and (following is None or following in self.units):
                continue
            if token in self.units and index and (tokens[index - 1][0].isdigit() or tokens[index - 1] in self.units):
                continue
            kept.append(token)
        return tuple(kept)

    def _unglued(self, token: str) -> tuple[str, ...]:
        glued = _GLUED.fullmatch(token)
        return glued.groups() if glued and glued.group(2) in self.units else (token,)

    def _without_pack_words(self, tokens: tuple[str, ...]) -> tuple[tuple[str, ...], str | None]:
        """Take out dose forms and route words; return what is left, and the route they say. A route word says more."""
        kept: list[str] = []
        said: list[str | None] = []
        implied: list[str | None] = []
        index = 0
        while index < len(tokens):
            words = next((words for n in LENGTHS if (words := tokens[index : index + n]) in self), None)
            if words is None:
                kept.append(tokens[index])
            elif words in self.route_words:
                said.append(self.route_words[words])
            else:
                implied.append(self.dose_forms[words])
            index += len(words) if words else 1
        routes = set(said) if said else {route for route in implied if route}
        return tuple(kept), routes.pop() if len(routes) == 1 else None

    def __contains__(self, words: tuple[str, ...]) -> bool:
        return words in self.route_words or words in self.dose_forms

    def _without_salt(self, tokens: tuple[str, ...]) -> tuple[str, ...]:
        if not tokens or tokens[0] in self.keep_salt_after:
            return tokens
        for length in LENGTHS:
            if len(tokens) > length and tokens[-length:] in self.salts:
                return tokens[:-length]
        return tokens
