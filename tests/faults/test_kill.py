"""An answer given is an answer recorded: whenever a process is killed, what it acknowledged is there, and only once."""

from sqlalchemy import Engine, func, select

from service.store.advisories import AdvisoryStore
from service.store.advisory_tables import ADVISORIES, IDEMPOTENCY_KEYS
from service.store.audit import Audit
from service.store.transactions import reading
from tests.faults.killing import kill_while_keeping
from tests.store.made import ANN, new

KILLS, SEED = 10, 20261121


def test_what_was_acknowledged_outlives_every_kill(url: str, engine: Engine) -> None:
    acknowledged = kill_while_keeping(url, KILLS, SEED)
    assert len(acknowledged) == len(set(acknowledged)) >= KILLS
    store = AdvisoryStore(engine)
    assert [each for each in acknowledged if store.one("general", each) is None] == []
    assert list(Audit(engine).faults({})) == []
    # Whoever sends the same again after the crash is given what was kept, and nothing is kept twice.
    assert {store.keep(new(), ANN, each)[0] for each in acknowledged[-KILLS:]} == set(acknowledged[-KILLS:])
    with reading(engine) as connection:
        counts = [connection.execute(select(func.count()).select_from(table)).scalar_one()
                  for table in (ADVISORIES, IDEMPOTENCY_KEYS)]  # fmt: skip
    assert counts[0] == counts[1] >= len(acknowledged)
