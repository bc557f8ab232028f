"""Secrets that stand in files of their own, so that neither a command line nor the environment shows them."""

from pathlib import Path

LONGEST = 16_384


class UnreadableSecret(Exception):
    """A file that holds no secret; the message says why, and never what stands in it."""

    hint = "Its path is relative to the file that names it; it holds the secret and nothing else."


def read_secret(path: Path) -> str:
    """Return the secret in a file, without the line break that editors put at its end; raise UnreadableSecret."""
    try:
        with path.open("rb") as file:
            raw = file.read(LONGEST + 1)
        written = raw.decode("utf-8").rstrip("\r\n")
    except OSError as error:
        raise UnreadableSecret(f"This secret cannot be read ({error.strerror}).") from None
    except UnicodeDecodeError:
        raise UnreadableSecret("This secret is not text in UTF-8.") from None
    if not written.strip() or len(raw) > LONGEST:
        raise UnreadableSecret("This file is empty." if not written.strip() else "This file is too long for a secret.")
    return written
