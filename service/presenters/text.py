"""An advisory for people at a terminal: what is unknown is as visible as what is raised."""

from collections.abc import Iterable, Iterator, Mapping

from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.rule import Rule as Line
from rich.text import Text

from service.assess import Advisory, Because, Clear, Flag
from service.assess.wording import in_words
from service.engine.reference import RAISED
from service.facts.model import Unrecognised
from service.knowledge.model import Evidence, Pack, Rule
from service.presenters.grouping import REASON_WORDS, Blocked, blocked
from service.presenters.plain import number

STYLES = {"critical": "bold white on red", "warning": "bold black on yellow", "info": "bold white on blue"}
TIERS = {
    "A": "high", "B": "moderate", "C": "low", "D": "very low", "E": "insufficient", "S": "the documents are silent",
}  # fmt: skip
BASIS = {"documents": "articles", "reference": "labels and studies", "both": "articles, labels and studies"}
WIDTH = 100
MOST_TITLES = 3


def write_advisory(advisory: Advisory, console: Console) -> str:
    """Return an advisory as text; colours only where the console has them."""
    with console.capture() as captured:
        for part in (*_head(advisory), *_raised(advisory), *_open(advisory), *_data(advisory), *_tail(advisory)):
            console.print(part)
    return "\n".join(line.rstrip() for line in captured.get().splitlines())


def _tame(text: str) -> str:
    """Return a patient's text without control characters, which could drive the terminal."""
    return "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in text)


def _head(advisory: Advisory) -> Iterator[RenderableType]:
    pack = advisory.pack
    yield Text(f"magflag advisory, {advisory.as_of.isoformat()}", style="bold")
    yield Text(f"rules {pack.name} {pack.version} ({pack.sha256[:12]})", style="dim")
    if pack.clinical_review == "none":
        yield Text("No clinician has reviewed these rules.", style="bold")
    raised = sum(flag.outcome == RAISED for flag in advisory.flags)
    cannot = len(advisory.flags) - raised
    clear = len(pack.active_rules) - len(advisory.flags)
    groups = len(blocked(advisory.flags))
    gaps = f" (waiting for {groups} {_plural(groups, 'thing')})" if groups else ""
    yield Text(
        f"{raised} {_plural(raised, 'flag')} · {cannot} cannot be answered{gaps} · {clear} looked at and not raised"
    )


def _plural(count: int, word: str) -> str:
    return word if count == 1 else f"{word}s"


def _raised(advisory: Advisory) -> Iterator[RenderableType]:
    flags = [flag for flag in advisory.flags if flag.outcome == RAISED]
    full = [flag for flag in flags if flag.severity != "info"]
    notes = [flag for flag in flags if flag.severity == "info" and flag.rule.evidence is None]
    evidence = [flag for flag in flags if flag.severity == "info" and flag.rule.evidence is not None]
    yield Line(Text("To look at", style="bold"), align="left", style="default")
    if not flags:
        rest = "What could not be answered is below." if advisory.flags else "Nothing was left open either."
        yield Text(f"Nothing was raised. {rest}")
    if flags and not full:
        yield Text("Nothing of weight; notes are below.")
    told: set[str] = set()
    for flag in full:
        yield _flag(flag, told)
    for title, group in (("Evidence", evidence), ("Notes", notes)):
        if group:
            yield Line(Text(title, style="bold"), align="left", style="default")
            yield from (_short(flag, advisory.pack) for flag in group)


def _flag(flag: Flag, told: set[str]) -> RenderableType:
    """Return one flag in full; a question or limit that stands under an earlier flag is not told again."""
    rule = flag.rule
    head = Text.assemble((f" {flag.severity.upper()} ", STYLES[flag.severity]), " ", (rule.title, "bold"))
    lines = [Text(rule.summary), *_seen(flag.because)]
    lines += [Text(f"? {question}") for question in _not_yet(rule.for_review, told)]
    lines.append(Text(f"Rests on {', '.join(rule.claims)}, {BASIS[rule.rests_on]} ({rule.id}).", style="dim"))
    limits = " ".join(_not_yet(rule.does_not_cover, told))
    lines += [Text(f"Does not cover: {limits}", style="dim")] if limits else []
    return Group(head, Padding(Group(*lines), (0, 0, 1, 3)))


def _not_yet(texts: Iterable[str], told: set[str]) -> list[str]:
    new = [text for text in texts if text not in told]
    told.update(new)
    return new


