"""Makes two spellings of one name equal: case, spacing, hyphens, strengths, pack words and salts; nothing is guessed."""

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

LENGTHS = (3, 2, 1)
_TOKEN = re.compile(r"\d+(?:[.,]\d+)*|[^\W\d_]+|[%+]", re.UNICODE)


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
        """Yield the ways to read `text`, the most literal first."""
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
        kept: list[str] = []
        after_number = False
        for token in tokens:
            number = token[0].isdigit()
            if not number and not (after_number and token in self.units):
                kept.append(token)
            after_number = number or (after_number and token in self.units)
        return tuple(kept)

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
