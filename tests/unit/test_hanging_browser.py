"""A browser that hangs ends the run, wherever it hangs, with a status of its own."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.browser.hanging import HUNG

ROOT = Path(__file__).parents[2]
TESTS = """
import time
import pytest

@pytest.fixture(scope="module")
def browser():
    {setup}
    yield
    {teardown}

def test_it(browser):
    {call}
"""
HANGS = "time.sleep(30)"


def status(folder: Path, **hanging: str) -> tuple[int, str]:
    """Return how a run of one test ended, and what it said, with a limit of half a second."""
    parts = {"setup": "pass", "call": "pass", "teardown": "pass"} | hanging
    (folder / "test_one.py").write_text(TESTS.format(**parts), encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "tests.browser.hanging", f"--rootdir={folder}", str(folder)]
    environ = os.environ | {"MAGFLAG_TEST_SECONDS_UNTIL_HUNG": "0.5"}
    ended = subprocess.run(command, cwd=ROOT, env=environ, capture_output=True, text=True, timeout=25, check=False)
    return ended.returncode, ended.stdout + ended.stderr


@pytest.mark.parametrize("where", ["setup", "call", "teardown"])
def test_a_hang_ends_the_run_and_is_named(tmp_path: Path, where: str) -> None:
    code, said = status(tmp_path, **{where: HANGS})
    assert code == HUNG
    assert "test_one.py::test_it: the browser hung." in said


@pytest.mark.parametrize(("call", "code"), [("pass", 0), ("raise AssertionError", 1)])
def test_a_test_that_ends_keeps_its_own_status(tmp_path: Path, call: str, code: int) -> None:
    assert status(tmp_path, call=call)[0] == code
