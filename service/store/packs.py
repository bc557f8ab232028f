"""Rules as they were, by digest: what an old advisory is evaluated with again."""

from sqlalchemy import Engine, select

from service.store.advisory_tables import PACKS
from service.store.derived import sha256 as sha256_of
from service.store.transactions import reading, writing

__all__ = ["keep_pack", "pack"]

HELD = select(PACKS.c.archive_sha256)
ARCHIVE = select(PACKS.c.archive, PACKS.c.archive_sha256)


def keep_pack(engine: Engine, sha256: str, name: str, version: str, archive: bytes) -> bool:
    """Keep a pack under its digest, and say whether it is new; one that is held stays as it is.

    Whether the archive has that digest is for the reader to say, who knows how a pack is hashed.
    """
    is_held = HELD.where(PACKS.c.sha256 == sha256)
    with reading(engine) as connection:  # Every start of a worker asks, and all but the first need no turn to write.
        if connection.execute(is_held).first():
            return False
    with writing(engine, durable=True) as connection:
        if connection.execute(is_held).first():
            return False
        row = {"sha256": sha256, "name": name, "version": version, "archive": archive}
        connection.execute(PACKS.insert(), row | {"archive_sha256": sha256_of(archive)})
    return True


def pack(engine: Engine, sha256: str) -> bytes | None:
    """Return the archive of a pack, or None; also None for one that is not as it was kept."""
    with reading(engine) as connection:
        row = connection.execute(ARCHIVE.where(PACKS.c.sha256 == sha256)).one_or_none()
    return row.archive if row and sha256_of(row.archive) == row.archive_sha256 else None
