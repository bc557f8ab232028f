"""Small helpers of all FHIR readers: codings, texts, dates, references. They check types, so that nothing raises.

Sources: FHIR R4 (4.0.1), datatypes (CodeableConcept, dateTime, instant) and references (Reference, literal references).
"""

import re
from calendar import monthrange
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any

from schemas.fhir_terms import Terms
from schemas.profile import Coding

LOINC = "http://loinc.org"
MOST_CODINGS, LONGEST_CODE, LONGEST_SYSTEM, LONGEST_TEXT = 40, 64, 256, 512
# A date that stops at the year or the month begins on that day: an early day makes a result old, never fresh.
_REST_OF_DAY = {4: "-01-01", 7: "-01", 10: ""}
_IN_UTC = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", re.ASCII)
_ID = re.compile(r"[A-Za-z0-9.-]{1,64}")


def objects(value: Any) -> list[dict[str, Any]]:
    """Return the objects of a list; an object that stands alone where a list belongs counts as a list of one."""
    if isinstance(value, list):
        return [item for item in value if isinstance(item, dict)]
    return [value] if isinstance(value, dict) else []


def word_of(value: Any) -> str:
    """Return a code such as a status, "" where it is absent or not text."""
    return value if isinstance(value, str) else ""


def cut_text(value: Any, longest: int = LONGEST_TEXT) -> str | None:
    """Return text without the space around it, cut at `longest` characters; None where there is none."""
    if not isinstance(value, str):
        return None
    return value[: 2 * longest].strip()[:longest] or None


def key_of(text: str) -> str:
    """Return a text as the keys of Terms are written: casefolded, with single spaces."""
    return " ".join(text.split()).casefold()


def codings_of(concept: Any, terms: Terms) -> tuple[Coding, ...]:
    """Return at most 40 codings of a CodeableConcept, code systems under the URL that the vocabulary knows.

    What is not text is left out, and so is a coding whose code is longer than any code is.
    """
    given = concept.get("coding") if isinstance(concept, dict) else None
    if not isinstance(given, list):
        return ()
    read = (_coding(part, terms) for part in given[:MOST_CODINGS] if isinstance(part, dict))
    return tuple(coding for coding in read if coding)


def _coding(part: dict[str, Any], terms: Terms) -> Coding | None:
    code, system, display = part.get("code"), part.get("system"), cut_text(part.get("display"))
    if not isinstance(code, str) or not code:
        return Coding(None, None, display) if display else None
    return None if len(code) > LONGEST_CODE else Coding(system_of(system, terms), code, display)


def system_of(system: Any, terms: Terms) -> str | None:
    """Return a code system by the URL that the vocabulary knows; as it came where it is unknown."""
    if not isinstance(system, str) or not 0 < len(system) <= LONGEST_SYSTEM:
        return None
    return terms.systems.get(system, system)


def text_of(concept: Any) -> str | None:
    """Return the text of a CodeableConcept, else the first display of its codings, cut to 512 characters."""
    if not isinstance(concept, dict):
        return None
    text = cut_text(concept.get("text"))
    if text:
        return text
    given = concept.get("coding")
    displays = (cut_text(part.get("display")) for part in objects(given)) if isinstance(given, list) else ()
    return next((display for display in displays if display), None)


def first_code(concept: Any) -> str | None:
    """Return the first code of a CodeableConcept, whatever its system."""
    given = concept.get("coding") if isinstance(concept, dict) else None
    codes = (part.get("code") for part in objects(given))
    return next((code for code in codes if isinstance(code, str) and 0 < len(code) <= LONGEST_CODE), None)


def codes_in(concept: Any, system: str, terms: Terms) -> list[str]:
    """Return the codes that a CodeableConcept has in one code system, under any of its spellings."""
    found: list[str] = []
    given = concept.get("coding") if isinstance(concept, dict) else None
    if not isinstance(given, list):
        return found
    for part in given[:MOST_CODINGS]:
        if not isinstance(part, dict):
            continue
        said, code = part.get("system"), part.get("code")
        if isinstance(code, str) and isinstance(said, str) and (said == system or terms.systems.get(said) == system):
            found.append(code)
    return found


