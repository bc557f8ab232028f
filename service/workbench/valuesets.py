"""Writes the vocabulary as FHIR R4 ValueSets: one per class of concepts that a fact asks for.

Codes carry our own concept names as display, never the terminologies' texts (see NOTICE).
"""

from collections import defaultdict
from typing import Any

from service.knowledge.model import Pack
from service.knowledge.vocabulary import SYSTEMS, Concept, Vocabulary

BASE = "urn:magflag:valueset:"
SYSTEM_OF = {short: system for system, short in SYSTEMS.items()}


def valuesets(pack: Pack) -> dict[str, dict[str, Any]]:
    """Return ValueSet resources by name: each class or nutrient that some fact asks for, and holds a code."""
    classes = {concept for fact in pack.facts.values() for concept in fact.given.get("concept", ())}
    nutrients = {fact.given["nutrient"] for fact in pack.facts.values() if "nutrient" in fact.given}
    members: dict[str, list[Concept]] = {}
    for name in sorted(classes):
        members[name] = [each for each in pack.vocabulary.concepts.values() if name in each.classes]
    for name in sorted(nutrients):
        found = [each for each in pack.vocabulary.concepts.values() if name in each.nutrients]
        members[f"{name}-products"] = found
    built = {name: _valueset(name, found, pack) for name, found in members.items()}
    return {name: resource for name, resource in built.items() if resource["compose"]["include"]}


def _valueset(name: str, members: list[Concept], pack: Pack) -> dict[str, Any]:
    return {
        "resourceType": "ValueSet",
        "id": name,
        "url": BASE + name,
        "version": pack.version,
        "name": "".join(part.capitalize() for part in name.split("-")),
        "title": name.replace("-", " ").capitalize(),
        "status": "draft",
        "experimental": True,
        "description": f"Codes that magflag understands as {name.replace('-', ' ')}. Not reviewed by a clinician.",
        "compose": {"include": _includes(members, pack.vocabulary)},
    }


def _includes(members: list[Concept], vocabulary: Vocabulary) -> list[dict[str, Any]]:
    names = {concept.id: concept.name for concept in members}
    by_system: dict[str, list[dict[str, str]]] = defaultdict(list)
    for short, codes in vocabulary.codes.items():
        for code, concept in sorted(codes.items()):
            if concept in names and short in SYSTEM_OF:
                by_system[SYSTEM_OF[short]].append({"code": code, "display": names[concept]})
    return [{"system": system, "concept": by_system[system]} for system in sorted(by_system)]
