"""Made-up advisories, thousands at a time: written in bulk, and yet a chain that `magflag audit verify` accepts."""

import random
import uuid
import zlib
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Engine, insert, select, text

from schemas.review import CREATED, OPEN, REPLACED, SIGNED, SIGNED_OFF, SUPERSEDED
from service.store.advisory_tables import ADVISORIES, ADVISORY_TEXTS, EVENTS, FLAGS, TOLD, instant_text
from service.store.chain import digest, head
from service.store.derived import as_told, canonical, record_sha256, searched, sha256, subject_of
from service.store.transactions import writing

__all__ = ["FIRST", "RULES", "TENANT", "fill"]

FIRST = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)
TENANT, WHO, PACK = "general", "bench", "a" * 64
RULES = tuple(f"area-{number % 20:02}/made-up-rule-{number:03}" for number in range(300))
KINDS = tuple(
    (outcome, severity) for outcome in ("raised", "cannot_say") for severity in ("critical", "warning", "info")
)
NAMES = ("Ada", "Ben", "Cleo", "Dan", "Eve", "Finn", "Gus", "Hana", "Ida", "Jo", "Kim", "Lea", "Max", "Nora", "Ole")
AT_ONCE = 2_000
# One text for all: a worklist never looks at it.
TEXT = b"{}"
PACKED = zlib.compress(TEXT, 1)


def fill(engine: Engine, count: int) -> None:
    """Write `count` advisories of one tenant: 5 to 30 flags each, three in five open, the rest signed or superseded."""
    dice, end = random.Random(5), head(engine)
    known: dict[tuple[str, str, str], int] = {}
    chain = [end.seq, end.hash]
    for start in range(0, count, AT_ONCE):
        with writing(engine) as connection:
            rows: dict[Any, list[dict[str, Any]]] = {EVENTS: [], ADVISORIES: [], ADVISORY_TEXTS: [], FLAGS: []}
            for number in range(start, min(start + AT_ONCE, count)):
                _one(connection, dice, FIRST + timedelta(seconds=number), known, chain, rows)
            for table, values in rows.items():
                connection.execute(insert(table), values)
    with engine.connect() as connection:  # As the databases do by themselves, some time after so many rows.
        connection.execution_options(isolation_level="AUTOCOMMIT").execute(text("ANALYZE"))


def _one(connection: Connection, dice: random.Random, at: datetime, known: Any, chain: list[Any], rows: Any) -> None:
    told = [(rule, *dice.choice(KINDS[:2] if dice.random() < 0.02 else KINDS[1:])) for rule in _rules(dice)]
    patient = f"p-{dice.randrange(40_000)}"
    label = f"{dice.choice(NAMES)} {dice.choice(NAMES)}son {patient}"
    row = {
        "id": str(uuid.UUID(int=dice.getrandbits(128))), "tenant": TENANT, "created_at": instant_text(at),
        "as_of": at.date().isoformat(), "kind": "profile", "patient": patient, "label": label, "pack_version": "1",
    }  # fmt: skip
    body = {"role": "clinician", "input": sha256(TEXT), "answer": sha256(TEXT), "pack": PACK, "archive": None}
    number = _event(chain, rows, row, CREATED, body | {"record": record_sha256(row, told)})
    state = _state(dice, chain, rows, row)
    row |= {
        "created_at": at, "number": number, "pack_sha256": PACK, "input_sha256": sha256(TEXT),
        "answer_sha256": sha256(TEXT), "subject": subject_of(TENANT, patient), "patient_searched": searched(patient),
        "label_searched": searched(label), **as_told(told), "undecided": len(told), "superseded_by": None,
        "signed_by": None, "signed_at": None, **state,
    }  # fmt: skip
    rows[ADVISORIES].append(row)
    rows[ADVISORY_TEXTS].append({"number": number, "input": PACKED, "answer": PACKED})
    for what in told:
        if what not in known:
            known[what] = _told(connection, *what)
        rows[FLAGS].append({"number": number, "told": known[what], "status": row["status"], "gravity": row["gravity"]})


def _rules(dice: random.Random) -> set[str]:
    """Draw rules, some of them often and most of them rarely."""
    return {RULES[int(len(RULES) * dice.random() ** 3)] for _ in range(dice.randint(5, 30))}


def _state(dice: random.Random, chain: list[Any], rows: Any, row: Any) -> dict[str, Any]:
    """Sign one in four (its flags stay undecided here) and supersede one in seven."""
    drawn = dice.random()
    if drawn < 0.6:
        return {"status": OPEN, "revision": 1}
    if drawn < 0.85:
        _event(chain, rows, row, SIGNED_OFF, {})
        signed_at = datetime.fromisoformat(row["created_at"])
        return {"status": SIGNED, "revision": 2, "signed_by": WHO, "signed_at": signed_at}
    _event(chain, rows, row, REPLACED, {"superseded_by": "another"})
    return {"status": SUPERSEDED, "revision": 2, "superseded_by": "another"}


def _event(chain: list[Any], rows: Any, row: Any, kind: str, body: Any) -> int:
    event = {
        "seq": chain[0] + 1, "advisory": row["id"], "tenant": TENANT, "kind": kind, "at": row["created_at"],
        "actor": WHO, "body": canonical(body), "previous": chain[1],
    }  # fmt: skip
    event["hash"] = digest(event)
    rows[EVENTS].append(event)
    chain[:] = event["seq"], event["hash"]
    return int(event["seq"])


def _told(connection: Connection, rule: str, outcome: str, severity: str) -> int:
    what = {"tenant": TENANT, "rule": rule, "outcome": outcome, "severity": severity}
    found = select(TOLD.c.id).filter_by(**what)
    known = connection.execute(found).scalar_one_or_none()
    return known or connection.execute(insert(TOLD).returning(TOLD.c.id), what).scalar_one()
