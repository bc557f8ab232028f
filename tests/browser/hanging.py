"""No run waits for ever for a browser that has died.

What is asked of a page by a script has no time limit in Playwright, nor has the closing of a page, and a browser that
has died answers never. The limit is on a test with all its fixtures, those of its module and package too: a browser
hung once between two modules, where a fixture of one test alone does not look.
"""

import faulthandler
import os
import threading
from collections.abc import Iterator

import pytest

__all__ = ["HUNG", "pytest_runtest_protocol"]

SECONDS_UNTIL_HUNG = float(os.environ.get("MAGFLAG_TEST_SECONDS_UNTIL_HUNG", "60"))
# With this the run ends then, so that `make test` can tell a browser that hung from a test that failed.
HUNG = 75
# What pytest catches of a test's output would be lost with the run, so it is told where the run itself speaks.
SPEAKS = os.dup(2)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    """End the run rather than wait for ever for a test that wants the browser, its setting up or its clearing away."""
    if "browser" not in getattr(item, "fixturenames", ()):
        return (yield)
    waiting = threading.Timer(SECONDS_UNTIL_HUNG, _end, [item.nodeid])
    waiting.daemon = True
    waiting.start()
    try:
        return (yield)
    finally:
        waiting.cancel()


def _end(test: str) -> None:
    os.write(SPEAKS, f"\n{test}: the browser hung.\n".encode())
    faulthandler.dump_traceback(SPEAKS)
    os._exit(HUNG)
