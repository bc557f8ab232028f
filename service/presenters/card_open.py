"""The one card that says what cannot be said: grouped by what is missing, with everything the record left open."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Protocol

from schemas.canonical import category_coding
from service.assess import Flag
from service.engine.reference import CANNOT_SAY
from service.facts.model import NOT_SUPPLIED, Unrecognised
from service.intake.fhir.prefetch import FEEDS_OF_KEY, OPTIONAL
from service.knowledge.dose_guard import doses_in
from service.presenters.card_call import Call
from service.presenters.card_draft import RULES, Draft, naming, worst
from service.presenters.card_parts import Parts
from service.presenters.card_text import Order, about_line, joined, listed, quoted
from service.presenters.grouping import REASON_WORDS, Blocked, blocked
from service.presenters.inert import inert, ours, place
from service.presenters.plain import DoseFound

MOST_UNRECOGNISED, MOST_LINES, MOST_TITLES, LONGEST_PLACE = 12, 30, 3, 30
# What is told beside other things, but leaves nothing open: it makes no card by itself.
SETTLED = ("not_used", "entered_in_error", "not_done", "method")
# So too that the EHR did not send what no rule waits for.
NOT_SENT = ("key_absent", "key_null")
NOT_WAITED_FOR = frozenset(f"/prefetch/{key}" for key in OPTIONAL)
# Steps of a pointer that name no part of the record.
_STEPS = ("prefetch", "fetched", "entry", "resource", "context")
# Members of a profile that only hold others.
_GROUPS = ("kidney", "labs", "patient", "diet")
_ASKED_FOR = frozenset("/" + member.replace(".", "/") for fed in FEEDS_OF_KEY.values() for member in fed)
OPENING = "What is not known has not been ruled out."
REVIEW = "No clinician has reviewed these rules."


class Left(Protocol):
    """Something left open: an Open of the record, or a Gap of the facts."""

    @property
    def reason(self) -> str:
        """A word for the reason."""
        ...

    @property
    def at(self) -> str:
        """Where, as a JSON pointer."""
        ...

    @property
    def detail(self) -> str:
        """A sentence of ours, which quotes nothing."""
        ...


def open_card(call: Call, parts: Mapping[str, Parts]) -> Draft | None:
    """Return the card, or None if nothing is open at all."""
    flags = [flag for flag in call.advisory.flags if flag.outcome == CANNOT_SAY]
    groups = blocked(flags)
    record = _record(call, groups)
    texts = {each.at: each for each in call.advisory.unrecognised}
    if not (flags or texts or any(not _is_settled(each) for each in record)):
        return None
    _guard([*record, *groups])
    orders = call.about(flags, [*texts, *(each.at for each in record)])
    waiting = [_waiting(group, texts, parts) for group in groups]
    other = [_unrecognised(each) for at, each in texts.items() if at not in {group.at for group in groups}]
    lists = (
        listed("Waited for", _at_most(MOST_LINES, waiting)),
        listed("The record", _at_most(MOST_LINES, [_left(each) for each in record])),
        listed("Not recognised", _at_most(MOST_UNRECOGNISED, other)),
    )
    review = REVIEW if call.advisory.pack.clinical_review == "none" else ""
    when = f"Evaluated for {call.advisory.as_of.isoformat()}."
    return Draft(
        kind="cannot_say", rules=tuple(sorted(flag.rule.id for flag in flags)), indicator=_indicator(flags),
        selected=any(order.selected for order in orders), summary=_summary(flags, groups, record, texts),
        detail=joined([about_line(orders), OPENING, *lists, f"{when} {review}".strip()]),
        topic=category_coding("data_quality"), path=RULES,
        provenance=_provenance(call, flags, record, orders),
    )  # fmt: skip


def _indicator(flags: Iterable[Flag]) -> str:
    """Return the gravest that waits for something a hook asks for; what is not known is never critical by itself.

    Signs and diet come with no hook. A warning for want of them at every chart would soon be heard by nobody.
    """
    gravest = worst(flag.severity for flag in flags if any(_is_asked_for(gap) for gap in flag.missing))
    return "warning" if gravest == "critical" else gravest


def _is_asked_for(gap: Left) -> bool:
    return gap.reason != NOT_SUPPLIED or gap.at in _ASKED_FOR


def _record(call: Call, groups: Iterable[Blocked]) -> list[Left]:
    """Return what the record left open and what is wrong with the data, where no point that waits names it."""
    named = {(group.at, group.reason) for group in groups}
    found: dict[tuple[str, str, str], Left] = {}
    everything: list[Left] = [*call.told, *call.advisory.data_quality]
    for each in everything:
        if (each.at, each.reason) not in named:
            found.setdefault((each.at, each.reason, each.detail), each)
    return sorted(found.values(), key=_is_settled)


def _is_settled(each: Left) -> bool:
    return each.reason in SETTLED or (each.reason in NOT_SENT and each.at in NOT_WAITED_FOR)


def _waiting(group: Blocked, texts: Mapping[str, Unrecognised], parts: Mapping[str, Parts]) -> str:
    """Return one line on one missing thing: what it is, and how many and which points wait for it."""
    told = f" {_meant(texts[group.at])}" if group.at in texts else _told(group)
    titles = [parts[flag.rule.id].title for flag in group.flags[:MOST_TITLES]]
    rest = len(group.flags) - len(titles)
    count = "1 point waits" if len(group.flags) == 1 else f"{len(group.flags)} points wait"
    more = f"; and {rest} more" if rest else ""
    return f"{_place_and_reason(group)}.{told} {count} for it: {'; '.join(titles)}{more}."


def _place_and_reason(left: Left | Blocked) -> str:
    """Return what is missing in words, with its pointer where that leads to one thing among several."""
    reason = REASON_WORDS.get(left.reason) or inert(left.reason.replace("_", " "))
    pointer = f" ({place(left.at)})" if any(step.isdigit() for step in left.at.split("/")) else ""
    return f"**{place(_place(left.at))}**{pointer} {reason}"


def _left(each: Left) -> str:
    return f"{_place_and_reason(each)}: {ours(each.detail)}" if each.detail else f"{_place_and_reason(each)}."


def _told(group: Blocked) -> str:
    """Return the sentence on a gap; where nothing was supplied, the reason has said it all."""
    return "" if group.reason == NOT_SUPPLIED else f" {ours(group.detail)}"


def _unrecognised(each: Unrecognised) -> str:
    return f"{place(each.at)}: {_meant(each)}"


def _meant(each: Unrecognised) -> str:
    """Return what was not recognised, as the record says it, and what may have been meant."""
    meant = " or ".join(map(inert, each.did_you_mean))
    return f"{quoted(each.text)}.{f' Did you mean {meant}?' if meant else ''}"


def _at_most(most: int, lines: Sequence[str]) -> Iterator[str]:
    yield from lines[:most]
    if len(lines) > most:
        yield f"and {len(lines) - most} more"


def _summary(
    flags: Sequence[Flag], groups: Sequence[Blocked], record: Sequence[Left], texts: Mapping[str, Unrecognised]
) -> str:
    places = [
        _place(at) for at in dict.fromkeys([*(each.at for each in groups), *(each.at for each in record), *texts])
    ]
    if flags:
        count = "1 point" if len(flags) == 1 else f"{len(flags)} points"
        return naming(f"Cannot say for {count}; not known", places)
    return naming("Nothing waits for it, but the record is not wholly known", places)


def _place(at: str) -> str:
    """Return the part of the record that a pointer names, in words."""
    steps = [step for step in at.split("/") if step and not step.isdigit() and step not in _STEPS]
    named = steps[1:] if len(steps) > 1 and steps[0] in _GROUPS else steps
    return " ".join(named).replace("_", " ")[:LONGEST_PLACE] or "the record"


def _provenance(
    call: Call, flags: Sequence[Flag], record: Iterable[Left], orders: Sequence[Order]
) -> dict[str, object]:
    """Return what is missing, for machines; what already speaks for a point that waits is no reason for this card."""
    gaps = dict.fromkeys((gap.fact, gap.reason, gap.at) for flag in flags for gap in flag.missing)
    missing = [_named(fact=fact, reason=reason, at=at) for fact, reason, at in gaps]
    missing += [_named(reason=each.reason, at=each.at) for each in record]
    return call.provenance([], missing, orders)


def _named(**members: str) -> dict[str, str]:
    return {name: value for name, value in members.items() if value}


def _guard(left: Iterable[Left | Blocked]) -> None:
    """Guard the sentences of the stages before; they are ours, and quote nothing."""
    if any(doses_in([each.detail for each in left])):
        raise DoseFound("what is not known")
