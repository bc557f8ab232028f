"""From the folder rules/ to a Pack, or every mistake at once."""

import hashlib
from collections.abc import Iterable, Iterator
from pathlib import Path

import rules
from schemas.problem import Problem
from schemas.rule_files import PackFile
from service.knowledge.conditions import Reader
from service.knowledge.dose_guard import doses_in
from service.knowledge.files import Folder
from service.knowledge.load_facts import load_definitions, load_facts, load_policy
from service.knowledge.load_fhir import load_terms
from service.knowledge.load_references import load_checks, load_reference_claims, load_references
from service.knowledge.load_rules import Grounds, load_rules
from service.knowledge.load_sources import load_claims, load_documents
from service.knowledge.load_vocabulary import load_vocabulary
from service.knowledge.lock import check_lock
from service.knowledge.model import Pack

CASES = ".cases.yaml"


def default_folder() -> Path:
    """Return the rules folder that is installed with magflag."""
    return Path(rules.__file__).parent


def load_pack(path: Path | None = None, locked: bool = True) -> Pack:
    """Return the pack in `path`; raise BrokenPack with every mistake. `locked=False` leaves the lock unchecked."""
    folder = Folder(path or default_folder())
    vocabulary = load_vocabulary(folder)
    policy, stages = load_policy(folder)
    terms = load_terms(folder, vocabulary, policy)
    facts = load_facts(folder, vocabulary, policy)
    definitions = load_definitions(folder, facts, policy)
    documents = load_documents(folder)
    references = load_references(folder)
    claims = {**load_claims(folder, documents), **load_reference_claims(folder, references)}
    checks = load_checks(folder, claims)
    document, head = folder.load("pack.yaml", PackFile())
    found = load_rules(folder, Reader(document, facts, policy, definitions), Grounds(claims, references))
    for dose in doses_in(head["notice"]["text"] if head else ""):
        folder.problems.append(Problem(document.where(("notice",)), f"The notice holds {dose}.", "Reword it."))
    if locked:
        check_lock(folder, found)
    folder.finish()
    return Pack(
        name=head["name"], version=head["version"], sha256=digest_of(folder.path), folder=folder.path,
        clinical_review=head["clinical_review"],
        notice=head["notice"]["text"].strip(), notice_claims=tuple(head["notice"]["claims"]), rules=found, facts=facts,
        policy=policy, stages=stages, vocabulary=vocabulary, terms=terms, claims=claims, documents=documents,
        references=references, checks=checks,
    )  # fmt: skip


def digest_of(folder: Path) -> str:
    """Return the SHA-256 over every file that bears on an answer."""
    return digest_of_files(files_of(folder))


def digest_of_files(files: Iterable[tuple[str, bytes]]) -> str:
    """Return the digest of a pack, of which these are all files, as `files_of` yields them."""
    total = hashlib.sha256()
    for name, content in files:
        total.update(f"{name}\0{hashlib.sha256(content).hexdigest()}\n".encode())
    return total.hexdigest()


def files_of(folder: Path) -> Iterator[tuple[str, bytes]]:
    """Yield the files that bear on an answer, by their names in the folder, in order: all but cases and lock."""
    for name, file in sorted((file.relative_to(folder).as_posix(), file) for file in folder.rglob("*.yaml")):
        if not name.endswith(CASES) and name != "lock.yaml":
            yield name, file.read_bytes()
