"""The lock: id, version and hash of every rule. A changed meaning without a raised version is refused."""

from collections.abc import Iterable, Iterator
from pathlib import Path

from schemas.problem import Problem
from schemas.rule_files import LockFile
from service.knowledge.files import Folder
from service.knowledge.model import Rule

HEAD = "# Written by `make lock`: id, version and SHA-256 of the meaning of every rule. Do not edit by hand.\nrules:\n"


def check_lock(folder: Folder, rules: Iterable[Rule]) -> None:
    """Note every rule whose meaning and version do not fit the lock."""
    document, loaded = folder.load("lock.yaml", LockFile())
    locked = {row["id"]: (int(row["version"]), row["sha256"]) for row in (loaded["rules"] if loaded else ())}
    rules = tuple(rules)
    for rule in rules:
        for message, hint in _differences(rule, locked.get(rule.id)):
            folder.problems.append(Problem(f"{rule.file}:1:1", message, hint))
    for gone in sorted(set(locked) - {rule.id for rule in rules}):
        hint = "Retire a rule (status: retired) rather than delete it; then `make lock`."
        folder.problems.append(Problem(document.where(), f"`{gone}` is locked but gone.", hint))


def _differences(rule: Rule, locked: tuple[int, str] | None) -> Iterator[tuple[str, str]]:
    if locked is None:
        yield f"`{rule.id}` is not in rules/lock.yaml.", "Run `make lock` and commit the lock with the rule."
    elif locked[1] != rule.digest and locked[0] == rule.version:
        hint = f"Raise version {rule.version} to {rule.version + 1}, say why in CHANGELOG.md, then `make lock`."
        yield f"What `{rule.id}` says or means changed, and its version did not.", hint
    elif locked[0] != rule.version:
        yield f"`{rule.id}` has version {rule.version}, the lock has {locked[0]}.", "Run `make lock`."


def write_lock(path: Path, rules: Iterable[Rule]) -> None:
    """Write lock.yaml for these rules."""
    rows = (f'  - {{id: "{rule.id}", version: {rule.version}, sha256: "{rule.digest}"}}\n' for rule in rules)
    path.write_text(HEAD + "".join(rows), encoding="utf-8")


def changed_without_version(path: Path, rules: Iterable[Rule]) -> list[Problem]:
    """Return every rule whose meaning changed since the lock while its version did not."""
    folder = Folder(path)
    if not (path / "lock.yaml").exists():
        return []
    _, loaded = folder.load("lock.yaml", LockFile())
    locked = {row["id"]: (int(row["version"]), row["sha256"]) for row in (loaded["rules"] if loaded else ())}
    return [
        Problem(f"{rule.file}:1:1", message, hint)
        for rule in rules
        if rule.id in locked and locked[rule.id][0] == rule.version
        for message, hint in _differences(rule, locked[rule.id])
    ]
