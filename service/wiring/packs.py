"""Packs by their digest: the one that answers, and older ones out of the store, a few of them held ready."""

from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Lock

from service.knowledge.files import BrokenPack
from service.knowledge.load import load_pack
from service.presenters.passages import Passages
from service.review.archives import BadArchive, unfold
from service.wiring.answering import Answering

# Each holds its compiled rules in memory; old advisories are looked at seldom, and mostly of the last pack or two.
MOST_OLD = 3


class Packs:
    """Returns what answers with a pack, by digest; `archive` gives the bytes kept under a digest, or None."""

    def __init__(self, current: Answering, passages: Passages, archive: Callable[[str], bytes | None]) -> None:
        self.current = current
        self._passages = passages
        self._archive = archive
        self._old: OrderedDict[str, Answering] = OrderedDict()
        self._lock = Lock()

    def answering(self, sha256: str) -> Answering | None:
        """Return what answers with the pack of this digest.

        None where it was never kept, or this version of magflag cannot read it any more: nothing is guessed then.
        """
        if sha256 == self.current.pack.sha256:
            return self.current
        # One at a time: to read a pack takes a second of the processor, and the next caller may want the same one.
        with self._lock:
            if sha256 not in self._old:
                found = self._read(sha256)
                if found is None:
                    return None
                self._old[sha256] = found
                while len(self._old) > MOST_OLD:
                    self._old.popitem(last=False)
            self._old.move_to_end(sha256)
            return self._old[sha256]

    def _read(self, sha256: str) -> Answering | None:
        archive = self._archive(sha256)
        if archive is None:
            return None
        with TemporaryDirectory(prefix="magflag-rules-") as folder:
            try:
                unfold(archive, sha256, Path(folder))
                return Answering(load_pack(Path(folder), locked=False), self._passages)
            except (BadArchive, BrokenPack):
                return None
