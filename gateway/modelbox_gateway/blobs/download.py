"""Bytes on their way out, a chunk read ahead of the one that is being sent."""

import asyncio
from collections.abc import AsyncGenerator
from concurrent.futures import Executor
from types import TracebackType
from typing import Final, Self

from modelbox_gateway.blobs.contract import BlobReader
from modelbox_gateway.errors import BlobDamagedError

CHUNK_BYTES: Final = 1024 * 1024
"""Bytes in one chunk; with its frame it passes a gRPC client's default limit of 4 MiB a message."""


class Download:
    """An open blob, from some place to its end."""

    def __init__(self, reader: BlobReader, *, sha256: str, left: int, threads: Executor) -> None:
        """Read the `left` bytes that `reader` has still to give; it is closed at the end."""
        self._reader = reader
        self._sha256 = sha256
        self._left = left
        self._threads = threads
        self._reading: asyncio.Future[bytes] | None = None

    async def __aenter__(self) -> Self:
        """Nothing is to be done: the blob is open."""
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the blob. A cancelled call does not cut this short: a thread may still read from it."""
        await asyncio.shield(asyncio.ensure_future(self._end()))

    async def _end(self) -> None:
        if self._reading is not None:
            await asyncio.wait([self._reading])
            self._reading.exception()  # of a chunk read ahead that nobody waits for any more
        await asyncio.get_running_loop().run_in_executor(self._threads, self._reader.close)

    async def chunks(self) -> AsyncGenerator[bytes, None]:
        """Give the bytes in chunks of at most `CHUNK_BYTES`.

        Raises:
            BlobDamagedError: The blob ends early.
            BlobStoreUnavailableError: The store gives no more.
        """
        left = self._left
        reading = self._read(left)
        while left:
            chunk = await asyncio.shield(reading)
            if not chunk:
                size = self._reader.size
                raise BlobDamagedError(self._sha256, f"it ends after {size - left} of {size} bytes")
            left -= len(chunk)
            reading = self._read(left)
            yield chunk

    def _read(self, left: int) -> asyncio.Future[bytes]:
        size = min(CHUNK_BYTES, left)
        self._reading = asyncio.get_running_loop().run_in_executor(self._threads, self._reader.read, size)
        return self._reading
