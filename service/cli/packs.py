"""Loads the pack for a command, or says every mistake and ends."""

from pathlib import Path

from service.cli.told import BAD_RULES, stop, tell
from service.knowledge.files import BrokenPack
from service.knowledge.load import default_folder, load_pack
from service.knowledge.model import Pack
from service.wiring.settings import Settings


def rules_folder() -> Path:
    """Return the rules folder in use: MAGFLAG_RULES, or the one installed with magflag."""
    return Settings.from_environment().rules or default_folder()


def pack_or_stop(locked: bool = True) -> Pack:
    """Return the pack; end with exit code 10 and every mistake if there is one."""
    try:
        return load_pack(rules_folder(), locked)
    except BrokenPack as broken:
        tell(broken.problems)
        count = len(broken.problems)
        stop(BAD_RULES, f"The rules hold {count} mistake{'s' if count != 1 else ''}; nothing was evaluated.")
