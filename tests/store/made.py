"""Made-up advisories, and those who act on them."""

import uuid
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

from schemas.review import AGREE, Actor, Decision, NewAdvisory
from service.store.advisories import AdvisoryStore
from service.store.derived import sha256

NOW = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)
ANN, BOB = Actor("ann", "clinician", "general"), Actor("bob", "clinician", "other")
KIDNEY, FORM, SIGN = "kidney/impaired", "form/oxide", "sign/cramps"
TOLD = ((KIDNEY, "raised", "critical"), (FORM, "cannot_say", "info"))
NEW = NewAdvisory(
    id="", created_at=NOW, as_of=date(2026, 11, 21), kind="profile", input=b'{"patient": {}}',
    input_sha256=sha256(b'{"patient": {}}'), answer=b'{"flags": []}', pack_version="1.0.0", pack_sha256="a" * 64,
    told=TOLD,
)  # fmt: skip


def new(**changes: Any) -> NewAdvisory:
    """Return an advisory with an id of its own."""
    return replace(NEW, **{"id": str(uuid.uuid4())} | changes)


def keep(store: AdvisoryStore, actor: Actor = ANN, **changes: Any) -> str:
    """Keep an advisory and return its id."""
    return store.keep(new(**changes), actor)[0]


def agree(store: AdvisoryStore, advisory: str, revision: int, *rules: str) -> int:
    """Agree with flags, with all unless some are named, and return the new revision."""
    decision = Decision(rules or tuple(rule for rule, _, _ in TOLD), AGREE)
    return store.add_decision(ANN.tenant, advisory, decision, revision, ANN, NOW)
