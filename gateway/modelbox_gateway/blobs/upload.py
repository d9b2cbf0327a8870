"""Bytes on their way in: written, hashed and only then given their place."""

import asyncio
import fcntl
import hashlib
import os
import tempfile
from collections.abc import Callable
from concurrent.futures import Executor
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import msgspec

from modelbox_gateway.blobs.disk import at_disk, fsync_folder

BLOCK_BYTES: Final = 1024 * 1024
"""Bytes gathered before a thread takes them: published clients send 1 KiB at a time. Two blocks are held at most."""

FLUSH_EVERY_BYTES: Final = 32 * 1024 * 1024
"""How often the disk is set to work while bytes still arrive, so that the last flush is short."""


class Digests(msgspec.Struct, frozen=True):
    """What arrived: its length in bytes and its hexadecimal digests."""

    size: int
    sha256: str
    md5: str


class Upload:
    """One upload. Leaving the context before `keep` removes every trace of it."""

    def __init__(self, temporary: Path, place: Callable[[str], Path], threads: Executor) -> None:
        """Write under `temporary`; `place` says where a complete blob of a SHA-256 belongs."""
        self._temporary = temporary
        self._place = place
        self._threads = threads
        self._gathered: list[bytes] = []
        self._gathered_bytes = 0
        self._writing: asyncio.Future[None] | None = None
        self._sha256 = hashlib.sha256()
        self._md5 = hashlib.md5(usedforsecurity=False)
        self._flushed = 0
        self._descriptor = -1
        self._path = temporary
        self.size = 0
        self.closed = asyncio.Event()

    async def __aenter__(self) -> Self:
        """Open a temporary file."""
        try:
            await self._in_thread(self._open)
        except BaseException:
            await self.close()
            raise
        return self

    async def write(self, data: bytes) -> None:
        """Take more bytes; waits while the disk is more than a block behind.

        Raises:
            BlobStoreUnavailableError: The disk took no more.
        """
        self._gathered.append(data)
        self._gathered_bytes += len(data)
        self.size += len(data)
        if self._gathered_bytes >= BLOCK_BYTES:
            await self._hand_over()

    async def finish(self) -> Digests:
        """Write what is left and return what arrived."""
        await self._hand_over()
        await self._settle()
        return Digests(self.size, self._sha256.hexdigest(), self._md5.hexdigest())

    async def keep(self, digests: Digests) -> None:
        """Give the bytes their place. When this returns they are durable there.

        Raises:
            BlobStoreUnavailableError: The disk refused; nothing is kept.
        """
        await self._in_thread(self._keep, self._place(digests.sha256), digests.size)

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close."""
        await self.close()

    async def close(self) -> None:
        """Remove the temporary file. A cancelled call does not cut this short: a thread may still write to it."""
        await asyncio.shield(asyncio.ensure_future(self._end()))

    async def _end(self) -> None:
        try:
            if self._writing is not None:
                await asyncio.wait([self._writing])
            await asyncio.get_running_loop().run_in_executor(self._threads, self._discard)
        finally:
            self.closed.set()

    async def _hand_over(self) -> None:
        await self._settle()
        parts, self._gathered, self._gathered_bytes = self._gathered, [], 0
        self._writing = asyncio.get_running_loop().run_in_executor(self._threads, self._write, parts)

    async def _settle(self) -> None:
        if self._writing is not None:
            await asyncio.shield(self._writing)

    async def _in_thread(self, work: Callable[..., None], *arguments: object) -> None:
        self._writing = asyncio.get_running_loop().run_in_executor(self._threads, work, *arguments)
        await self._settle()

    def _open(self) -> None:
        with at_disk():
            self._descriptor, path = tempfile.mkstemp(dir=self._temporary)
            self._path = Path(path)
            # The kernel drops this lock with the process: what it lies on, another server that starts leaves alone.
            fcntl.flock(self._descriptor, fcntl.LOCK_EX)

    def _write(self, parts: list[bytes]) -> None:
        block = parts[0] if len(parts) == 1 else b"".join(parts)
        self._sha256.update(block)
        self._md5.update(block)
        with at_disk():
            view = memoryview(block)
            while view:
                view = view[os.write(self._descriptor, view) :]
            if self.size - self._flushed >= FLUSH_EVERY_BYTES:
                self._flushed = self.size
                os.fdatasync(self._descriptor)

    def _keep(self, place: Path, size: int) -> None:
        with at_disk():
            if place.exists() and place.stat().st_size == size:
                return  # these bytes are here already, and were durable before anyone was told of them
            os.fsync(self._descriptor)
            self._path.replace(place)
            fsync_folder(place.parent)

    def _discard(self) -> None:
        with at_disk():
            if self._descriptor >= 0:
                os.close(self._descriptor)
                self._descriptor = -1
                self._path.unlink(missing_ok=True)  # a kept one has gone to its place
