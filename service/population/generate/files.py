"""Writes an export: into a folder beside the one wished for, which gets its name only when all is written."""

import gzip
import os
import shutil
import tempfile
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import IO, cast

# Fast rather than small: what is generated is read once or twice and thrown away.
COMPRESSION = 1


class NotEmpty(Exception):
    """The folder holds something already."""


class Export:
    """The files of an export; used in a `with`, after which they are all there or none of them is."""

    def __init__(self, folder: Path, count: int, zipped: bool) -> None:
        # Absolute, because "." has no folder beside it.
        self._folder, self._count, self._zipped = folder.resolve(), count, zipped
        self._files: dict[tuple[str, int], IO[bytes]] = {}
        self._dealt: dict[str, int] = {}
        self._open_files = ExitStack()
        if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            raise NotEmpty
        beside = self._folder.parent
        beside.mkdir(parents=True, exist_ok=True)
        self._aside = Path(tempfile.mkdtemp(prefix=f".{self._folder.name}-unfinished-", dir=beside))

    def add(self, kind: str, lines: list[str]) -> None:
        """Add lines to the files of a type, dealt out in turn."""
        first = self._dealt.get(kind, 0)
        self._dealt[kind] = first + len(lines)
        for part in range(self._count):
            dealt = "".join([f"{line}\n" for line in lines[(part - first) % self._count :: self._count]])
            # An export holds no empty files.
            if dealt:
                # A lone surrogate stands for a byte that is no UTF-8 (PEP 383).
                self._file(kind, part).write(dealt.encode("utf-8", "surrogateescape"))

    def _file(self, kind: str, part: int) -> IO[bytes]:
        known = self._files.get((kind, part))
        if known is None:
            number = f".{part:03}" if self._count > 1 else ""
            ending = ".ndjson.gz" if self._zipped else ".ndjson"
            known = self._files[kind, part] = self._writer(self._aside / f"{kind}{number}{ending}")
        return known

    def _writer(self, path: Path) -> IO[bytes]:
        raw = self._open_files.enter_context(path.open("wb"))
        if not self._zipped:
            return raw
        # Without a name and a time, so that the same content gives the same bytes.
        zipped = gzip.GzipFile("", "wb", COMPRESSION, raw, mtime=0)
        return cast("IO[bytes]", self._open_files.enter_context(zipped))

    def __enter__(self) -> "Export":
        return self

    def __exit__(self, kind: type[BaseException] | None, why: BaseException | None, at: TracebackType | None) -> None:
        try:
            self._open_files.close()
            if kind is None:
                self._aside.chmod(0o755)
                os.replace(self._aside, self._folder)
        finally:
            shutil.rmtree(self._aside, ignore_errors=True)
