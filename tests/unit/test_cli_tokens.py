"""magflag tokens: made, listed, revoked; a store that cannot be opened is a sentence and exit code 12."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from service.cli import tokens as cli
from service.cli.main import main
from service.store import tokens as store
from service.store.database import open_database


@pytest.fixture
def url(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    url = f"sqlite:///{tmp_path}/magflag.db"
    monkeypatch.setenv("MAGFLAG_DATABASE_URL", url)
    return url


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["tokens", *arguments])


def create(*more: str) -> Result:
    return run("create", "--role", "clinician", "--tenant", "general", *more)


def test_a_token_is_printed_alone_and_works(url: str) -> None:
    made = create("--days", "30")
    assert made.exit_code == 0
    engine = open_database(url)
    found = store.Tokens(engine).find(made.stdout.strip(), datetime.now(UTC))
    engine.dispose()
    assert found is not None
    assert (found.role, found.tenant, (found.expires - found.created).days) == ("clinician", "general", 30)
    assert f"This token is shown once. It is {found.id} in" in made.stderr


def test_a_token_is_listed_without_itself_and_can_be_revoked(url: str) -> None:
    token = create().stdout.strip()
    listed = run("list").stdout
    assert " clinician " in listed
    assert " valid " in listed
    assert token not in listed
    assert run("revoke", listed.split()[0]).exit_code == 0
    assert " revoked " in run("list", "--tenant", "general").stdout


def test_other_tenants_are_left_out_of_a_list(url: str) -> None:
    create()
    listed = run("list", "--tenant", "other")
    assert (listed.stdout, listed.stderr, listed.exit_code) == ("", "There are no tokens.\n", 0)


def test_a_token_that_is_not_there_cannot_be_revoked(url: str) -> None:
    ended = run("revoke", "aaaaaaaa")
    assert (ended.exit_code, ended.stderr.startswith("There is no such token")) == (11, True)


@pytest.mark.parametrize(
    "arguments",
    [
        ("create", "--role", "root", "--tenant", "general"),
        ("create", "--role", "admin", "--tenant", "General Hospital"),
        ("create", "--role", "admin", "--tenant", "general", "--days", "0"),
        ("create", "--role", "admin"),
        ("list", "--tenant", "'; DROP TABLE tokens"),
    ],
)
def test_what_cannot_be_is_refused_before_the_store_is_opened(url: str, tmp_path: Path, arguments: list[str]) -> None:
    assert run(*arguments).exit_code == 2
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("arguments", [("create", "--role", "admin", "--tenant", "a"), ("list",), ("revoke", "a")])
def test_a_store_that_cannot_be_opened_is_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...]
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("MAGFLAG_DATABASE_URL", f"sqlite:///{tmp_path}/file/magflag.db")
    ended = run(*arguments)
    assert ended.exit_code == 12
    assert ended.stderr.startswith("The database cannot be used: its file cannot be written")
    assert isinstance(ended.exception, SystemExit)


def test_the_command_knows_the_roles_and_days_of_the_store() -> None:
    # They are written twice, because the store takes long to load.
    assert (cli.ROLES, cli.MOST_DAYS) == (store.ROLES, store.LONGEST_DAYS)
