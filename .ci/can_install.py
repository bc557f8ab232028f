"""Say in one sentence each what this machine lacks for an installation; silent when nothing is missing.

Runs on whatever Python there is, before anything is installed, so it uses old and plain Python only.
"""

import importlib.util
import os
import shutil
import sys
import sysconfig


def missing() -> "list[str]":
    """What is lacking, each with the way out."""
    found = []
    if sys.version_info < (3, 11):
        found.append("Python 3.11 or newer is needed; name one, for example: make setup PYTHON=python3.11")
    if not (importlib.util.find_spec("venv") and importlib.util.find_spec("ensurepip")):
        found.append("This Python cannot make environments; on Debian: apt install python3-venv")
    # The rules engine is published as source, with a part in C.
    if not (shutil.which("gcc") or shutil.which("cc")):
        found.append("A C compiler is needed; on Debian: apt install gcc")
    if not os.path.exists(os.path.join(sysconfig.get_paths()["include"], "Python.h")):
        found.append("Python's C headers are needed; on Debian: apt install python3-dev")
    return found


if __name__ == "__main__":
    sys.exit("\n".join(missing()) or None)
