"""Starts several processes and lets them go at the same moment."""

import subprocess
import sys

BEGINNING = """
import sys
def wait():
    print("ready", flush=True)
    sys.stdin.readline()
"""


def race(script: str, argument: str, count: int) -> list[str]:
    """Run a script in `count` processes; each calls wait() before what it races for. Return what each printed then."""
    started = [
        subprocess.Popen(
            [sys.executable, "-c", BEGINNING + script, argument],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(count)
    ]
    for process in started:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in started:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    printed = [process.communicate()[0].strip() for process in started]
    assert [process.returncode for process in started] == [0] * count
    return printed
