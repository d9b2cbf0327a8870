"""The blobs of a process, whatever store keeps them: threads with bounds around a store that is synchronous."""

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, Final, ParamSpec, Self, TypeVar
from weakref import WeakSet

import structlog

from modelbox_gateway.blobs.contract import BlobReader, BlobStore, SignedLinks
from modelbox_gateway.blobs.download import Download
from modelbox_gateway.blobs.upload import Upload
from modelbox_gateway.errors import BlobDamagedError, BlobStoreRefusedError, BlobStoreUnavailableError

THREADS_MAX: Final = 16
"""Threads that read, write and hash; the event loop never waits for a store."""

CLOSE_TIMEOUT_S: Final = 5.0
"""How long `close` waits for uploads that were cut off."""

_log = structlog.get_logger()

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")


class Blobs:
    """A store, for callers that must not block. Several processes may share the store."""

    def __init__(self, store: BlobStore) -> None:
        """Use `open`."""
        self.store = store
        self.lost: BlobStoreRefusedError | None = None
        """Why no more bytes are taken, once the store is another log's; None while it is this one's."""
        self._uploads: WeakSet[Upload] = WeakSet()
        self._threads = ThreadPoolExecutor(THREADS_MAX, thread_name_prefix="blobs")

    @classmethod
    async def open(cls, store: BlobStore) -> Self:
        """Make a store ready.

        Raises:
            BlobStoreRefusedError: It will not work until somebody mends it.
            BlobStoreUnavailableError: It does not answer now.
        """
        blobs = cls(store)
        try:
            await blobs.run(store.prepare)
        except BaseException:
            await blobs.close()
            raise
        return blobs

    @property
    def links(self) -> SignedLinks | None:
        """Direct transfers, where the store has them; call them through `run`."""
        return self.store.links

    async def run(
        self, work: Callable[Arguments, Result], *arguments: Arguments.args, **keywords: Arguments.kwargs
    ) -> Result:
        """Do something with the store in a thread."""
        call: Callable[[], Any] = partial(work, *arguments, **keywords)
        result: Result = await asyncio.get_running_loop().run_in_executor(self._threads, call)
        return result

    def refuse_if_lost(self) -> None:
        """Take no bytes for a store that another log sweeps: they would not stay.

        Raises:
            BlobStoreUnavailableError: It is another's. The file can be sent again when somebody has mended that.
        """
        if self.lost:
            raise BlobStoreUnavailableError(self.lost.problem)

    def upload(self, *, with_md5: bool = False) -> Upload:
        """Begin an upload: `async with blobs.upload() as upload`.

        Raises:
            BlobStoreUnavailableError: The store is another log's by now.
        """
        self.refuse_if_lost()
        upload = Upload(self.store.writer(), self._threads, with_md5=with_md5)
        self._uploads.add(upload)
        return upload

    async def download(self, sha256: str, *, size: int, offset: int = 0) -> Download:
        """Open a blob, to be read from `offset`, 0 to `size`: `async with await blobs.download(…) as chunks`.

        Raises:
            BlobDamagedError: It is missing, or does not have this size.
            BlobStoreUnavailableError: The store does not answer.
        """
        # At its very end there is nothing to read, and not every store can be asked for it.
        reader = await self.run(self._reader, sha256, size, offset if offset < size else 0)
        return Download(reader, sha256=sha256, left=size - offset, threads=self._threads)

    async def put(self, data: bytes, sha256: str) -> None:
        """Keep a small blob, all of which is here and has this SHA-256. When this returns it is durable.

        Raises:
            BlobStoreUnavailableError: The store refused; nothing is kept.
        """
        self.refuse_if_lost()
        await self.run(self._put, data, sha256)

    async def whole(self, sha256: str, *, size: int) -> bytes:
        """Return all bytes of a small blob.

        Raises:
            BlobDamagedError: It is missing, or does not have this size.
            BlobStoreUnavailableError: The store does not answer.
        """
        return await self.run(self._whole, sha256, size)

    async def has(self, sha256: str, *, size: int) -> bool:
        """Tell whether a blob is here, with this size.

        Raises:
            BlobStoreUnavailableError: The store does not answer.
        """
        return await self.run(self._size, sha256) == size

    async def any_holds(self, sha256s: Sequence[str], *, size: int, offset: int, piece: bytes) -> bool:
        """Tell whether one of these blobs is here with this size, and has these bytes at `offset`, less than `size`.

        Raises:
            BlobStoreUnavailableError: The store does not answer.
        """
        return await self.run(self._any_holds, sha256s, size, offset, piece)

    async def close(self) -> None:
        """Wait until cancelled uploads have removed what they wrote, and for what the threads are doing."""
        try:
            async with asyncio.timeout(CLOSE_TIMEOUT_S):
                for upload in list(self._uploads):
                    await upload.closed.wait()
        except TimeoutError:
            _log.warning("uploads_left", consequence="a sweep removes what they wrote")
        await asyncio.to_thread(self._threads.shutdown)
        self.store.close()

    def _reader(self, sha256: str, size: int, offset: int) -> BlobReader:
        reader = self.store.reader(sha256, offset=offset)
        # What a sweep set aside by mistake is found again by the first who asks for it.
        if reader is None and self.store.put_back(sha256):
            reader = self.store.reader(sha256, offset=offset)
        if reader is None:
            raise BlobDamagedError(sha256, "it is missing")
        if reader.size != size:
            found = reader.size
            reader.close()
            raise BlobDamagedError(sha256, f"it has {found} bytes instead of {size}")
        return reader

    def _any_holds(self, sha256s: Sequence[str], size: int, offset: int, piece: bytes) -> bool:
        return any(self._size(sha256) == size and self._holds(sha256, offset, piece) for sha256 in sha256s)

    def _holds(self, sha256: str, offset: int, piece: bytes) -> bool:
        reader = self.store.reader(sha256, offset=offset)
        if reader is None:
            return False
        try:
            found = reader.read(len(piece))  # may be fewer bytes
        finally:
            reader.close()
        return bool(found) and piece.startswith(found)

    def _put(self, data: bytes, sha256: str) -> None:
        writer = self.store.writer()
        try:
            writer.write(data)
            writer.keep(sha256)
        finally:
            writer.discard()

    def _whole(self, sha256: str, size: int) -> bytes:
        pieces: list[bytes] = []
        reader = self._reader(sha256, size, 0)
        try:
            while piece := reader.read(size or 1):
                pieces.append(piece)
        finally:
            reader.close()
        data = b"".join(pieces)
        if len(data) != size:
            raise BlobDamagedError(sha256, f"it ends after {len(data)} of {size} bytes")
        return data

    def _size(self, sha256: str) -> int | None:
        size = self.store.size(sha256)
        if size is None and self.store.put_back(sha256):
            size = self.store.size(sha256)
        return size
