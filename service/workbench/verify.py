"""Re-checks every passage against the documents: their length and hash, and the hash of every claimed passage."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from schemas.problem import Problem
from service.knowledge.model import Pack
from service.presenters.passages import Passages


@dataclass(frozen=True)
class Verified:
    """What was checked, and what did not hold."""

    documents: int
    claims: int
    passages: int
    problems: tuple[Problem, ...]


def verify(pack: Pack, folder: Path) -> Verified:
    """Return what does not hold: a document that is missing or differs, a passage whose hash differs."""
    passages = Passages(folder)
    problems = (*_documents(pack, folder), *_passages(pack, passages))
    count = sum(len(claim.locations) for claim in pack.claims.values())
    claims = sum(claim.of_documents for claim in pack.claims.values())
    return Verified(len(pack.documents), claims, count, problems)


def _documents(pack: Pack, folder: Path) -> Iterator[Problem]:
    for name, document in pack.documents.items():
        file = folder / name
        if not file.is_file():
            yield Problem(name, "This document is not in the folder.", "Give the folder that holds the five documents.")
        elif hashlib.sha256(file.read_bytes()).hexdigest() != document["sha256"]:
            yield Problem(name, "This document differs from the one the claims were read in.", "Use the original file.")


def _passages(pack: Pack, passages: Passages) -> Iterator[Problem]:
    for claim in pack.claims.values():
        for at in claim.locations:
            if passages.has(at.document) and passages.words(at) is None:
                place = f"{at.document} {at.start}-{at.end}"
                yield Problem(f"{claim.id} {place}", "The passage is not there, or its hash differs.", "Read it again.")