def _short(flag: Flag, pack: Pack) -> RenderableType:
    rule = flag.rule
    if rule.category == "process":
        return Text.assemble((" info ", STYLES["info"]), f" {rule.title} ", (f"({rule.id})", "dim"))
    head = Text.assemble((" info ", STYLES["info"]), " ", (rule.title, "bold"))
    tier = "" if rule.evidence is None else f"{_certainty(rule.evidence)}. "
    body = Text.assemble((tier, "italic"), rule.summary, (f" ({rule.id}, {BASIS[rule.rests_on]})", "dim"))
    lines = [body, *(Text(line) for line in _checked(rule, pack))]
    return Group(head, Padding(Group(*lines), (0, 0, 0, 3)))


def _checked(rule: Rule, pack: Pack) -> Iterator[str]:
    """Yield what an independent look found about the claims of an evidence rule."""
    for known in rule.claims if rule.evidence else ():
        check = pack.checks.get(known)
        if check and check.verdict != "not_searched":
            yield f"An independent look: {check.verdict.replace('_', ' ')}. {check.finding}"


def _certainty(evidence: Evidence) -> str:
    return f"Tier {evidence.tier}, {TIERS[evidence.tier]}; direction: {evidence.direction.replace('_', ' ')}"


def _seen(because: Iterable[Because]) -> Iterator[Text]:
    for each in because:
        yield Text(f"· {says(each)}")


def says(each: Because) -> str:
    """Return one fact seen, in words: value, unit, date, age and origin."""
    fact = in_words(each.fact)
    if each.value is False or each.value is None:
        return f"{fact}: {'no' if each.value is False else each.origin} ({each.at or 'profile'})"
    value = "yes" if each.value is True else _tame(f"{each.comparator or ''}{number(each.value)}")
    unit = f" {_tame(each.unit)}" if each.unit else ""
    when = f", {each.date} ({each.age_days} days old)" if each.date else ""
    origin = f", {each.origin}" if each.origin else ""
    return f"{fact}: {value}{unit}{when}{origin} ({each.at})"


def _open(advisory: Advisory) -> Iterator[RenderableType]:
    groups = blocked(advisory.flags)
    if not groups:
        return
    yield Line(Text("Cannot be answered", style="bold"), align="left", style="default")
    texts = {each.at: f"{_tame(each.text)}.{_meant(each)}" for each in advisory.unrecognised}
    yield from (_blocked(group, texts) for group in groups)


def _blocked(group: Blocked, texts: Mapping[str, str]) -> RenderableType:
    head = Text.assemble(
        (f" {group.worst.upper()} ? ", STYLES[group.worst]), " ",
        (f"{group.at or 'profile'} {REASON_WORDS[group.reason]}", "bold"),
        f": {texts.get(group.at, group.detail)}",
    )  # fmt: skip
    titles = [flag.rule.title for flag in group.flags]
    more = f" and {len(titles) - MOST_TITLES} more" if len(titles) > MOST_TITLES else ""
    wait = "1 rule waits" if len(titles) == 1 else f"{len(titles)} rules wait"
    waiting = f"{wait} for it: {'; '.join(titles[:MOST_TITLES])}{more}."
    return Group(head, Padding(Text(waiting), (0, 0, 0, 3)))


def _data(advisory: Advisory) -> Iterator[RenderableType]:
    if not advisory.unrecognised and not advisory.data_quality:
        return
    yield Line(Text("The data", style="bold"), align="left", style="default")
    for each in advisory.unrecognised:
        yield Text.assemble((" not recognised ", STYLES["warning"]), f" {each.at}: {_tame(each.text)}.{_meant(each)}")
    for gap in advisory.data_quality:
        yield Text.assemble((f" {REASON_WORDS[gap.reason]} ", STYLES["warning"]), f" {gap.at}: {gap.detail}")


def _meant(each: Unrecognised) -> str:
    return f" Did you mean {' or '.join(each.did_you_mean)}?" if each.did_you_mean else ""


def _tail(advisory: Advisory) -> Iterator[RenderableType]:
    if advisory.silent_on:
        yield Text(f"The documents say nothing on: {', '.join(advisory.silent_on)}.", style="bold")
    if advisory.not_raised is not None:
        yield Line(Text("Looked at, not raised", style="bold"), align="left", style="default")
        yield from map(_clear, advisory.not_raised)
    yield Line(style="default")
    yield Text(advisory.pack.notice, style="italic")


def _clear(clear: Clear) -> RenderableType:
    decided = "; ".join(map(says, clear.decided_by)) or "the facts given"
    head = Text.assemble((clear.rule.title, "bold"), (f"  {clear.rule.id}", "dim"))
    lines = [Text(f"Decided by {decided}."), Text(f"It would be raised with {'; '.join(clear.would_need)}.")]
    return Group(head, Padding(Group(*lines), (0, 0, 0, 3)))
