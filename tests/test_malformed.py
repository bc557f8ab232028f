"""Every message is kept as a malformed file with its expected text; `docs/errors.md` is made from the same pairs."""

import shutil
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from service.cli.told import tell
from service.knowledge.load import default_folder
from service.workbench.check import check

FOLDER = Path(__file__).parent / "malformed"
FILES = sorted(file for kind in ("rule", "table", "cases") for file in FOLDER.glob(f"*.{kind}.yaml"))


@pytest.fixture(scope="module")
def rules(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pack") / "rules"
    shutil.copytree(default_folder(), folder)
    return folder


def messages(rules: Path, file: Path) -> str:
    """Return what `magflag rules check` says of the one file, put among the real rules."""
    copy = rules / "kidney" / file.name
    shutil.copy(file, copy)
    try:
        problems = [each for each in check(rules, locked=False).problems if file.name in each.at]
    finally:
        copy.unlink()

    @click.command()
    def shown() -> None:
        tell(problems)

    return CliRunner().invoke(shown).stderr


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_message(rules: Path, file: Path) -> None:
    expected = FOLDER / f"{file.name.partition('.')[0]}.expected.txt"
    assert messages(rules, file) == expected.read_text(encoding="utf-8")


def test_no_message_shows_our_insides(rules: Path) -> None:
    for expected in FOLDER.glob("*.expected.txt"):
        text = expected.read_text(encoding="utf-8")
        assert not any(word in text for word in ("Traceback", "marshmallow", "ValidationError", "Schema", "NoneType"))
        assert "rules/kidney/" in text
