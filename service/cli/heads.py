"""Heads of the audit chain as files: what is kept elsewhere, so that nobody who can write our database can rewrite it.

{"seq", "hash", "at"} and, if signed, {"algorithm", "signature"}: base64 over the first three as canonical JSON.
"""

import json
from base64 import b64decode, b64encode
from pathlib import Path
from typing import Any

from service.store.chain import Head
from service.store.derived import canonical
from service.trust.signing import sign, verify

__all__ = ["NotSigned", "UnreadableHead", "read_head", "written"]

SIGNED = {"algorithm", "signature"}


class UnreadableHead(Exception):
    """A file is not a head of the audit chain."""


class NotSigned(Exception):
    """A head does not carry the signature of the key that was named: anybody may have written it."""


def written(head: Head, private_key: bytes | None) -> str:
    """Return a head as JSON, signed if a private key (PEM) is given; raise UnusableKey for one that cannot sign."""
    told = _told(head)
    if private_key is not None:
        algorithm, signature = sign(private_key, canonical(told))
        told |= {"algorithm": algorithm, "signature": b64encode(signature).decode("ascii")}
    return json.dumps(told)


def read_head(path: Path, public_key: bytes | None) -> tuple[Head, bool]:
    """Return a kept head, and whether it carries a signature that was not looked at.

    With a public key (PEM) only a head that it signed is taken: raise UnreadableHead, NotSigned or UnusableKey.
    """
    told = _read(path)
    head = Head(told["seq"], told["hash"], told["at"])
    if public_key is None:
        return head, "signature" in told
    try:
        signature = b64decode(told["signature"], validate=True)
        if verify(public_key, canonical(_told(head)), told["algorithm"], signature):
            return head, False
    except (KeyError, TypeError, ValueError):
        pass
    raise NotSigned(f"{path} is not signed by this key.")


def _told(head: Head) -> dict[str, Any]:
    return {"seq": head.seq, "hash": head.hash, "at": head.at}


def _read(path: Path) -> dict[str, Any]:
    try:
        told = json.loads(path.read_bytes())
    except (OSError, ValueError):
        raise UnreadableHead(f"{path} cannot be read as JSON.") from None
    names: dict[str, type | tuple[type, ...]] = {"seq": int, "hash": str, "at": (str, type(None))}
    if not isinstance(told, dict) or not set(names) <= set(told) <= set(names) | SIGNED:
        raise UnreadableHead(f"{path} is not what `magflag audit head` prints.")
    if not all(isinstance(told[name], kind) for name, kind in names.items()):
        raise UnreadableHead(f"{path} is not what `magflag audit head` prints.")
    return told
