"""Verification of the chain: every hash recomputed from what the log holds.

Postgres computes the hashes, in C and several ranges at once; `hashing` says how, and computes the same in Python.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from typing import Final, NamedTuple
from uuid import UUID

import msgspec

from modelbox_events.database import Database
from modelbox_events.errors import LogCorruptedError
from modelbox_events.hashing import genesis_hash
from modelbox_events.ids import Position
from modelbox_events.read import LogHead, Reader
from modelbox_events.redaction import Redaction, check_redacted
from modelbox_events.sql import STATEMENTS

START: Final = Position(0)
"""Before the first event."""
RANGE_EVENTS: Final = 20_000
RANGES_AT_ONCE: Final = 2
RANGE_TIMEOUT_S: Final = 300.0


class Verified(msgspec.Struct, frozen=True, kw_only=True):
    """What was found intact: the events after `after` up to `to`; `hash` is the chain's at `to`.

    `redacted` names those whose data is gone, each with the event that says so.
    """

    log_id: UUID
    after: Position
    to: Position
    events: int
    hash: bytes
    redacted: tuple[Redaction, ...] = ()


class _Range(NamedTuple):
    """A range that was found intact: how many events, and those whose data is gone."""

    events: int
    redacted: Sequence[Position]


async def verify(
    database: Database,
    *,
    after: Position = START,
    to: Position | None = None,
    on_progress: Callable[[int], object] = lambda _: None,
) -> Verified:
    """Recompute the chain after one position up to another (the head, if none is given).

    Verifying up to the head also finds events removed from the end, for the head says where the log ends.

    Args:
        database: Where the log is.
        after: The hash stored here is taken as given; 0 verifies from the beginning.
        to: The last position to verify.
        on_progress: Hears the number of events verified since it was last called.

    Raises:
        LogCorruptedError: It names the first position that is not as it was recorded.
        LogUnavailableError: Postgres does not answer.
    """
    head = await Reader(database).head()
    end = head.position if to is None else min(to, head.position)
    running: deque[asyncio.Task[_Range]] = deque()
    events = 0
    redacted: list[Position] = []

    async def take_next() -> int:
        # The ranges end in log order, so the first complaint is the first bad position.
        checked = await running.popleft()
        on_progress(checked.events)
        redacted.extend(checked.redacted)
        return checked.events

    try:
        for start in range(after, end, RANGE_EVENTS):
            bound = Position(min(start + RANGE_EVENTS, end))
            running.append(asyncio.create_task(_verify_range(database, head, Position(start), bound)))
            if len(running) == RANGES_AT_ONCE:
                events += await take_next()
        while running:
            events += await take_next()
    finally:
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
    last_hash = await _hash_at(database, head, end)
    if end == head.position and last_hash != head.hash:
        raise LogCorruptedError(end, "the head's hash is not the last event's")
    found = [await check_redacted(database, position) for position in redacted]
    return Verified(log_id=head.log_id, after=after, to=end, events=events, hash=last_hash, redacted=tuple(found))


async def _verify_range(database: Database, head: LogHead, after: Position, to: Position) -> _Range:
    previous = await _hash_at(database, head, after)
    async with database.acquire_long(timeout_s=RANGE_TIMEOUT_S) as connection:
        row = await connection.fetchrow(STATEMENTS["verify"], after, to, previous, timeout=RANGE_TIMEOUT_S)
    if row is None:
        raise LogCorruptedError(to, "Postgres returned nothing")
    found = [
        (row["missing"], "the event is missing"),
        (row["changed"], "a column is not as it was recorded"),
        (row["unchained"], "its hash does not follow from the one before"),
    ]
    if row["last_position"] < to:
        found.append((row["last_position"] + 1, "the event is missing"))
    bad = [(position, problem) for position, problem in found if position is not None]
    if bad:
        raise LogCorruptedError(*min(bad, key=lambda item: item[0]))
    return _Range(to - after, row["redacted"] or [])


async def _hash_at(database: Database, head: LogHead, position: Position) -> bytes:
    if position == 0:
        return genesis_hash(head.genesis)
    async with database.acquire() as connection:
        found: bytes | None = await connection.fetchval(STATEMENTS["read_hash"], position)
    if found is None:
        raise LogCorruptedError(position, "the event is missing")
    return found
