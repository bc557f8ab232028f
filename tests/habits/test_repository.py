"""Promises about the repository itself."""

import ast
import re
import subprocess
import tomllib
from collections.abc import Iterator
from pathlib import Path
from statistics import median

import click
import pytest

from service.cli.main import main
from service.knowledge.load import load_pack
from service.workbench.docs import pages

ROOT = Path(__file__).parents[2]
CODE = [file for folder in ("rules", "schemas", "service") for file in sorted((ROOT / folder).rglob("*.py"))]
STAGES = sorted(file for file in (ROOT / "service").glob("*/__init__.py"))
LONGEST_FILE, LONGEST_FUNCTION, MEDIAN_FUNCTION, LONGEST_DECISION = 300, 40, 10, 30


def tracked() -> list[Path]:
    """Return the files of the repository, or all that are here where it is not one."""
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False)
    names = listed.stdout.splitlines() if listed.returncode == 0 else []
    return [ROOT / name for name in names] or [*CODE, *ROOT.glob("*.md")]


def functions() -> Iterator[tuple[str, int]]:
    for file in CODE:
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and node.end_lineno:
                yield f"{file.relative_to(ROOT)}:{node.name}", node.end_lineno - node.lineno + 1


def test_files_are_short() -> None:
    long = {str(file.relative_to(ROOT)): len(file.read_text(encoding="utf-8").splitlines()) for file in CODE}
    assert {name: lines for name, lines in long.items() if lines > LONGEST_FILE} == {}


def test_functions_are_short() -> None:
    lengths = dict(functions())
    assert {name: lines for name, lines in lengths.items() if lines > LONGEST_FUNCTION} == {}
    assert median(lengths.values()) <= MEDIAN_FUNCTION


@pytest.mark.parametrize("stage", STAGES, ids=lambda file: file.parent.name)
def test_each_stage_says_in_out_never(stage: Path) -> None:
    text = ast.get_docstring(ast.parse(stage.read_text(encoding="utf-8"))) or ""
    assert all(word in text for word in ("In:", "Out:", "Never:"))


def test_decisions_are_short() -> None:
    decisions = sorted((ROOT / "docs" / "decisions").glob("*.md"))
    assert decisions
    assert [file.name for file in decisions if len(file.read_text().splitlines()) > LONGEST_DECISION] == []


def test_nothing_names_a_machine_or_a_registry() -> None:
    # The words are put together here, so that this file does not name what it looks for.
    words = [
        "/wo" + "rk/",
        "/fa" + "rm/",
        "py" + "pi.org",
        "pythonhosted" + ".org",
        "--index" + "-url http",
        "regi" + "stry.npmjs",
    ]
    for file in tracked():
        if file.suffix in (".png", ".ico") or not file.is_file():
            continue
        text = file.read_text(encoding="utf-8")
        assert not [word for word in words if word in text], file


def test_every_locked_package_has_hashes() -> None:
    for lock in (ROOT / "requirements").glob("*.txt"):
        for block in re.split(r"\n(?=[a-z0-9])", lock.read_text(encoding="utf-8")):
            if re.match(r"[a-z0-9][\w.-]*(\[.*\])?==", block):
                assert "--hash=sha256:" in block, f"{lock.name}: {block.splitlines()[0]}"


def commands(group: click.Group, prefix: str = "magflag") -> Iterator[str]:
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from commands(command, f"{prefix} {name}")
        else:
            yield f"{prefix} {name}"


def test_every_command_is_in_the_readme() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert [command for command in commands(main) if command not in readme] == []


def test_every_setting_is_in_the_readme() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    used = {name for file in CODE for name in re.findall(r"MAGFLAG_[A-Z_]+", file.read_text(encoding="utf-8"))}
    assert sorted(name for name in used if f"`{name}`" not in readme) == []


def test_every_folder_is_on_the_map() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    folders = {file.relative_to(ROOT).parts[0] for file in tracked() if len(file.relative_to(ROOT).parts) > 1}
    assert sorted(name for name in folders if not name.startswith(".") and f"{name}/" not in readme) == []


def test_every_file_the_readme_names_is_there() -> None:
    for page in [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").glob("*.md")]:
        for link in re.findall(r"\]\(([^)#\s]+)", page.read_text(encoding="utf-8")):
            if "://" not in link:
                assert (page.parent / link).exists(), f"{page.name}: {link}"


def test_the_version_is_said_once() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert f"## {project['version']}" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")


def test_generated_pages_are_current() -> None:
    wanted = pages(load_pack(), ROOT / "tests" / "malformed")
    here = {file.name: file.read_text(encoding="utf-8") for file in (ROOT / "docs" / "generated").glob("*.md")}
    assert sorted(name for name in wanted | here if wanted.get(name) != here.get(name)) == [], "run `make docs`"
