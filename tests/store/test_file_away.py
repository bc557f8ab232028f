"""An SQLite file that was moved away: nothing is kept that would be lost, and all goes on once it is back."""

import shutil
from pathlib import Path

import pytest
from sqlalchemy import Engine

from service.store.advisories import AdvisoryStore
from service.store.database import StoreUnavailable, open_database
from service.store.transactions import is_reachable
from tests.store.made import keep


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "magflag.db"


@pytest.fixture
def away(file: Path) -> Engine:
    return open_database(f"sqlite:///{file}")


def test_nothing_is_kept_while_the_file_is_away(away: Engine, file: Path) -> None:
    store = AdvisoryStore(away)
    before = keep(store)
    file.rename(file.with_suffix(".away"))
    with pytest.raises(StoreUnavailable, match="not where it was"):
        keep(store)
    assert not is_reachable(away)
    assert not file.exists()
    file.with_suffix(".away").rename(file)
    after = keep(store)
    assert None not in (store.summary("general", before), store.summary("general", after))


def test_a_new_connection_does_not_make_an_empty_file(away: Engine, file: Path) -> None:
    file.rename(file.with_suffix(".away"))
    away.dispose()
    with pytest.raises(StoreUnavailable):
        keep(AdvisoryStore(away))
    assert not file.exists()


def test_a_backup_in_its_place_is_opened(away: Engine, file: Path) -> None:
    store = AdvisoryStore(away)
    before = keep(store)
    with away.connect() as connection:
        connection.exec_driver_sql("ROLLBACK")
        connection.exec_driver_sql("VACUUM INTO ?", (f"{file}.backup",))
    for each in file.parent.glob("magflag.db*"):
        if each.suffix != ".backup":
            each.unlink()
    shutil.copy(f"{file}.backup", file)
    with pytest.raises(StoreUnavailable):
        keep(store)
    after = keep(store)
    again = AdvisoryStore(open_database(f"sqlite:///{file}"))
    assert None not in (again.summary("general", before), again.summary("general", after))
