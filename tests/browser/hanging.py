"""No run waits for ever for a browser that has died.

What is asked of a page by a script has no time limit in Playwright, nor has the closing of a page, and a browser that
has died answers never. The limit is on a test with all its fixtures, those of its module and package too, whose setting
up and clearing away a fixture of one test alone would not cover.
"""

import faulthandler
import os
import sys
import threading
from collections.abc import Iterator

import pytest

__all__ = ["HUNG", "pytest_runtest_protocol"]

SECONDS_UNTIL_HUNG = float(os.environ.get("MAGFLAG_TEST_SECONDS_UNTIL_HUNG", "60"))
# With this the run ends then, so that `make test` can tell a browser that hung from a test that failed.
HUNG = 75


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    """End the run rather than wait for ever for a test that wants the browser, its setting up or its clearing away."""
    if "browser" not in getattr(item, "fixturenames", ()):
        return (yield)
    waiting = threading.Timer(SECONDS_UNTIL_HUNG, _end, [item])
    waiting.daemon = True
    waiting.start()
    try:
        return (yield)
    finally:
        waiting.cancel()


def _end(item: pytest.Item) -> None:
    capturing = item.config.pluginmanager.getplugin("capturemanager")
    if capturing is not None:
        # What pytest has caught is lost with the run, and this must not be.
        capturing.suspend_global_capture(in_=True)
    print(f"\n{item.nodeid}: the browser hung.", file=sys.__stderr__, flush=True)
    faulthandler.dump_traceback(2)
    os._exit(HUNG)
