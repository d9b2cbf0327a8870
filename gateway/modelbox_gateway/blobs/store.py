"""A content-addressed store on a file system: the SHA-256 of the bytes is their place, so the same bytes are kept once.

`blobs/sha256/ab/cdef…` holds what is complete and durable, `blobs/tmp` what is being written.
"""

import asyncio
import fcntl
import os
import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final, Self
from weakref import WeakSet

import structlog

from modelbox_gateway.blobs.disk import at_disk, fsync_folder
from modelbox_gateway.blobs.download import Download
from modelbox_gateway.blobs.upload import Upload
from modelbox_gateway.errors import BlobDamagedError

THREADS_MAX: Final = 8
"""Threads that read, write and hash; the event loop never waits for the disk."""

CLOSE_TIMEOUT_S: Final = 5.0
"""How long `close` waits for uploads that were cut off."""

_SHA256: Final = re.compile(r"[0-9a-f]{64}")
_log = structlog.get_logger()


class BlobStore:
    """Blobs under one folder; several servers may share it."""

    def __init__(self, folder: Path) -> None:
        """Use `open`."""
        self._complete = folder / "sha256"
        self._temporary = folder / "tmp"
        self._uploads: WeakSet[Upload] = WeakSet()
        self._threads = ThreadPoolExecutor(THREADS_MAX, thread_name_prefix="blobs")

    @classmethod
    async def open(cls, folder: Path) -> Self:
        """Make the folder ready and remove what interrupted uploads left.

        Raises:
            BlobStoreUnavailableError: The folder cannot be written.
        """
        store = cls(folder)
        await asyncio.get_running_loop().run_in_executor(store._threads, store._prepare)
        return store

    def _prepare(self) -> None:
        with at_disk():
            self._complete.mkdir(parents=True, exist_ok=True)
            self._temporary.mkdir(exist_ok=True)
            # Every folder that a blob may go to exists and is durable before the first upload.
            for first_byte in range(256):
                (self._complete / f"{first_byte:02x}").mkdir(exist_ok=True)
            fsync_folder(self._complete)
            fsync_folder(self._complete.parent)
            stale = [path for path in self._temporary.iterdir() if _is_abandoned(path)]
            for path in stale:
                path.unlink(missing_ok=True)
        if stale:
            _log.info("interrupted_uploads_removed", files=len(stale))

    def upload(self) -> Upload:
        """Begin an upload: `async with store.upload() as upload`."""
        upload = Upload(self._temporary, self._path, self._threads)
        self._uploads.add(upload)
        return upload

    async def download(self, sha256: str, *, size: int) -> Download:
        """Open a blob: `async with await store.download(…) as chunks`.

        Raises:
            BlobDamagedError: Its file is missing, or does not have this size.
        """
        loop = asyncio.get_running_loop()
        descriptor = await loop.run_in_executor(self._threads, self._open, sha256, size)
        return Download(descriptor, size=size, sha256=sha256, threads=self._threads)

    def _open(self, sha256: str, size: int) -> int:
        with at_disk():
            try:
                descriptor = os.open(self._path(sha256), os.O_RDONLY | os.O_CLOEXEC)
            except FileNotFoundError:
                raise BlobDamagedError(sha256, "its file is missing") from None
            found = os.fstat(descriptor).st_size
        if found != size:
            os.close(descriptor)
            raise BlobDamagedError(sha256, f"its file has {found} bytes instead of {size}")
        return descriptor

    def _path(self, sha256: str) -> Path:
        # Names of files come from here alone, and only from digests.
        if _SHA256.fullmatch(sha256) is None:
            raise BlobDamagedError(sha256[:80], "its name is not a SHA-256")
        return self._complete / sha256[:2] / sha256[2:]

    async def close(self) -> None:
        """Wait until cancelled uploads have removed what they wrote, and for what the threads are doing."""
        try:
            async with asyncio.timeout(CLOSE_TIMEOUT_S):
                for upload in list(self._uploads):
                    await upload.closed.wait()
        except TimeoutError:
            _log.warning("uploads_left", consequence="the next start removes what they wrote")
        await asyncio.to_thread(self._threads.shutdown)


def _is_abandoned(path: Path) -> bool:
    """Tell whether nobody writes to a temporary file: its writer holds a lock on it."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:  # its upload ended meanwhile
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    finally:
        os.close(descriptor)
    return True
