"""Cards that join several flags: one line for each point, and their facts and limits together."""

from collections.abc import Iterable, Mapping, Sequence

from service.assess import Flag
from service.presenters.card_call import Call, fact_lists, when_line
from service.presenters.card_draft import RULES, Draft, naming, worst
from service.presenters.card_parts import Parts
from service.presenters.card_text import about_line, joined, listed, merged
from service.presenters.inert import one_line

LEADS = {"more": "More cautions and interactions", "other": "Other points", "evidence": "Evidence"}
REVIEW = "Drafts: no clinician has reviewed these rules."


def joined_card(
    kind: str, call: Call, flags: Sequence[Flag], parts: Mapping[str, Parts], notes: Sequence[Flag] = ()
) -> Draft:
    """Return one card of a kind for the flags, the gravest first; `notes` are only named, at its end."""
    everything = [*flags, *notes]
    own = [parts[flag.rule.id] for flag in flags]
    orders = call.about(flags)
    facts = call.facts(flags)
    noted = [parts[flag.rule.id].title for flag in notes]
    points = [_point(call, flag, parts, len(orders) > 1) for flag in flags]
    detail = joined([
        about_line(orders), listed(LEADS[kind], points), *fact_lists(facts),
        listed("To check", merged(each.checks for each in own)),
        listed("Does not cover", merged(each.limits for each in own)),
        listed("Also noted", noted), f"{when_line(call, facts)} {_review(everything)}".strip(),
    ])  # fmt: skip
    return Draft(
        kind=kind, rules=tuple(flag.rule.id for flag in everything),
        indicator=worst(call.indicator(flag) for flag in flags), selected=any(order.selected for order in orders),
        summary=naming(LEADS[kind], (one_line(flag.rule.title) for flag in everything)), detail=detail,
        topic=parts[everything[0].rule.id].topic, path=RULES, provenance=call.provenance(facts, [], orders),
    )  # fmt: skip


def _point(call: Call, flag: Flag, parts: Mapping[str, Parts], with_order: bool) -> str:
    """Return the line of one flag; its weight where it has any, its order where the card is about several."""
    indicator = call.indicator(flag)
    weight = f"{indicator.upper()}: " if indicator != "info" else ""
    about = about_line(call.about([flag])) if with_order else ""
    return f"{weight}{parts[flag.rule.id].point} {about}".rstrip()


def _review(flags: Iterable[Flag]) -> str:
    return REVIEW if any(flag.rule.status == "draft" for flag in flags) else ""
