"""The knowledge as frozen data: declarations of facts, rules, claims, policy, and the pack that holds them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from typing import Any

from schemas.fhir_terms import Terms
from service.knowledge.nodes import Node
from service.knowledge.vocabulary import Vocabulary

SEVERITIES = ("critical", "warning", "info")
REFERENCE = "reference"
STEP_DOWN = {"critical": "warning", "warning": "info", "info": "info"}
YES_NO_KINDS = ("entry", "any_entry", "other_entry", "product", "stated")
NUMBER_KINDS = ("age", "filtration", "result", "count_products", "count_concepts")
WORD_KINDS = ("word", "result_flag")


@dataclass(frozen=True, slots=True)
class FactDeclaration:
    """One row of facts.yaml; `given` holds what its kind needs (concept, list, window …)."""

    id: str
    kind: str
    meaning: str
    unit: str | None = None
    decimals: int = 0
    values: tuple[str, ...] = ()
    given: Mapping[str, Any] = field(default_factory=dict)

    @property
    def type(self) -> str:
        """yes_no, number or word."""
        if self.kind in NUMBER_KINDS:
            return "number"
        return "word" if self.kind in WORD_KINDS else "yes_no"


@dataclass(frozen=True, slots=True)
class Convention:
    """One row of policy.yaml: a number of ours, with its unit and source."""

    id: str
    value: Decimal
    unit: str
    meaning: str
    source: str
    approval: str


@dataclass(frozen=True, slots=True)
class Location:
    """A passage: characters `start` to `end` of a document, and the SHA-256 of its UTF-8 bytes."""

    document: str
    start: int
    end: int
    sha256: str
    section: str


@dataclass(frozen=True, slots=True)
class Reference:
    """Something that was read outside the documents; tier A is a label or guideline, D a lay page."""

    id: str
    tier: str
    what: str
    address: str | None
    read: str
    status: str


@dataclass(frozen=True, slots=True)
class Study:
    """A study as far as it is named; nothing is completed."""

    citation: str
    doi: str | None = None
    pmid: str | None = None
    status: str | None = None


@dataclass(frozen=True, slots=True)
class Check:
    """What an independent look found about one claim of the documents."""

    claim: str
    verdict: str
    finding: str
    studies: tuple[Study, ...] = ()


@dataclass(frozen=True, slots=True)
class Claim:
    """One claim; `statement` is our paraphrase, None where it may never be shown.

    A claim of the documents has `locations`; one of the reference pack has `rests_on` (reference, place) and `status`.
    """

    id: str
    kind: str
    encode: str
    statement: str | None
    locations: tuple[Location, ...]
    documents: int = 0
    conflicts_with: tuple[tuple[str, str], ...] = ()
    related: tuple[str, ...] = ()
    not_encoded_because: str | None = None
    status: str | None = None
    rests_on: tuple[tuple[str, str | None], ...] = ()
    study: Study | None = None

    @property
    def of_documents(self) -> bool:
        """Whether it is a claim of the five documents, not of the reference pack."""
        return self.encode != REFERENCE

    @property
    def encoded(self) -> bool:
        """Whether a rule has to, or may, rest on it."""
        return self.encode in ("must-encode", "should-encode", REFERENCE)


@dataclass(frozen=True, slots=True)
class Evidence:
    """What an evidence flag says of its certainty."""

    tier: str
    direction: str
    condition: str
    route: str | None
    form: str | None
    why: tuple[str, ...]
    documents: int


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule, its condition expanded; `written` is the condition as the author wrote it."""

    id: str
    version: int
    status: str
    category: str
    severity: str
    title: str
    summary: str
    detail: str
    for_review: tuple[str, ...]
    condition: Node
    written: Mapping[str, Any]
    claims: tuple[str, ...]
    does_not_cover: tuple[str, ...]
    file: str
    contrast: tuple[str, ...] = ()
    background: tuple[str, ...] = ()
    evidence: Evidence | None = None
    silent_on: str | None = None
    inactive: str | None = None
    digest: str = ""

    @property
    def active(self) -> bool:
        """Whether it is evaluated; a retired rule, and one that rests on too little, are kept for reading only."""
        return self.status != "retired" and self.inactive is None

    @property
    def rests_on(self) -> str:
        """documents, reference, or both."""
        of_reference = [claim.startswith("R-") for claim in self.claims]
        return "both" if len(set(of_reference)) > 1 else "reference" if any(of_reference) else "documents"


@dataclass(frozen=True)
class Pack:
    """Everything magflag knows, in one piece, with the SHA-256 over all of its files."""

    name: str
    version: str
    sha256: str
    clinical_review: str
    notice: str
    notice_claims: tuple[str, ...]
    rules: tuple[Rule, ...]
    facts: Mapping[str, FactDeclaration]
    policy: Mapping[str, Convention]
    stages: Mapping[str, tuple[Decimal, Decimal | None]]
    vocabulary: Vocabulary
    terms: Terms
    claims: Mapping[str, Claim]
    documents: Mapping[str, Mapping[str, Any]]
    references: Mapping[str, Reference]
    checks: Mapping[str, Check]
    folder: Path

    @cached_property
    def active_rules(self) -> tuple[Rule, ...]:
        """The rules that are evaluated."""
        return tuple(rule for rule in self.rules if rule.active)
