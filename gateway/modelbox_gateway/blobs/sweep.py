"""Removes blobs that no event names and uploads that never ended, never one that somebody is about to name.

An upload keeps its bytes first and is recorded after, so a blob without an event may be a new one. Nor does its age
tell: an old blob without an event may be kept again by an upload at this moment. So a blob goes in two steps, each
after `older_than`:

1. One that is that old and that no event names is set aside. Who asks for it gets it back.
2. One that was set aside that long ago, and that no event names now, is removed; one that an event names is put back.

An upload that found or put the blob at its place before the first step has recorded it long before the second: only a
process that stood still between its last byte and its event for all of `older_than` could be hurt, which is why that
is an hour at least for operators, and a day unless told otherwise. Two sweeps at once are harmless.

That the store is still this log's is asked right before each step: what another log names looks like an orphan here.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Final, TypeVar

import msgspec

from modelbox_gateway.blobs.blobs import Blobs

OLDER_THAN: Final = timedelta(hours=24)
"""How long a blob may lie without an event, and an upload without a byte, unless told otherwise."""

BATCH_ITEMS: Final = 1000
"""Blobs asked for at once."""

Named = Callable[[Sequence[str]], Awaitable[set[str]]]
"""Returns which of these SHA-256 any event names that was recorded before the question."""

StillOurs = Callable[[], Awaitable[None]]
"""Raises where the store belongs to another log."""

Item = TypeVar("Item")


class Count(msgspec.Struct):
    """How many, and their bytes."""

    number: int = 0
    bytes: int = 0

    def add(self, size: int) -> None:
        """Count one more."""
        self.number += 1
        self.bytes += size


class Swept(msgspec.Struct, frozen=True):
    """What a sweep did, or would do."""

    set_aside: Count
    put_back: Count
    removed: Count
    uploads: Count


class Sweep:
    """One pass over a store."""

    def __init__(
        self,
        blobs: Blobs,
        named: Named,
        still_ours: StillOurs,
        *,
        older_than: timedelta = OLDER_THAN,
        dry_run: bool = False,
    ) -> None:
        """Ask `named` what must stay, and `still_ours` before anything goes; a dry run only counts."""
        self._blobs = blobs
        self._store = blobs.store
        self._named = named
        self._still_ours = still_ours
        self._before = datetime.now(UTC) - older_than
        self._dry_run = dry_run
        self._swept = Swept(Count(), Count(), Count(), Count())

    async def run(self) -> Swept:
        """Sweep; return what was done.

        Raises:
            BlobStoreRefusedError: The store is another log's.
            BlobStoreUnavailableError: The store does not answer; what was done stays done.
        """
        # First what was set aside earlier, so that nothing goes through both steps in one sweep.
        await self._finish()
        await self._begin()
        async for batch in self._batches(self._store.abandoned()):
            for upload in batch:
                if upload.since < self._before:
                    self._swept.uploads.add(upload.size)
                    await self._do(self._store.remove_abandoned, upload.name)
        return self._swept

    async def _finish(self) -> None:
        async for batch in self._batches(self._store.aside()):
            named = await self._named([blob.sha256 for blob in batch])
            for blob in batch:
                if blob.sha256 in named:
                    self._swept.put_back.add(blob.size)
                    await self._do(self._store.put_back, blob.sha256)
                elif blob.since < self._before:
                    self._swept.removed.add(blob.size)
                if blob.since < self._before:
                    await self._do(self._store.remove, blob.sha256)

    async def _begin(self) -> None:
        async for batch in self._batches(self._store.stored()):
            old = [blob for blob in batch if blob.since < self._before]
            named = await self._named([blob.sha256 for blob in old]) if old else set()
            for blob in old:
                if blob.sha256 not in named:
                    self._swept.set_aside.add(blob.size)
                    await self._do(self._store.set_aside, blob.sha256)

    async def _do(self, work: Callable[[str], object], name: str) -> None:
        if not self._dry_run:
            await self._still_ours()
            await self._blobs.run(work, name)

    async def _batches(self, items: Iterator[Item]) -> AsyncIterator[list[Item]]:
        def take() -> list[Item]:
            return list(islice(items, BATCH_ITEMS))

        while batch := await self._blobs.run(take):
            yield batch
