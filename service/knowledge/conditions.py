"""Reads conditions: from the plain data of a rule file to nodes, with every mistake placed."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any as Anything

from schemas.strict import did_you_mean
from service.knowledge.model import Convention, FactDeclaration
from service.knowledge.nodes import RELATIONS, All, Any, Compare, Is, Node, Not, Unknown
from service.knowledge.yaml_strict import Document, type_path

FORMS = (
    "Write a fact, a definition, or one of: all, any, not, unknown, "
    "{fact: …, is: …}, {fact: …, any_of: […]}, {fact: …, below: …} (also at_least, above, at_most)."
)


@dataclass
class Reader:
    """Reads the conditions of one file; mistakes are collected in the document."""

    document: Document
    facts: Mapping[str, FactDeclaration]
    policy: Mapping[str, Convention]
    definitions: Mapping[str, Node] = field(default_factory=dict)

    def read(self, data: Anything, path: type_path, negated: bool = False) -> Node:
        """Return the node written at `path`; a placeholder where it is wrong, the mistake being noted."""
        if isinstance(data, str):
            return self._named(data, path, negated)
        if not isinstance(data, Mapping) or not data:
            return self._wrong(path, "This is not a condition.", FORMS)
        if "fact" in data:
            return self._test(data, path)
        if "unknown" in data:
            return self._unknown(data, path, negated)
        if len(data) != 1:
            return self._wrong(
                path, "A condition has one key here.", "Put several conditions into all: […] or any: […]."
            )
        (word, inner), *_ = data.items()
        if word in ("all", "any"):
            return self._several(word, inner, (*path, word), negated)
        if word == "not":
            return Not(self.read(inner, (*path, word), not negated))
        return self._wrong(path, f"`{word}` is not known in a condition.", FORMS)

    def _several(self, word: str, inner: Anything, path: type_path, negated: bool) -> Node:
        if not isinstance(inner, list) or not inner:
            return self._wrong(path, f"`{word}` needs a list of conditions.", f"Write {word}: [condition, condition].")
        parts = tuple(self.read(part, (*path, index), negated) for index, part in enumerate(inner))
        return All(parts) if word == "all" else Any(parts)

    def _named(self, name: str, path: type_path, negated: bool) -> Node:
        if name in self.definitions:
            node = self.definitions[name]
            if negated and _asks_unknown(node):
                return self._wrong(path, f"`{name}` asks for the unknown and stands under not or unless.", _POSITIVE)
            return node
        fact = self.facts.get(name)
        if fact is None:
            known = (*self.facts, *self.definitions)
            return self._wrong(path, f"`{name}` is neither a fact nor a definition.", did_you_mean(name, known))
        if fact.type != "yes_no":
            return self._wrong(path, f"`{name}` is a {fact.type}, not a yes or no.", f"Write {{fact: {name}, …}}.")
        return Is(name, (True,))

    def _unknown(self, data: Mapping[str, Anything], path: type_path, negated: bool) -> Node:
        self._only(data, ("unknown", "because"), path)
        name = data["unknown"]
        if negated:
            return self._wrong(path, "`unknown` may not stand under not or unless.", _POSITIVE)
        if not isinstance(data.get("because"), str):
            self._wrong(path, "`unknown` needs a reason.", 'Add because: "why the unknown matters here".')
        if name not in self.facts:
            return self._wrong(
                (*path, "unknown"), f"`{name}` is not a fact.", did_you_mean(str(name), tuple(self.facts))
            )
        return Unknown(name)

    def _test(self, data: Mapping[str, Anything], path: type_path) -> Node:
        self._only(data, ("fact", "is", "any_of", *RELATIONS), path)
        fact = self.facts.get(data["fact"])
        tests = [word for word in data if word != "fact"]
        if fact is None:
            hint = did_you_mean(str(data["fact"]), tuple(self.facts))
            return self._wrong((*path, "fact"), f"`{data['fact']}` is not a fact.", hint)
        if len(tests) != 1:
            return self._wrong(path, "A fact is tested in one way here.", "Put several tests into all: […].")
        word = tests[0]
        if word in RELATIONS:
            return self._compared(fact, word, data[word], (*path, word))
        values = data[word] if word == "any_of" else [data[word]]
        return self._worded(fact, values, (*path, word))

    def _worded(self, fact: FactDeclaration, values: Anything, path: type_path) -> Node:
        allowed: tuple[Anything, ...] = fact.values if fact.type == "word" else (True, False)
        if fact.type == "number":
            return self._wrong(path, f"`{fact.id}` is a number.", f"Use one of: {', '.join(RELATIONS)}.")
        if not isinstance(values, list) or not values or any(value not in allowed for value in values):
            shown = ", ".join(str(value).lower() if isinstance(value, bool) else value for value in allowed)
            return self._wrong(path, f"This is not a value of `{fact.id}`.", f"Write one of: {shown}.")
        return Is(fact.id, tuple(values))

    def _compared(self, fact: FactDeclaration, word: str, limit: Anything, path: type_path) -> Node:
        if fact.type != "number":
            return self._wrong(path, f"`{fact.id}` is not a number.", "Use is or any_of.")
        value = self._limit(fact, word, limit, path)
        if value is None:
            return Is(fact.id, ())
        if value != round(value, fact.decimals):
            self._wrong(path, f"`{fact.id}` has {fact.decimals} decimals; the limit has more.", "Round the limit.")
        return Compare(fact.id, word, value)

    def _limit(self, fact: FactDeclaration, word: str, limit: Anything, path: type_path) -> Decimal | None:
        example = f'{word}: {{value: 60, unit: "{fact.unit}", source: where-it-comes-from}} or {{policy: name}}'
        if isinstance(limit, Mapping) and set(limit) == {"policy"}:
            convention = self.policy.get(limit["policy"])
            if convention is None:
                hint = did_you_mean(str(limit["policy"]), tuple(self.policy))
                self._wrong(path, f"`{limit['policy']}` is not in rules/policy.yaml.", hint)
                return None
            return self._in_unit(fact, convention.value, convention.unit, path)
        whole = isinstance(limit, Mapping) and set(limit) == {"value", "unit", "source"}
        value = limit["value"] if whole else None
        if isinstance(value, bool) or not isinstance(value, (int, Decimal)):
            self._wrong(path, f"`{word}` needs a number with its unit and source.", f"Write for example {example}.")
            return None
        return self._in_unit(fact, Decimal(value), limit["unit"], path)

    def _in_unit(self, fact: FactDeclaration, value: Decimal, unit: Anything, path: type_path) -> Decimal:
        if unit != fact.unit:
            self._wrong(path, f"The unit is not that of `{fact.id}`.", f'Write unit: "{fact.unit}".')
        return value

    def _only(self, data: Mapping[str, Anything], known: tuple[str, ...], path: type_path) -> None:
        for key in data:
            if key not in known:
                self._wrong((*path, key), f"Unknown key `{key}`.", did_you_mean(str(key), known))

    def _wrong(self, path: type_path, message: str, hint: str) -> Node:
        self.document.problems.append(self.document.problem(path, message, hint))
        return Is("", ())


_POSITIVE = "Say the opposite positively: knowing less must never silence a rule."


def _asks_unknown(node: Node) -> bool:
    if isinstance(node, (All, Any)):
        return any(_asks_unknown(part) for part in node.parts)
    return _asks_unknown(node.part) if isinstance(node, Not) else isinstance(node, Unknown)
