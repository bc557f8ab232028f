"""Provenance: for each DetectedIssue, which inputs, in which version, and which rule of which pack."""

from collections.abc import Iterable

from schemas.canonical import CANONICAL
from service.assess import Because
from service.assess.wording import in_words
from service.knowledge.model import Pack, Rule
from service.presenters.fhir_parts import Plain, coding, extension, reference

URI = "urn:ietf:rfc:3986"
PARTICIPANT = "http://terminology.hl7.org/CodeSystem/provenance-participant-type"
ASSEMBLER = {"coding": [coding(PARTICIPANT, "assembler", "Assembler")]}


def library(pack: Pack) -> str:
    """Return the canonical address of a pack, with its version."""
    return f"{CANONICAL}/Library/{pack.name}|{pack.version}"


class ProvenanceWriter:
    """Writes where the flags of one pack come from."""

    def __init__(self, pack: Pack) -> None:
        derived = _derived(library(pack), "Library", pack.name, pack.sha256)
        self._derived = {rule.id: [derived, _of_rule(rule)] for rule in pack.active_rules}

    def provenance(self, rule: Rule, target: str, because: Iterable[Because], common: Plain, sent: Plain) -> Plain:
        """Return the Provenance of one issue.

        `common` is what all of an advisory share (moment, agent); `sent` is the entity that stands for the whole input.
        """
        inputs = {each.source or each.at: _source(each) for each in because}
        return {
            "resourceType": "Provenance",
            "target": [{"reference": target}],
            **common,
            "entity": [sent, *inputs.values(), *self._derived[rule.id]],
        }


def made_by(device: str, created_at: str) -> Plain:
    """Return moment and agent of every Provenance of an advisory."""
    return {"recorded": created_at, "agent": [{"type": ASSEMBLER, "who": {"reference": device, "display": "magflag"}}]}


def whole_input(sha256: str) -> Plain:
    """Return the entity that stands for everything that was sent, named by its SHA-256."""
    what = {"identifier": {"system": f"{CANONICAL}/profile-sha256", "value": sha256}, "display": "the whole input"}
    return {"role": "source", "what": what}


def _source(each: Because) -> Plain:
    shown = in_words(each.fact) if each.source else f"{in_words(each.fact)} ({each.at or 'profile'})"
    return {"role": "source", "what": reference(each.source, shown)}


def _of_rule(rule: Rule) -> Plain:
    return _derived(f"{CANONICAL}/PlanDefinition/{rule.id}|{rule.version}", "PlanDefinition", rule.id, rule.digest)


def _derived(canonical: str, kind: str, display: str, sha256: str) -> Plain:
    what = {"type": kind, "identifier": {"system": URI, "value": canonical}, "display": display}
    return {"role": "derivation", "extension": [extension("sha256", "String", sha256)], "what": what}
