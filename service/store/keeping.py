"""What of a caller's text may be kept, and how long anything is."""

import hashlib
import re
from datetime import datetime, timedelta

from sqlalchemy import Engine, delete, select, tuple_

from service.store.tables import FEEDBACK, ISSUED_CARDS
from service.store.transactions import writing

__all__ = ["KEEP", "NOT_A_CODE", "card_key", "code_or_not", "purge", "system_or_none"]

KEEP = timedelta(days=400)
# Stands for a code that does not look like one. It does not look like one either, so no real code can be mistaken.
NOT_A_CODE = "(not a code)"
UUID = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
CODE = r"[A-Za-z0-9][A-Za-z0-9._:-]{0,63}"
SYSTEM = r"(https?://|urn:)[A-Za-z0-9._:/-]{1,200}"


def card_key(uuid: str) -> str:
    """Return what a card is known by: its UUID in small letters; of any other text, which may say anything, a hash."""
    small = uuid.lower()
    if re.fullmatch(UUID, small, re.ASCII):
        return small
    return hashlib.sha256(uuid.encode("utf-8", "surrogatepass")).hexdigest()


def code_or_not(text: str | None) -> str | None:
    """Return a reason's code if it looks like one; a sentence in its place may be about a patient, and is not kept."""
    if text is None:
        return None
    return text if re.fullmatch(CODE, text, re.ASCII) else NOT_A_CODE


def system_or_none(text: str | None) -> str | None:
    """Return the code system of a reason if it looks like one."""
    return text if text is not None and re.fullmatch(SYSTEM, text, re.ASCII) else None


def purge(engine: Engine, before: datetime) -> None:
    """Forget the cards issued before a moment with all that was said of them, and feedback recorded before it."""
    card, report = ISSUED_CARDS.c, FEEDBACK.c
    of_old_cards = select(card.tenant, card.client, card.card).where(card.issued_at < before)
    with writing(engine) as connection:
        # First the feedback: without its card it would be counted as feedback on an unknown one. In two steps, because
        # each of them has an index to go by.
        connection.execute(delete(FEEDBACK).where(tuple_(report.tenant, report.client, report.card).in_(of_old_cards)))
        connection.execute(delete(FEEDBACK).where(report.recorded_at < before))
        connection.execute(delete(ISSUED_CARDS).where(card.issued_at < before))
