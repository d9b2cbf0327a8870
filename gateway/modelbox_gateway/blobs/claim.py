"""Whose a store is: bound to one epoch of one log, so that no other log sweeps what only that one names.

A store carries a mark: an id of its own, then the ids of all epochs that ever had it and of those before them, one a
line, its owner's last. By its own id the log knows its store again (members/store.py), whatever it is called elsewhere.
Who finds another log's mark leaves the store alone. A fork may take it over once: its epoch is new to the store, and an
earlier one of its log is not. Whoever stands in the mark but not last lost it to a fork, and never takes it again by
itself; so of two living forks at most one sweeps.
"""

from collections.abc import Awaitable, Callable
from typing import Final

import structlog

from modelbox_events import new_id
from modelbox_events.epochs import Epochs
from modelbox_gateway.blobs.blobs import Blobs
from modelbox_gateway.blobs.contract import OwnerMark
from modelbox_gateway.errors import BlobStoreRefusedError, BlobStoreUnavailableError

_TRIES: Final = 3
"""Looks at the store: servers of one log that start at once take it together, one after the other at worst."""

_STORE: Final = "store-"
"""What a line begins with that says which store it is. Earlier versions take it for an owner, and keep it."""

_log = structlog.get_logger()

ReadEpochs = Callable[[], Awaitable[Epochs]]
"""Returns the epochs of the log as they are now."""
Hold = Callable[[str, str], Awaitable[None]]
"""Says to all servers of the log which store it has, by id and place; refuses where they have another."""


class Claim:
    """A log's claim to a store."""

    def __init__(self, blobs: Blobs, read_epochs: ReadEpochs, hold: Hold | None = None) -> None:
        """Claim nothing yet."""
        self._hold = hold
        self._blobs = blobs
        self._read_epochs = read_epochs
        self._held = ""

    async def take(self, *, dry_run: bool = False) -> None:
        """Make the store this log's, if it is nobody's or a fork has handed it over; a dry run only looks.

        Raises:
            BlobStoreRefusedError: It is another log's; the message says whose, and what to do.
            BlobStoreUnavailableError: The store does not answer.
            LogUnavailableError: Postgres does not answer.
        """
        for _ in range(_TRIES):
            mark = await self._blobs.run(self._blobs.store.owner)
            store_id, owners = _parsed(mark)
            # Read after the mark: what a process of this log wrote there is in its epochs by now.
            epochs = [str(epoch.log_id) for epoch in (await self._read_epochs()).all]
            if mark is not None:
                _refuse_foreign(mark, owners, epochs)
            if dry_run:
                self._held = epochs[-1]
                return
            if mark is not None and store_id and owners[-1:] == epochs[-1:]:
                if self._hold is not None:
                    await self._hold(store_id, mark.place)
                self._held = epochs[-1]
                return
            await self._write(mark, store_id, [*(owner for owner in owners if owner not in epochs), *epochs])
        raise BlobStoreUnavailableError("its owner changes while it is looked at")

    async def check(self) -> None:
        """See that the store is still this log's, right before something is removed from it.

        Raises:
            BlobStoreRefusedError: It is another log's by now.
            BlobStoreUnavailableError: It is nobody's by now, or does not answer.
            LogUnavailableError: Postgres does not answer.
        """
        _, owners = _parsed(await self._blobs.run(self._blobs.store.owner))
        if owners[-1:] == [self._held]:
            return
        await self.take(dry_run=True)  # raises, but where only this log's own epoch is another
        if owners[-1:] != [self._held]:
            raise BlobStoreUnavailableError("its owner has changed")

    async def _write(self, mark: OwnerMark | None, store_id: str, owners: list[str]) -> None:
        """Write the next mark; `take` looks at what is there then."""
        is_used = mark is None and await self._blobs.run(self._has_blobs)
        number = 1 if mark is None else mark.number + 1
        lines = [store_id or f"{_STORE}{new_id()}", *owners]
        data = "".join(f"{line}\n" for line in lines).encode()
        await self._blobs.run(self._blobs.store.claim, data, number=number)
        if is_used:
            _log.warning("artifact_storage_adopted", log_id=owners[-1], reason="it has files, and nobody's mark")
        else:
            _log.info("artifact_storage_taken", log_id=owners[-1], before=owners[:-1])

    def _has_blobs(self) -> bool:
        store = self._blobs.store
        return next(store.stored(), None) is not None or next(store.aside(), None) is not None


def _parsed(mark: OwnerMark | None) -> tuple[str, list[str]]:
    """Return which store a mark says it is (empty in one of an earlier version) and its owners; nothing without one."""
    if mark is None:
        return "", []
    text = mark.data.decode(errors="replace")
    if not text.endswith("\n"):
        raise BlobStoreUnavailableError(f"the mark of its owner in {mark.place} is not whole; remove it if it stays so")
    lines = text.split()
    store_ids = [line for line in lines if line.startswith(_STORE)]
    return "".join(store_ids[:1]), [line for line in lines if not line.startswith(_STORE)]


def _refuse_foreign(mark: OwnerMark, owners: list[str], epochs: list[str]) -> None:
    """Refuse a store that neither is this log's nor may become it."""
    owner, ours = owners[-1], epochs[-1]
    if owner == ours:
        return
    if ours in owners:
        problem = f"the store of artifacts was taken over by log {owner}, a fork of this one ({ours})"
        remedy = (
            "give one of the two a store of its own, a copy of this one; if the fork is gone for good, "
            f"run `modelbox log fork` here, or remove {mark.place}"
        )
        raise BlobStoreRefusedError(problem, remedy=remedy)
    if not set(owners) & set(epochs):
        problem = f"the store of artifacts belongs to log {owner[:80]}, and this is log {ours}"
        remedy = (
            "give this log a folder, bucket or prefix of its own (with a copy of what is here, if both used it); "
            f"if the other log is gone for good, remove {mark.place}"
        )
        raise BlobStoreRefusedError(problem, remedy=remedy)
