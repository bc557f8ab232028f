"""What a call of /v1/advisories says outside its body: the filter, the page, the revision, the idempotency key."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from flask import request

from schemas.advisory_schema import OUTCOMES, SEVERITIES
from schemas.problem import Problem, Refused
from schemas.review import OPEN, STATUSES, Wanted
from schemas.review_schema import LONGEST_RULE

ALL = "all"
USUAL_SIZE, MOST_SIZE = 50, 200
LONGEST_TEXT, LONGEST_CURSOR = 100, 512
MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d{1,6})?)?(Z|[+-]\d{2}:\d{2}))?", re.ASCII)
VISIBLE = re.compile(r"[!-~]{1,255}", re.ASCII)
ETAG = re.compile(r'"([1-9][0-9]{0,8})"', re.ASCII)
WORDS: Mapping[str, tuple[str, ...]] = {
    "status": (*STATUSES, ALL),
    "severity": SEVERITIES,
    "outcome": OUTCOMES,
}
TEXTS = {"rule": LONGEST_RULE, "text": LONGEST_TEXT, "cursor": LONGEST_CURSOR}
MOMENTS = ("since", "until")
SIZE = "size"
NAMES = frozenset((*WORDS, *TEXTS, *MOMENTS, SIZE))
SAYS = {
    "status": "Only advisories of this status; open, if none is given.",
    "severity": "Only advisories with a flag of this severity.",
    "outcome": "Only advisories with a flag of this outcome.",
    "rule": "Only advisories with a flag of this rule.",
    "text": "Only patients whose id or name begins like this. An address may be logged on its way: mind whose.",
    "since": "Only advisories made at this moment or later; a day stands for its beginning, in UTC.",
    "until": "Only advisories made before this moment.",
    "cursor": "The member `next` of the page before.",
}


def _described(name: str, schema: Mapping[str, Any], says: str, place: str = "query") -> dict[str, Any]:
    return {"in": place, "name": name, "schema": dict(schema), "description": says}


WORKLIST_PARAMETERS = [
    *(_described(name, {"type": "string", "enum": list(words)}, SAYS[name]) for name, words in WORDS.items()),
    *(
        _described(name, {"type": "string", "minLength": 1, "maxLength": most}, SAYS[name])
        for name, most in TEXTS.items()
    ),
    *(_described(name, {"type": "string", "pattern": f"^{MOMENT.pattern}$"}, SAYS[name]) for name in MOMENTS),
    _described(SIZE, {"type": "integer", "minimum": 1, "maximum": MOST_SIZE}, "How many on a page."),
]
KEY_PARAMETER = _described(
    "Idempotency-Key", {"type": "string", "pattern": f"^{VISIBLE.pattern}$"},
    "A name for this request: a retry with it keeps nothing twice, and is answered as the first was.", "header",
)  # fmt: skip
MATCH_PARAMETER = _described(
    "If-Match", {"type": "string", "pattern": f"^{ETAG.pattern}$"},
    "The ETag that was read; it stands for the member `revision` of the body.", "header",
)  # fmt: skip


def wanted_of_request() -> tuple[Wanted, str | None, int]:
    """Return the filter, the cursor and the size of a page that a call asks for."""
    return wanted_of(dict(request.args))


def wanted_of(given: Mapping[str, str]) -> tuple[Wanted, str | None, int]:
    """Return filter, cursor and size by the names of their parameters; raise Refused (422) with every mistake."""
    problems = []
    for name, value in given.items():
        hint = _mistake(name, value)
        if hint:
            problems.append(Problem("", f"The query parameter {name} cannot be read.", hint))
    if problems:
        raise Refused(422, problems)
    status = given.get("status", OPEN)
    wanted = Wanted(
        status=None if status == ALL else status,
        severity=given.get("severity"), outcome=given.get("outcome"), rule=given.get("rule"), text=given.get("text"),
        since=_moment(given.get("since")), until=_moment(given.get("until")),
    )  # fmt: skip
    return wanted, given.get("cursor"), int(given.get(SIZE, USUAL_SIZE))


def _mistake(name: str, value: str) -> str | None:
    """Return what to write instead, None where a value can be read."""
    if name in WORDS:
        return None if value in WORDS[name] else f"Write one of: {', '.join(WORDS[name])}."
    if name in TEXTS:
        is_text = 0 < len(value) <= TEXTS[name] and "\0" not in value
        return None if is_text else f"Write from 1 to {TEXTS[name]} characters."
    if name in MOMENTS:
        return None if _moment(value) else "Write a day, or a moment with its zone, for example 2026-11-21T09:30:00Z."
    is_size = re.fullmatch(r"[1-9][0-9]{0,2}", value, re.ASCII) and int(value) <= MOST_SIZE
    return None if is_size else f"Write a whole number from 1 to {MOST_SIZE}."


def _moment(value: str | None) -> datetime | None:
    if value is None or not MOMENT.fullmatch(value):
        return None
    try:
        moment = datetime.fromisoformat(value)
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def key_of_request() -> str | None:
    """Return the idempotency key of a call; raise Refused (422) for one that cannot be."""
    key = request.headers.get("Idempotency-Key")
    if key is not None and not VISIBLE.fullmatch(key):
        hint = "Write from 1 to 255 visible ASCII characters, for example a UUID."
        raise Refused(422, [Problem("", "The header Idempotency-Key cannot be read.", hint)])
    return key


def revision_of(data: Mapping[str, Any]) -> int:
    """Return which revision the caller has read, by the body or by If-Match; raise Refused (422) unless it is one."""
    said = int(data["revision"]) if "revision" in data else None
    written = request.headers.get("If-Match")
    found = ETAG.fullmatch(written) if written is not None else None
    if written is not None and found is None:
        raise Refused(422, [Problem("", "The header If-Match cannot be read.", 'Write the ETag, for example "3".')])
    matched = int(found[1]) if found else None
    if said is not None and matched is not None and said != matched:
        raise Refused(422, [Problem("/revision", "The header If-Match says another.", "Give one of the two.")])
    revision = matched if said is None else said
    if revision is None:
        raise Refused(422, [Problem("/revision", "This is missing.", "Write which revision you have read.")])
    return revision
