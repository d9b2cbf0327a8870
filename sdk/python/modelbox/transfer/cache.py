"""What was downloaded before, so that it need not come again: files under the SHA-256 of their bytes, in bounds.

A file is copied in and out, never linked: whoever changes a downloaded file changes nothing here. What is taken out
is hashed on the way, and what does not match is thrown away. Several processes may share the folder.
"""

import contextlib
import hashlib
import logging
import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

from modelbox.limits import CACHE_BYTES_MAX, CACHE_FREE_BYTES_MIN, CHUNK_BYTES

_log = logging.getLogger("modelbox")

_SHA256: Final = re.compile(r"[0-9a-f]{64}")
_SHARE_MAX: Final = 4
"""A file may take up to this part of the bound: one large file must not drive everything else out."""


class CacheSettings(NamedTuple):
    """Where the cache is, and its bound in bytes."""

    folder: Path
    bytes_max: int = CACHE_BYTES_MAX


class Cache:
    """A folder of files by their SHA-256. It never fails: a folder that cannot be used is said once and left alone."""

    def __init__(self, settings: CacheSettings) -> None:
        """Use a folder, which is made with the first file."""
        self._folder = settings.folder / "sha256"
        self._bytes_max = settings.bytes_max
        self._is_usable = True
        self._room = 0

    def get(self, sha256: str, size: int, into: Path) -> bool:
        """Copy a file from here and tell whether it was here, whole and right."""
        with self._guarded():
            place = self._place(sha256)
            if self._is_usable and place is not None and place.is_file():
                if place.stat().st_size == size and _copy(place, into) == sha256:
                    os.utime(place)  # the last use counts
                    return True
                place.unlink(missing_ok=True)
        return False

    def put(self, sha256: str, file: Path) -> None:
        """Copy a file that was verified to here, if there is room for it."""
        with self._guarded():
            size = file.stat().st_size
            place = self._place(sha256)
            if not self._is_usable or place is None or size * _SHARE_MAX > self._bytes_max:
                return
            place.parent.mkdir(parents=True, exist_ok=True)
            if shutil.disk_usage(place.parent).free < size + CACHE_FREE_BYTES_MIN:
                return
            handle, name = tempfile.mkstemp(prefix=".", suffix=".part", dir=self._folder)
            os.close(handle)
            try:
                if _copy(file, Path(name)) == sha256:
                    Path(name).replace(place)
            finally:
                Path(name).unlink(missing_ok=True)
            self._room -= size
            if self._room < 0:
                self._make_room()

    def _make_room(self) -> None:
        """Remove what was used longest ago until a tenth of the bound is free, if the bound is reached."""
        found = sorted(self._files())
        total = sum(file.size for file in found)
        if total > self._bytes_max:
            for file in found:
                if total <= self._bytes_max * 9 // 10:
                    break
                file.path.unlink(missing_ok=True)
                total -= file.size
        # Not looked at again before so many bytes came.
        self._room = self._bytes_max - total

    def _files(self) -> "Iterator[_File]":
        for folder in self._folder.iterdir():
            for path in folder.iterdir() if folder.is_dir() else (folder,):
                with contextlib.suppress(FileNotFoundError):  # another process was faster
                    found = path.stat()
                    yield _File(found.st_mtime_ns, found.st_size, path)

    def _place(self, sha256: str) -> Path | None:
        # A server says it, and it becomes a path that files are removed from: what is no digest has no place.
        if _SHA256.fullmatch(sha256) is None:
            return None
        return self._folder / sha256[:2] / sha256[2:]

    @contextlib.contextmanager
    def _guarded(self) -> Iterator[None]:
        """A cache is a convenience: without it everything works, only slower."""
        try:
            yield
        except OSError as error:
            if self._is_usable:
                self._is_usable = False
                _log.warning("the cache %s is not used any more: %s", self._folder.parent, error)


class _File(NamedTuple):
    used_ns: int
    size: int
    path: Path


def _copy(source: Path, into: Path) -> str:
    """Copy a file and return the SHA-256 of the bytes that were copied."""
    digest = hashlib.sha256()
    with source.open("rb", buffering=0) as reading, into.open("wb", buffering=0) as writing:
        while chunk := reading.read(CHUNK_BYTES):
            digest.update(chunk)
            writing.write(chunk)
    return digest.hexdigest()
