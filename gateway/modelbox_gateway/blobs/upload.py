"""Bytes on their way in: hashed and written by a thread while the next ones arrive."""

import asyncio
import hashlib
from collections.abc import Callable
from concurrent.futures import Executor
from types import TracebackType
from typing import Any, Final, Self

import msgspec

from modelbox_gateway.blobs.contract import BlobWriter

BLOCK_BYTES: Final = 1024 * 1024
"""Bytes gathered before a thread takes them: published clients send 1 KiB at a time. Two blocks are held at most."""

BLOCK_PIECES_MAX: Final = 4096
"""Pieces gathered before a thread takes them, however few bytes they have: each takes some memory of its own."""


class Digests(msgspec.Struct, frozen=True):
    """What arrived: its length in bytes and its hexadecimal digests; the MD5 is empty unless somebody wants it."""

    size: int
    sha256: str
    md5: str


class Hasher:
    """Computes the digests of bytes that pass by."""

    def __init__(self, *, with_md5: bool) -> None:
        """Begin with no bytes. An MD5 costs as much again as writing them, so it is made only where it is wanted."""
        self._size = 0
        self._sha256 = hashlib.sha256()
        self._md5 = hashlib.md5(usedforsecurity=False) if with_md5 else None

    def update(self, data: bytes) -> None:
        """Take more bytes."""
        self._size += len(data)
        self._sha256.update(data)
        if self._md5 is not None:
            self._md5.update(data)

    def digests(self) -> Digests:
        """Return what passed by."""
        return Digests(self._size, self._sha256.hexdigest(), self._md5.hexdigest() if self._md5 is not None else "")


class Upload:
    """One upload. Leaving the context before `keep` removes every trace of it."""

    def __init__(self, writer: BlobWriter, threads: Executor, *, with_md5: bool) -> None:
        """Write with `writer`, in `threads`."""
        self._writer = writer
        self._threads = threads
        self._gathered: list[bytes | memoryview] = []
        self._gathered_bytes = 0
        self._writing: asyncio.Future[Any] | None = None
        self._hasher = Hasher(with_md5=with_md5)
        self._is_discarded = False
        self.size = 0
        self.closed = asyncio.Event()

    async def __aenter__(self) -> Self:
        """Nothing is to be done: the first bytes begin it."""
        return self

    async def write(self, data: bytes | memoryview) -> None:
        """Take more bytes; waits while the store is more than a block behind.

        Raises:
            BlobStoreUnavailableError: The store took no more.
        """
        if not data:
            return
        self._gathered.append(data)
        self._gathered_bytes += len(data)
        self.size += len(data)
        if self._gathered_bytes >= BLOCK_BYTES or len(self._gathered) >= BLOCK_PIECES_MAX:
            await self._hand_over()

    async def finish(self) -> Digests:
        """Write what is left and return what arrived."""
        if self._writing is None:
            # All of it is here: a small file is not worth two threads.
            self._writing = self._in_thread(self._hash_and_write, b"".join(self._gathered))
        else:
            await self._hand_over()
        await self._settle()
        return self._hasher.digests()

    async def keep(self, digests: Digests) -> None:
        """Give the bytes their place. When this returns they are durable there.

        Raises:
            BlobStoreUnavailableError: The store refused; nothing is kept.
        """
        await self._settle()
        self._writing = self._in_thread(self._keep, digests.sha256)
        await self._settle()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close."""
        await self.close()

    async def close(self) -> None:
        """Remove what was not kept. A cancelled call does not cut this short: a thread may still write."""
        await asyncio.shield(asyncio.ensure_future(self._end()))

    async def _end(self) -> None:
        try:
            if self._writing is not None:
                await asyncio.wait([self._writing])
                self._writing.exception()  # who waited for it has heard of it; nobody else needs to
            if not self._is_discarded:
                await self._in_thread(self._writer.discard)
        finally:
            self.closed.set()

    async def _hand_over(self) -> None:
        await self._settle()
        parts, self._gathered, self._gathered_bytes = self._gathered, [], 0
        block = b"".join(parts)
        # Hashing takes as long as writing: both at once.
        self._writing = asyncio.gather(
            self._in_thread(self._writer.write, block), self._in_thread(self._hasher.update, block)
        )

    async def _settle(self) -> None:
        if self._writing is not None:
            await asyncio.shield(self._writing)

    def _in_thread(self, work: Callable[..., None], *arguments: object) -> asyncio.Future[None]:
        return asyncio.get_running_loop().run_in_executor(self._threads, work, *arguments)

    def _hash_and_write(self, block: bytes) -> None:
        self._hasher.update(block)
        self._writer.write(block)

    def _keep(self, sha256: str) -> None:
        self._writer.keep(sha256)
        self._is_discarded = True
        self._writer.discard()
