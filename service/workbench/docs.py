"""Writes the pages that are made from the rules, so that nobody writes them by hand and none goes stale."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path

from service.knowledge.files import Folder
from service.knowledge.model import Claim, Pack, Rule
from service.workbench.cases import Case, load_cases
from service.workbench.explain import in_words

HEAD = "<!-- Written by `make docs`. Do not edit. -->\n\n"
OUTCOME = {"raised": "raised", "clear": "clear", "cannot_say": "cannot say"}


def pages(pack: Pack, malformed: Path | None = None) -> dict[str, str]:
    """Return every generated page by its name: rules by area, facts, claims and, from the malformed files, messages."""
    cases: dict[str, list[Case]] = defaultdict(list)
    for case in load_cases(Folder(pack.folder)):
        cases[case.rule].append(case)
    areas: dict[str, list[Rule]] = defaultdict(list)
    for rule in pack.rules:
        areas[rule.id.partition("/")[0]].append(rule)
    written = {f"rules-{area}.md": _page(_area(area, rules, cases, pack)) for area, rules in sorted(areas.items())}
    written["facts.md"] = _page(_facts(pack))
    written["claims.md"] = _page(_claims(pack))
    if malformed:
        written["messages.md"] = _page(_messages(malformed))
    return written


def _page(lines: Iterable[str]) -> str:
    return HEAD + "\n".join(lines) + "\n"


def _area(area: str, rules: list[Rule], cases: dict[str, list[Case]], pack: Pack) -> Iterator[str]:
    yield f"# Rules: {area}"
    yield ""
    yield f"Every rule is a draft: no clinician has reviewed it. {len(rules)} rules, from `rules/{area}/`."
    for rule in rules:
        yield ""
        yield from _rule(rule, cases[rule.id], pack)


def _rule(rule: Rule, cases: list[Case], pack: Pack) -> Iterator[str]:
    yield f"## {rule.title}"
    yield ""
    tier = f" · tier {rule.evidence.tier}, {rule.evidence.direction.replace('_', ' ')}" if rule.evidence else ""
    yield f"`{rule.id}` · {rule.category} · {rule.severity} · version {rule.version} · {rule.status}{tier}"
    yield ""
    yield f"{rule.summary} {rule.detail.strip()}"
    yield ""
    yield "```text"
    yield from in_words(rule.condition, pack)
    yield "```"
    yield ""
    yield f"To check: {' '.join(rule.for_review)} Does not cover: {' '.join(rule.does_not_cover)}"
    yield ""
    yield from _rests_on(rule)
    yield ""
    yield "| case | outcome |"
    yield "|---|---|"
    yield from (f"| {case.name.replace('|', '/')} | {OUTCOME[case.expect]} |" for case in cases)


def _rests_on(rule: Rule) -> Iterator[str]:
    named = (("Rests on", rule.claims), ("The other side", rule.contrast), ("Background", rule.background))
    links = (f"{title}: {', '.join(map(_link, claims))}." for title, claims in named if claims)
    yield " ".join(links) or f"Rests on the documents' silence on {rule.silent_on}."


def _link(claim: str) -> str:
    return f"[{claim}](claims.md#{claim.lower()})"


def _facts(pack: Pack) -> Iterator[str]:
    yield "# Facts a rule may use"
    yield ""
    yield "| fact | kind | type | meaning |"
    yield "|---|---|---|---|"
    for fact in pack.facts.values():
        values = f" ({', '.join(fact.values)})" if fact.values else f" in {fact.unit}" if fact.unit else ""
        yield f"| `{fact.id}` | {fact.kind} | {fact.type.replace('_', '/')}{values} | {fact.meaning} |"
    yield ""
    yield "## Conventions of ours"
    yield ""
    yield "| convention | value | meaning | source | approval |"
    yield "|---|---|---|---|---|"
    for row in pack.policy.values():
        yield f"| `{row.id}` | {row.value} {row.unit} | {row.meaning} | {row.source} | {row.approval} |"


def _claims(pack: Pack) -> Iterator[str]:
    cited: dict[str, list[str]] = defaultdict(list)
    for rule in pack.rules:
        for known in (*rule.claims, *rule.contrast, *rule.background):
            cited[known].append(rule.id)
    yield "# Claims of the five documents, and the rules that rest on them"
    yield ""
    yield "The statements are our paraphrase. Claims that hold an amount or a schedule are never shown."
    for claim in pack.claims.values():
        yield ""
        yield from _claim(claim, cited[claim.id])


def _claim(claim: Claim, cited: list[str]) -> Iterator[str]:
    yield f"## {claim.id}"
    yield ""
    yield claim.statement or "Never shown."
    yield ""
    yield f"{claim.kind}, {claim.encode}, in {claim.documents} of 5 documents."
    yield ""
    # A heading is a place, not wording: it stands at the end of its own line, marked as what it is.
    yield from (f"- {at.document}, {at.start} to {at.end}, section: {at.section}" for at in claim.locations)
    yield ""
    if claim.not_encoded_because:
        yield f"Not encoded: {claim.not_encoded_because}"
    if cited:
        yield f"Named by: {', '.join(f'`{rule}`' for rule in cited)}."


def _messages(malformed: Path) -> Iterator[str]:
    yield "# What `magflag rules check` says, and when"
    yield ""
    yield "Each pair is a test: the file on the left of the name is refused with exactly these words."
    for expected in sorted(malformed.glob("*.expected.txt")):
        yield ""
        yield f"## {expected.name.partition('.')[0].replace('-', ' ')}"
        yield ""
        yield "```text"
        yield expected.read_text(encoding="utf-8").strip()
        yield "```"
