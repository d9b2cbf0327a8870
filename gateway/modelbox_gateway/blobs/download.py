"""Bytes on their way out, a chunk read ahead of the one that is being sent."""

import asyncio
import os
from collections.abc import AsyncGenerator
from concurrent.futures import Executor
from types import TracebackType
from typing import Final, Self

from modelbox_gateway.blobs.disk import at_disk
from modelbox_gateway.errors import BlobDamagedError

CHUNK_BYTES: Final = 1024 * 1024
"""Bytes in one chunk; with its frame it passes a gRPC client's default limit of 4 MiB a message."""


class Download:
    """An open blob, from begin to end."""

    def __init__(self, descriptor: int, *, size: int, sha256: str, threads: Executor) -> None:
        """Read `size` bytes from `descriptor`, which is closed at the end."""
        self._descriptor = descriptor
        self._size = size
        self._sha256 = sha256
        self._threads = threads
        self._reading: asyncio.Future[bytes] | None = None

    async def __aenter__(self) -> Self:
        """Nothing is to be done: the file is open."""
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the file. A cancelled call does not cut this short: a thread may still read from it."""
        await asyncio.shield(asyncio.ensure_future(self._end()))

    async def _end(self) -> None:
        if self._reading is not None:
            await asyncio.wait([self._reading])
        os.close(self._descriptor)

    async def chunks(self) -> AsyncGenerator[bytes, None]:
        """Give the bytes in chunks of at most `CHUNK_BYTES`.

        Raises:
            BlobDamagedError: The file ends early.
            BlobStoreUnavailableError: The disk gives no more.
        """
        offset = 0
        reading = self._read(offset)
        while offset < self._size:
            chunk = await asyncio.shield(reading)
            if not chunk:
                raise BlobDamagedError(self._sha256, f"its file ends after {offset} of {self._size} bytes")
            offset += len(chunk)
            reading = self._read(offset)
            yield chunk

    def _read(self, offset: int) -> asyncio.Future[bytes]:
        self._reading = asyncio.get_running_loop().run_in_executor(self._threads, self._read_at, offset)
        return self._reading

    def _read_at(self, offset: int) -> bytes:
        with at_disk():
            return os.pread(self._descriptor, min(CHUNK_BYTES, self._size - offset), offset)
