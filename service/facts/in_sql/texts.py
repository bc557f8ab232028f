"""What is seen behind a fact and why it is not known, as JSON text in pieces, between which SQL puts place and day.

The members and their order are those of an advisory (contract, section 2); the fact's own name comes first and is
added last, because many facts share a text.
"""

import json
from decimal import Decimal
from typing import Any

from schemas.profile import Quantity
from service.facts.entries import Read
from service.facts.from_lists import seen_entry
from service.facts.model import Gap

NO_DAY = '"unit":null,"date":null,"at":"'
LABORATORY = "the laboratory's own reading"


def as_json(value: Any) -> str:
    """Return a value as JSON; a decimal as the number it was, whole numbers without a point."""
    if isinstance(value, Decimal):
        value = int(value) if value == value.to_integral_value() else float(value)
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def inside_json(text: str | None) -> str | None:
    """Return a text as it stands between the quotes of JSON."""
    return None if text is None else as_json(text)[1:-1]


def seen_parts(read: Read) -> tuple[str, str]:
    """Return what stands before the place of an entry that was seen, and after its source."""
    seen = seen_entry(read)
    return f'"value":{as_json(seen.value)},{NO_DAY}', _end(seen.origin)


def plain_seen(value: Any, at: str, origin: str | None = None) -> str:
    """Return something seen that has neither unit, day nor source."""
    return f'"value":{as_json(value)},{NO_DAY}{at}","source":null{_end(origin)}'


def gap_parts(gap: Gap, entry_at: str) -> tuple[str, str]:
    """Return what stands before and after the place of an entry, of a gap that is about it or a part of it."""
    part = gap.at.removeprefix(entry_at)
    return f'"reason":"{gap.reason}","at":"', f'{part}","detail":{as_json(gap.detail)}}}'


def plain_gap(gap: Gap) -> str:
    """Return a gap whose place is known beforehand."""
    return f'"reason":"{gap.reason}","at":{as_json(gap.at)},"detail":{as_json(gap.detail)}}}'


def value_parts(quantity: Quantity) -> dict[str, str]:
    """Return the pieces of a value that was seen: before its day, after its source, and after its age."""
    comparator = f',"comparator":{as_json(quantity.comparator)}' if quantity.comparator else ""
    head = f'"value":{as_json(quantity.value)},"unit":{as_json(quantity.unit)},"date":'
    return {"head": head, "middle": comparator, "tail": _end(quantity.method)}


def reading_parts(quantity: Quantity) -> dict[str, str]:
    """Return the pieces of a laboratory's own reading that was seen."""
    return {
        "reading_head": f'"value":{as_json(quantity.interpretation)},"unit":null,"date":',
        "reading_tail": _end(LABORATORY),
    }


def _end(origin: str | None) -> str:
    return "}" if origin is None else f',"origin":{as_json(origin)}}}'
