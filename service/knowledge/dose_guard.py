"""The dose guard: no text of ours may hold an amount, a frequency, an interval, or an order.

It runs twice: over every text of the pack when it is loaded, and over every text of an answer on its way out.
Laboratory units are not doses: "mg/dL" and "mL/min" pass, a number next to a bare "mg" does not.
"""

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

_NUMBER = (
    r"(?:\d[\d.,]{0,11}(?:\s{0,3}(?:-|–|—|to)\s{0,3}\d[\d.,]{0,11})?|\b(?:one|two|three|four|five|six|seven|eight|nine|ten|twelve|half|"
    r"several|a\s+few)\b)"
)
_UNIT = (
    r"(?:mg|mcg|µg|μg|ug|g|kg|mmol|meq|iu|ml|units?|milligrams?|micrograms?|grams?|millimoles?|milliequivalents?|"
    r"tablets?|tabs?|capsules?|caps|pills?|drops?|puffs?|sachets?|scoops?|teaspoons?|tablespoons?|doses?)"
)
# A laboratory unit goes on with a volume, a time or a mass: mg/dL, mL/min, mg/g, umol/L.
_LABORATORY = r"(?!\s*/\s*(?:dl|l|ml|min|g|mmol|litre|liter)\b)"
_TIME = r"(?:hours?|hrs?|h|days?|weeks?|months?|nights?|mornings?|evenings?|minutes?|mins?)"
# Spaces before an order are never given back (`++`, `*+`): a word cannot begin with one, and to try them one by one
# takes seconds for a page of line breaks.
_ORDERED = (
    r"(?:start|stop|switch|taper|increase|reduce|lower|raise|discontinue|cease|take|give|administer|begin|continue|"
    r"withhold|hold|double|halve|titrate|prescribe|omit|swap|replace|resume|restart|wean|initiate)"
)
_DONE = (
    r"(?:started|stopped|switched|tapered|increased|reduced|lowered|raised|discontinued|ceased|taken|given|administered|"
    r"begun|continued|withheld|held|doubled|halved|titrated|prescribed|omitted|swapped|replaced|resumed|restarted|weaned|"
    r"initiated)"
)
_DOING = (
    r"(?:starting|stopping|switching|tapering|increasing|reducing|lowering|raising|discontinuing|ceasing|taking|giving|"
    r"withholding|holding|titrating|prescribing|omitting|replacing|resuming|restarting|weaning|initiating|continuing)"
)
_PATTERNS = {
    "an amount": rf"{_NUMBER}[\s-]*(?:elemental\s+|of\s+)?{_UNIT}\b{_LABORATORY}",
    "a frequency": (
        rf"\b(?:once|twice|thrice|(?:{_NUMBER})\s*(?:x|×|times))\s*(?:a|an|per|each|every|/)?\s*"
        r"(?:day|daily|week|weekly|night|nightly|month|hour)\b"
        r"|\bevery\s+(?:other\s+|second\s+)?(?:(?:\d+|two|three|four|six|eight|twelve)\s*)?"
        r"(?:hours?|days?|mornings?|evenings?|nights?|weeks?)\b"
        r"|\b(?:per|a)\s+day\b|/\s*day\b|\bb\.?i\.?d\b|\bt\.?i\.?d\b|\bq\.?i\.?d\b|\bq\d+h\b|\bnocte\b"
        r"|\b(?:divided|split)\s+(?:\w+\s+)?dos(?:es?|ing)\b|\b(?:at|before)\s+bed(?:time)?\b"
    ),
    "an interval": (
        rf"{_NUMBER}[\s-]*{_TIME}\s+(?:apart|before|after|between|later|earlier)\b"
        rf"|\bfor\s+(?:at\s+least\s+)?{_NUMBER}[\s-]*{_TIME}\b"
        rf"|\bspaced?\s+(?:by\s+)?{_NUMBER}[\s-]*{_TIME}\b"
    ),
    "an order": (
        rf"(?:^|[.;:!?]\s++|\n)\s*+(?:please\s+|then\s+)?(?:do\s+not\s+|don't\s+|never\s+)?{_ORDERED}\b"
        rf"|\b(?:should|must|shall|needs?\s+to|has\s+to|have\s+to|ought\s+to)\s+(?:not\s+)?(?:be\s+{_DONE}|{_ORDERED})\b"
        rf"|\b(?:advis|recommend|instruct)\w*\s+(?:you\s+|the\s+patient\s+|them\s+)?(?:to\s+{_ORDERED}|{_DOING})\b"
    ),
}
_DIGIT = re.compile(r"\d")
_COMPILED = {what: re.compile(pattern, re.IGNORECASE) for what, pattern in _PATTERNS.items()}


@lru_cache(maxsize=16384)
def dose_in(text: str) -> tuple[str, ...]:
    """Return what makes `text` a dose or an order (`an amount: "…"`), each kind once. `text` is ours, no patient's."""
    found = ((what, pattern.search(text)) for what, pattern in _COMPILED.items())
    return tuple(f'{what}: "{match.group(0).strip(" .;:!?")}"' for what, match in found if match)


def without_doses(text: str) -> str:
    """Return a record's own words with "…" for every amount, frequency, interval or order; nothing is remembered.

    The name of an order often holds a strength. Texts without a digit are left alone, since brands hold number words.
    """
    if not _DIGIT.search(text):
        return text
    for pattern in _COMPILED.values():
        text = pattern.sub(" … ", text)
    return text.strip()


def doses_in(value: Any) -> Iterator[str]:
    """Yield every dose or order in the strings of nested lists and maps."""
    if isinstance(value, str):
        yield from dose_in(value)
    elif isinstance(value, dict):
        for inner in value.values():
            yield from doses_in(inner)
    elif isinstance(value, (list, tuple)):
        for inner in value:
            yield from doses_in(inner)
