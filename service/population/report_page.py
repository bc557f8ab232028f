"""A report as the template shows it: figures, tables of bars, drawings. No patient stands in it, by no name or id."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise

from service.knowledge.model import SEVERITIES, Pack
from service.population.report_bars import Bar, Row, Table, bar, folded, number, share
from service.population.report_counts import CANNOT_SAY_FROM, RAISED_FROM, Counts
from service.population.report_egfr import Drawings, drawings
from service.population.report_summary import MOST_UNKNOWNS, RuleCount, Summary, UnknownCount
from service.presenters.grouping import REASON_WORDS
from service.presenters.page_words import SEVERITY_WORDS, capital, counted, day_words, fact_label, fact_name, spelt

RAISED, CANNOT_SAY = "raised", "cannot be answered"
PATIENTS = "patients"
# So many rules of a severity, and so many unknowns, are shown at once.
RULES_SHOWN, UNKNOWNS_SHOWN = 10, 15


@dataclass(frozen=True, slots=True)
class Figure:
    """A headline: a number, what it counts, and its share of something."""

    number: str
    words: str
    note: str = ""
    kind: str = ""


@dataclass(frozen=True, slots=True)
class Group:
    """The rules of one severity."""

    severity: str
    words: str
    note: str
    table: Table


@dataclass(frozen=True, slots=True)
class Page:
    """Everything the template shows."""

    patients: str
    as_of: str
    pack: Mapping[str, str]
    engine: str
    magflag: str
    is_reviewed: bool
    has_pack: bool
    figures: tuple[Figure, ...]
    people: tuple[Table, ...]
    overview: Table
    groups: tuple[Group, ...]
    reasons: Table
    unknowns: Table
    unknowns_note: str
    kidney: Drawings
    resources: Table
    rejected: Table
    lines: str


def page_of(summary: Summary, counts: Counts, pack: Pack | None) -> Page:
    """Return the page; `pack` are the rules that were used, None where they are not at hand."""
    return Page(
        patients=_patients(summary.patients), as_of=day_words(summary.as_of), pack=summary.pack, engine=summary.engine,
        magflag=summary.magflag, is_reviewed=summary.pack["clinical_review"] != "none", has_pack=pack is not None,
        figures=tuple(_figures(summary, counts)), people=tuple(_people(summary, counts)), overview=_overview(summary),
        groups=tuple(_groups(summary)), reasons=_reasons(summary, counts), unknowns=_unknowns(summary, pack),
        unknowns_note=_unknowns_note(summary), kidney=drawings(counts.filtration, summary.rules, pack),
        resources=_resources(summary), rejected=_rejected(summary), lines=number(summary.lines),
    )  # fmt: skip


def _figures(summary: Summary, counts: Counts) -> Iterable[Figure]:
    patients = summary.patients
    critical = counts.by_worst.get("critical", 0)
    yield Figure(number(patients), "patients")
    yield Figure(number(summary.with_flags), "with a flag raised", share(summary.with_flags, patients), RAISED)
    yield Figure(number(critical), "with a critical flag", share(critical, patients), "critical")
    yield Figure(number(summary.raised), "flags raised", f"of {_speaking(summary.rules, RAISED)}", RAISED)
    unsure = f"of {_speaking(summary.rules, 'cannot_say')}"
    yield Figure(number(summary.cannot_say), "flags that cannot be answered", unsure, "unknown")
    rejected = summary.rejected
    yield Figure(number(rejected.lines), "lines rejected", share(rejected.lines, summary.lines))


def _speaking(rules: Sequence[RuleCount], outcome: str) -> str:
    return counted(sum(getattr(rule, outcome) > 0 for rule in rules), "rule")


def _people(summary: Summary, counts: Counts) -> Iterable[Table]:
    whole = summary.patients
    yield _by_group("Patients by the number of flags raised", counts.by_raised, RAISED_FROM, whole, RAISED)
    caption = "Patients by the number of flags that cannot be answered"
    yield _by_group(caption, counts.by_cannot_say, CANNOT_SAY_FROM, whole, "unknown")
    worst = [(SEVERITY_WORDS[each], counts.by_worst.get(each, 0), f"{RAISED} {each}") for each in SEVERITIES]
    none = ("None raised", counts.by_worst.get(None, 0), "plain")
    rows = [Row(words, "", (bar(part, whole, kind),)) for words, part, kind in (*worst, none)]
    yield Table("Patients by the gravest flag raised", ("gravest flag", PATIENTS), tuple(rows))


def _by_group(caption: str, parts: Sequence[int], starts: Sequence[int], whole: int, kind: str) -> Table:
    rows = [Row(words, "", (bar(part, whole, kind),)) for words, part in zip(_spans(starts), parts, strict=True)]
    return Table(caption, ("flags", PATIENTS), tuple(rows))


def _spans(starts: Sequence[int]) -> Iterable[str]:
    for first, following in pairwise(starts):
        yield number(first) if following == first + 1 else f"{number(first)} to {number(following - 1)}"
    yield f"{number(starts[-1])} or more"


def _overview(summary: Summary) -> Table:
    """Return how many flags there are of each severity; both bars are shares of all flags."""
    whole = summary.raised + summary.cannot_say
    rows = []
    for severity in SEVERITIES:
        rules = [rule for rule in summary.rules if rule.severity == severity]
        raised, unsure = sum(rule.raised for rule in rules), sum(rule.cannot_say for rule in rules)
        bars = bar(raised, whole, f"{RAISED} {severity}"), bar(unsure, whole, f"unknown {severity}")
        rows.append(Row(SEVERITY_WORDS[severity], counted(len(rules), "rule"), bars))
    return Table(
        "Flags by severity of their rule, each as a share of all flags", ("severity", RAISED, CANNOT_SAY), tuple(rows)
    )


def _groups(summary: Summary) -> Iterable[Group]:
    for severity, found in groupby(summary.rules, lambda rule: rule.severity):
        rules = list(found)
        raised = counted(sum(rule.raised > 0 for rule in rules), "rule")
        shown, others = folded([_rule(rule, summary.patients) for rule in rules], RULES_SHOWN)
        words = SEVERITY_WORDS[severity]
        table = Table(
            f"{words}: patients for whom each rule was raised or cannot be answered",
            ("rule", RAISED, CANNOT_SAY), shown, others, _fold(rules[len(shown) :]),
        )  # fmt: skip
        yield Group(
            severity, words, f"{raised} raised, {_speaking(rules, 'cannot_say')} that cannot be answered", table
        )


def _rule(rule: RuleCount, patients: int) -> Row:
    bars = (
        bar(rule.raised, patients, f"{RAISED} {rule.severity}"),
        bar(rule.cannot_say, patients, f"unknown {rule.severity}"),
    )
    return Row(rule.title, capital(spelt(rule.category)), bars, rule.rule)


def _fold(rules: Sequence[RuleCount]) -> str:
    raised, unsure = (max((getattr(rule, name) for rule in rules), default=0) for name in ("raised", "cannot_say"))
    return f"{counted(len(rules), 'more rule')}: {_at_most(RAISED, raised)}; {_at_most('not answered', unsure)}"


def _at_most(what: str, count: int) -> str:
    return f"{what} for at most {_patients(count)} each" if count else f"never {what}"


def _patients(count: int) -> str:
    return f"{number(count)} patient{'' if count == 1 else 's'}"


def _reasons(summary: Summary, counts: Counts) -> Table:
    rows = [
        Row(capital(_reason(reason)), "", (bar(flags, summary.cannot_say, "unknown"),), reason)
        for reason, flags in counts.by_reason
    ]
    caption = "Why flags cannot be answered, each as a share of them; a flag may have several reasons"
    return Table(caption, ("reason", "flags"), tuple(rows))


def _reason(reason: str) -> str:
    return REASON_WORDS.get(reason) or spelt(reason)


def _unknowns(summary: Summary, pack: Pack | None) -> Table:
    name = _names(pack)
    rows = [
        Row(f"{name(each.fact)}, {_reason(each.reason)}", _meaning(each, pack), _waiting(each, summary), each.fact)
        for each in summary.unknowns
    ]
    shown, others = folded(rows, UNKNOWNS_SHOWN)
    caption = "What is not known of how many patients, and how many flags wait for it"
    heads = ("what is not known", PATIENTS, "flags that wait")
    return Table(caption, heads, shown, others, f"{counted(len(others), 'more thing')} that are not known")


def _waiting(each: UnknownCount, summary: Summary) -> tuple[Bar, Bar]:
    return bar(each.patients, summary.patients, "unknown"), bar(each.flags, summary.cannot_say, "unknown")


def _names(pack: Pack | None) -> Callable[[str], str]:
    """Return how a fact is called: as the rules say where they are at hand, else by its id, spelt out."""

    def name(fact: str) -> str:
        declared = pack.facts.get(fact) if pack else None
        return fact_label(declared, pack.vocabulary.tests) if pack and declared else fact_name(fact)

    return name


def _meaning(each: UnknownCount, pack: Pack | None) -> str:
    declared = pack.facts.get(each.fact) if pack else None
    return declared.meaning if declared else ""


def _unknowns_note(summary: Summary) -> str:
    is_all = len(summary.unknowns) < MOST_UNKNOWNS
    return "" if is_all else f"The {MOST_UNKNOWNS} for which most flags wait; there may be others."


def _resources(summary: Summary) -> Table:
    read = [(kind, count, "") for kind, count in sorted(summary.resources.items())]
    others = [(kind, count, "not read: no rule asks for it") for kind, count in sorted(summary.not_read.items())]
    whole = summary.lines
    rows = [Row(kind, note, (bar(count, whole),)) for kind, count, note in (*read, *others)]
    return Table("Resources by type, each as a share of all lines", ("type", "resources"), tuple(rows))


def _rejected(summary: Summary) -> Table:
    reasons = sorted(summary.rejected.reasons.items(), key=lambda pair: (-pair[1], pair[0]))
    rows = [Row(capital(reason), "", (bar(count, summary.rejected.lines),)) for reason, count in reasons]
    return Table("Rejected lines by reason", ("reason", "lines"), tuple(rows))
