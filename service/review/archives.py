"""A pack as one archive of bytes, so that the rules of any day can be read again.

Only what its digest covers is in it: every YAML file of the folder but the cases and the lock.
"""

import io
import zipfile
from pathlib import Path, PurePosixPath

from service.knowledge.load import digest_of, digest_of_files, files_of

# The earliest moment a ZIP can name (APPNOTE 4.4.6): the same rules give the same bytes on every day.
NO_TIME = (1980, 1, 1, 0, 0, 0)
CHANGED = "these are not the rules of this digest"
MOST_FILES, MOST_BYTES = 5_000, 64 * 1024 * 1024


class BadArchive(Exception):
    """An archive that does not hold the pack it should; its message names no path."""


def archived(folder: Path, sha256: str) -> bytes:
    """Return the archive of the pack in a rules folder; raise BadArchive if it no longer has this digest."""
    files = list(files_of(folder))
    if digest_of_files(files) != sha256:
        raise BadArchive(CHANGED)
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files:
            archive.writestr(zipfile.ZipInfo(name, NO_TIME), content, zipfile.ZIP_DEFLATED)
    return written.getvalue()


def unfold(archive: bytes, sha256: str, folder: Path) -> None:
    """Write a pack into an empty folder; raise BadArchive unless it is the one with this digest."""
    try:
        with zipfile.ZipFile(io.BytesIO(archive)) as found:
            _write(found, folder)
    except zipfile.BadZipFile:
        raise BadArchive("it is not an archive") from None
    if digest_of(folder) != sha256:
        raise BadArchive(CHANGED)


def _write(archive: zipfile.ZipFile, folder: Path) -> None:
    members = archive.infolist()
    # Every archive is our own. The store is not the place to find out what one of another's could do.
    if len(members) > MOST_FILES or sum(each.file_size for each in members) > MOST_BYTES:
        raise BadArchive("it is too large")
    for member in members:
        path = PurePosixPath(member.filename)
        if path.is_absolute() or ".." in path.parts or path.suffix != ".yaml" or "\\" in member.filename:
            raise BadArchive("it holds a name that no file of a pack has")
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(archive.read(member))
