"""Is a kept answer what its input still gives? Byte for byte; where not, the places that differ."""

import json
from collections.abc import Iterator
from itertools import islice
from typing import Any

from schemas.review import Replay
from schemas.strict import pointer_part

MOST_DIFFERENCES = 20
# Where there is nothing to compare with, because the rules of that day are not at hand any more.
NO_RULES = Replay(same=False, differences=("/pack/sha256",))
_ABSENT = object()


def compared(kept: bytes, again: bytes) -> Replay:
    """Compare two advisories as JSON texts; the whole text ("") differs where only the writing of it does."""
    if kept == again:
        return Replay(same=True)
    found = tuple(islice(_differences(json.loads(kept), json.loads(again), ""), MOST_DIFFERENCES))
    return Replay(same=False, differences=found or ("",))


def _differences(kept: Any, again: Any, at: str) -> Iterator[str]:
    if isinstance(kept, dict) and isinstance(again, dict):
        pairs = [(name, kept.get(name, _ABSENT), again.get(name, _ABSENT)) for name in dict.fromkeys((*kept, *again))]
        for name, one, other in pairs:
            yield from _differences(one, other, f"{at}/{pointer_part(name)}")
    elif isinstance(kept, list) and isinstance(again, list) and len(kept) == len(again):
        for index, (one, other) in enumerate(zip(kept, again, strict=True)):
            yield from _differences(one, other, f"{at}/{index}")
    elif type(kept) is not type(again) or kept != again:
        yield at