def route_of(concepts: Iterable[Any], terms: Terms) -> str | None:
    """Return the one route (oral, iv, topical, dietary) that all concepts mean; None unless they agree."""
    routes = {_route(concept, terms) for concept in concepts}
    return routes.pop() if len(routes) == 1 else None


def _route(concept: Any, terms: Terms) -> str | None:
    codings = codings_of(concept, terms)
    coded = {terms.routes.get((code.system or "", code.code or "")) for code in codings} - {None}
    if coded:
        return coded.pop() if len(coded) == 1 else None
    text = text_of(concept)
    return terms.route_words.get(key_of(text)) if text else None


def loose_day_of(value: Any) -> str | None:
    """Return the day of a FHIR date, dateTime or instant as it is written: YYYY, YYYY-MM or YYYY-MM-DD, else None."""
    return value[:10] if _parsed(value) else None


def day_of(value: Any) -> date | None:
    """Return the day of a FHIR date, dateTime or instant; a partial date begins early."""
    return day_and_moment_of(value)[0]


def last_day_of(value: Any) -> date | None:
    """Return the last day that a FHIR date or dateTime may mean, where an early one would make something past."""
    day = _parsed(value)
    if day is None or len(value) >= len("2026-11-21"):
        return day_of(value)
    if len(value) == len("2026"):
        return date(day.year, 12, 31)
    return date(day.year, day.month, monthrange(day.year, day.month)[1])


def moment_of(value: Any) -> str:
    """Return a time as text that sorts by time: in UTC where a zone is given, else as it is; "" where there is none."""
    return day_and_moment_of(value)[1]


def day_and_moment_of(value: Any) -> tuple[date | None, str]:
    """Return what day_of and moment_of do, for one parsing.

    A time with a zone counts on the day it had in UTC, in which the day of evaluation is counted too: a result of this
    morning in the east would otherwise lie in the future.
    """
    day = _parsed(value)
    if day is None:
        return None, ""
    if len(value) <= len("2026-11-21"):
        return day, value
    try:
        # Most times are whole seconds of UTC, and these are written already as they are to sort.
        if _IN_UTC.fullmatch(value):
            return datetime.fromisoformat(value[:-1]).date(), value[:-1]
        moment = datetime.fromisoformat(value)
        zone = moment.utcoffset()
        moment = moment.replace(tzinfo=None)
        moment = moment - zone if zone else moment
    except (ValueError, OverflowError):
        return day, value[:10]
    return moment.date(), moment.isoformat()


def _parsed(value: Any) -> date | None:
    """Return the day, or None; the dashes are checked because the parser would also read week dates."""
    if not isinstance(value, str) or value[4:5] not in ("", "-") or value[7:8] not in ("", "-"):
        return None
    size = len(value)
    if size > len("2026-11-21") and value[10] != "T":
        return None
    rest = _REST_OF_DAY.get(min(size, 10))
    if rest is None:
        return None
    try:
        return date.fromisoformat(value[:10] + rest)
    except ValueError:
        return None


def reference_of(resource: Mapping[str, Any]) -> str | None:
    """Return "Type/id" of a resource, with "/_history/version" where it says its version; None where it has no id."""
    kind, known = resource.get("resourceType"), resource.get("id")
    if not _is_id(kind) or not _is_id(known):
        return None
    meta = resource.get("meta")
    version = meta.get("versionId") if isinstance(meta, dict) else None
    return f"{kind}/{known}/_history/{version}" if _is_id(version) else f"{kind}/{known}"


def _is_id(value: Any) -> bool:
    """Whether this is an id as FHIR writes it (R4, datatypes, id): anything else could hold anything."""
    return isinstance(value, str) and _ID.fullmatch(value) is not None


def target_of(reference: Any) -> str | None:
    """Return what a Reference points to ("Medication/7", "#m1", a URL); None where it says it otherwise."""
    target = reference.get("reference") if isinstance(reference, dict) else None
    return target if isinstance(target, str) and target else None
