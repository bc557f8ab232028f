"""What a flag says: the rule's own words where it was raised, and that it is not known where the rule cannot say."""

from collections.abc import Iterable

from schemas.rule_files import LONGEST_SUMMARY
from service.knowledge.model import Rule


def in_words(fact: str) -> str:
    """Return a fact's name as people read it."""
    return fact.replace(".", " ").replace("_", " ")


def open_title(rule: Rule) -> str:
    """Return the title of a rule that cannot say."""
    return f"Cannot say: {rule.title}"


def open_summary(facts: Iterable[str]) -> str:
    """Return one sentence that names what is not known, cut to the length of a summary."""
    names = [in_words(fact) for fact in dict.fromkeys(facts)]
    for count in range(len(names), 0, -1):
        rest = len(names) - count
        more = f" and {rest} more" if rest else ""
        sentence = f"Whether this applies is not known; missing: {', '.join(names[:count])}{more}."
        if len(sentence) <= LONGEST_SUMMARY:
            return sentence
    return "Whether this applies is not known."


def open_detail(rule: Rule) -> str:
    """Return what stands behind a rule that cannot say: its own detail, and that it may not apply."""
    return f"What is listed as missing decides whether this applies. If it does: {rule.summary} {rule.detail.strip()}"
