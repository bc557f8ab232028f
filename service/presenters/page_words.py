"""The words of the screen: names of facts, places, days, values and units, as a clinician reads them.

Texts of a record are shown as they are, on one line, without control marks and without amounts; the templates escape
them. Nothing here is clinical knowledge: it only spells names that rules/ already has.
"""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from service.knowledge.dose_guard import without_doses
from service.knowledge.model import FactDeclaration
from service.knowledge.vocabulary import Test
from service.presenters.inert import one_line

GROUPS = {"condition": "condition", "sign": "sign", "medicine": "medicine", "labs": "laboratory"}
SPELT = {"egfr": "eGFR", "iv": "IV", "ckd": "CKD", "g4": "G4", "g5": "G5", "at": "at"}
OUTCOMES = {"raised": "raised", "cannot_say": "cannot be answered"}
SEVERITY_WORDS = {"critical": "Critical", "warning": "Warning", "info": "For information"}
STATUS_WORDS = {"open": "Open", "signed": "Signed off", "superseded": "Superseded"}
CHOICE_WORDS = {"agree": "Agree", "no_action": "Reviewed, no action needed", "override": "Override"}
# Members of a profile as people call them; a member not named here is spelt as it is.
MEMBER_WORDS = {"egfr": "eGFR", "cystatin_c": "cystatin C", "signs": "signs and symptoms", "labs": "laboratory"}
# What only holds others in a profile, or leads through a Bundle to a resource.
_THROUGH = ("resource", "prefetch", "fetched", "context")
UNITS = {"a": "years", "1": "", "d": "days", "mL/min/{1.73_m2}": "mL/min/1.73 m²"}
MINUTE, HOUR, DAY = 60, 3600, 86400
LONGEST = 300


def spelt(name: str) -> str:
    """Return a name with underscores as words, and what is written in capitals in capitals."""
    return " ".join(SPELT.get(word, word) for word in name.replace(".", " ").replace("_", " ").split())


def capital(text: str) -> str:
    """Return the text with a capital at its start, leaving words such as eGFR alone."""
    first = text.split(" ", 1)[0]
    return text if first in SPELT.values() else text[:1].upper() + text[1:]


def fact_name(known: str) -> str:
    """Return the short name of a fact: "Kidney: eGFR", "Condition: chronic pain"."""
    group, _, rest = known.partition(".")
    return f"{capital(GROUPS.get(group, spelt(group)))}: {spelt(rest)}" if rest else capital(spelt(group))


def fact_label(fact: FactDeclaration, tests: Mapping[str, Test]) -> str:
    """Return the name of a fact as people call it; that of a result is the name of its test."""
    test = tests.get(str(fact.given.get("of", "")).rpartition(".")[2])
    if fact.kind == "filtration":
        return "Kidney filtration (eGFR)"
    if test and fact.kind in ("result", "result_flag"):
        return capital(test.name) if fact.kind == "result" else f"Laboratory's reading of {test.name}"
    return fact_name(fact.id)


def record_text(text: str) -> str:
    """Return a record's own words on one line, shortened, without control marks and amounts."""
    line = one_line(without_doses(text[: 2 * LONGEST]))
    return line if len(line) <= LONGEST else f"{line[:LONGEST]}…"


def place_name(at: str) -> str:
    """Return a JSON pointer in words: "medications, entry 4"."""
    said: list[str] = []
    for step in (step for step in at.split("/") if step):
        if step.isdigit():
            number = f"entry {int(step) + 1}"
            said = [*said[:-1], f"{said[-1]}, {number}"] if said and said[-1] != "entry" else [*said[:-1], number]
        elif step not in _THROUGH:
            said.append(MEMBER_WORDS.get(step, step.replace("_", " ")))
    return " \N{SINGLE RIGHT-POINTING ANGLE QUOTATION MARK} ".join(one_line(step)[:60] for step in said) or "the record"


def unit_name(unit: str | None) -> str:
    """Return a UCUM unit as people write it; one that is none is shown as it came."""
    return "" if unit is None else UNITS.get(unit, record_text(unit))


def value_text(value: Any, comparator: str | None = None) -> str:
    """Return a value of a fact: yes, no, a number, or the record's words."""
    if value is None or isinstance(value, bool):
        return {True: "yes", False: "no", None: "not known"}[value]
    if isinstance(value, Decimal):
        return f"{comparator or ''}{plain_number(value)}"
    return record_text(f"{comparator or ''}{value}")


def plain_number(value: Decimal) -> str:
    """Return a decimal without an exponent and without zeros at its end."""
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def day_words(day: date | str | None) -> str:
    """Return a day, month or year in words: "30 Oct 2026", "Oct 2026"; what is none of these as it came."""
    if day is None:
        return ""
    text = day.isoformat()[:10] if isinstance(day, date) else one_line(day)[:40]
    for form, written in (("%Y-%m-%d", "%d %b %Y"), ("%Y-%m", "%b %Y")):
        try:
            # The zone is named because a moment without one means nothing; only its day is used.
            return datetime.strptime(f"{text} +0000", f"{form} %z").strftime(written).lstrip("0")
        except ValueError:
            continue
    return text


def moment_words(moment: datetime) -> str:
    """Return a moment as a day and a time, in UTC: "21 Nov 2026, 09:30 UTC"."""
    moment = moment.astimezone(UTC)
    return f"{day_words(moment)}, {moment:%H:%M} UTC"


def ago(since: timedelta) -> str:
    """Return how long ago something was, in one unit: "5 min", "3 h", "12 days"."""
    seconds = max(0, int(since.total_seconds()))
    if seconds < HOUR:
        return f"{seconds // MINUTE} min"
    if seconds < DAY:
        return f"{seconds // HOUR} h"
    return counted(seconds // DAY, "day")


def counted(count: int, word: str, many: str | None = None) -> str:
    """Return a number with its word: "1 flag", "2 flags"."""
    return f"{count} {word if count == 1 else many or f'{word}s'}"


def slug(text: str) -> str:
    """Return what may stand in an id: small letters, digits and single hyphens."""
    return "-".join("".join(char if char.isascii() and char.isalnum() else " " for char in text.lower()).split())


def titles_of(flags: list[Mapping[str, Any]]) -> dict[str, str]:
    """Return the title of each flag by its rule, without the words that mark one that cannot be answered."""
    return {flag["rule"]: str(flag["title"]).removeprefix("Cannot say: ") for flag in flags}
