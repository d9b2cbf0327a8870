"""Reads of the log: by position, by stream, by filter, each a page.

Must not know: event types.
"""

from collections.abc import AsyncIterator, Collection, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import msgspec

from modelbox_events.database import AnyConnection, Database
from modelbox_events.errors import IdempotencyKeyReusedError, InvalidEventError, MigrationError, NewerVersionError
from modelbox_events.event import Appended, RecordedEvent, StreamRef
from modelbox_events.ids import Position
from modelbox_events.limits import (
    PAGE_BYTES_MAX,
    PAGE_EVENTS_MAX,
    READS_LEVEL,
    SPAN_EVENTS_AT_ONCE,
    STREAM_VERSION_MAX,
)
from modelbox_events.sql import STATEMENTS


class LogHead(msgspec.Struct, frozen=True):
    """The log's last position, and the chain's hash there.

    `log_id` is the epoch's, `genesis` what the chain begins with; they differ once the log was forked.
    """

    log_id: UUID
    position: Position
    hash: bytes
    recorded_at: datetime
    genesis: UUID
    format_level: int

    def refuse_if_newer(self) -> None:
        """Check that this process reads all that the log may hold.

        Raises:
            NewerVersionError: It does not: processes of a newer version alone lived for a while.
        """
        if self.format_level > READS_LEVEL:
            raise NewerVersionError(f"the log has format level {self.format_level}, this process reads {READS_LEVEL}")


class StreamState(msgspec.Struct, frozen=True):
    """What the log knows of a stream. Version 0: opened by its parent's event, with none of its own yet.

    `last_position` is that of its last event; of a stream at version 0 it is that of the append that opened it.
    """

    ref: StreamRef
    version: int
    last_position: Position
    closed: bool


class Watched(msgspec.Struct, frozen=True):
    """A page of the log of which only some namespaces' events are told.

    Attributes:
        events: Those events, in log order.
        last: Up to where the log was looked through.
        last_hash: The chain's hash there.
        hash_before: The chain's hash where the page begins, None before the first event or where the log ends sooner.
    """

    events: list[RecordedEvent]
    last: Position
    last_hash: bytes | None
    hash_before: bytes | None


MANY: Final = frozenset({"MetricsLogged", "EventLogged"})
"""The types of which a stream may have very many events; the others are found by an index that leaves these out."""


class Reader:
    """Reads through the pool; every page is bounded by `PAGE_EVENTS_MAX` events, and by bytes of data."""

    def __init__(self, database: Database) -> None:
        """Read from `database`."""
        self._database = database

    async def head(self) -> LogHead:
        """Return the head as Postgres has it now."""
        async with self._database.acquire() as connection:
            row = await connection.fetchrow(STATEMENTS["read_head"])
        if row is None:
            raise MigrationError("table modelbox.log_head is empty; restore the database")
        return LogHead(*row)

    async def page(self, after: Position, to: Position | None, limit: int) -> list[RecordedEvent]:
        """Return the events at `after + 1` … `to`, at most `limit`."""
        last = to if to is not None else 2**63 - 1
        return await self._events("read", after, last, _limit(limit), PAGE_BYTES_MAX)

    async def watched(
        self, after: Position, to: Position, *, namespaces: Collection[str], limit: int, bytes_max: int
    ) -> Watched:
        """Return the next events of some namespaces."""
        arguments = (after, to, list(namespaces), _limit(limit), bytes_max)
        events = await self._events("read_watched", *arguments)
        before = events.pop(0).hash if events and events[0].position == after else None
        if not events:
            return Watched([], after, None, before)
        last = events[-1]
        told = events if last.namespace in namespaces else events[:-1]
        return Watched(told, last.position, last.hash, before)

    async def stream(
        self, stream_id: UUID, after_version: int, types: Sequence[str] | None, *, limit: int, bytes_max: int
    ) -> list[RecordedEvent]:
        """Return events of one stream in order."""
        wanted = None if types is None else list(dict.fromkeys(types))
        return await self._events(
            _of_stream("read_stream", types), stream_id, after_version, wanted, _limit(limit), bytes_max
        )

    async def stream_back(
        self, stream_id: UUID, before_version: int | None, types: Sequence[str] | None, *, limit: int, bytes_max: int
    ) -> list[RecordedEvent]:
        """Return events of one stream from its end backwards."""
        last = STREAM_VERSION_MAX if before_version is None else before_version - 1
        wanted = None if types is None else list(dict.fromkeys(types))
        return await self._events(
            _of_stream("read_stream_back", types), stream_id, last, wanted, _limit(limit), bytes_max
        )

    async def where(
        self,
        after: Position,
        to: Position,
        *,
        namespace: str | None,
        types: Sequence[str] | None,
        stream_type: str | None,
        limit: int,
        bytes_max: int,
    ) -> list[RecordedEvent]:
        """Return the events at `after + 1` … `to` that match."""
        wanted = None if types is None else list(dict.fromkeys(types))
        arguments = (after, to, namespace, wanted, stream_type, _limit(limit), bytes_max)
        async with self._database.acquire() as connection:
            if namespace is None:
                rows = await connection.fetch(STATEMENTS["read_where"], *arguments)
            else:
                # Prepared anew each time, so that Postgres plans for these values: the one plan that it makes for all
                # reads the whole span for a namespace that has little in it.
                prepared = await connection.prepare(STATEMENTS["read_where"])
                rows = await prepared.fetch(*arguments)
        return [RecordedEvent(*row) for row in rows]

    async def find_streams(self, stream_ids: Sequence[UUID]) -> dict[UUID, StreamState]:
        """Return what the log knows of streams."""
        async with self._database.acquire() as connection:
            rows = await connection.fetch(STATEMENTS["find_streams"], stream_ids)
        return {
            row["id"]: StreamState(
                StreamRef(row["namespace"], row["type"], row["id"]), row["version"], row["last_position"], row["closed"]
            )
            for row in rows
        }

    async def find_append(self, log_id: UUID, actor: str, key: str, request_hash: bytes) -> Appended | None:
        """Return what a key recorded."""
        async with self._database.acquire() as connection:
            row = await connection.fetchrow(STATEMENTS["find_append"], actor, key)
        if row is None:
            return None
        if row["request_hash"] != request_hash:
            raise IdempotencyKeyReusedError(key)
        return Appended(
            log_id=log_id,
            first_position=row["first_position"],
            last_position=row["last_position"],
            version=row["version"],
            recorded_at=row["recorded_at"],
            duplicate=True,
            hash=row["hash"],
        )

    async def _events(self, statement: str, *arguments: Any) -> list[RecordedEvent]:
        async with self._database.acquire() as connection:
            rows = await connection.fetch(STATEMENTS[statement], *arguments)
        return [RecordedEvent(*row) for row in rows]  # the columns stand in the order of the fields


async def stream_span(
    connection: AnyConnection,
    stream_id: UUID,
    *,
    after_version: int,
    to_version: int,
    after_position: int,
    types: Collection[str],
) -> AsyncIterator[RecordedEvent]:
    """Yield events of one stream in order, as the caller's open transaction sees them, redacted ones too.

    Args:
        connection: In a transaction; others have a turn after every `SPAN_EVENTS_AT_ONCE` events.
        stream_id: The stream.
        after_version: The span begins after it.
        to_version: And ends with this one.
        after_position: All of the span stands after this position.
        types: Only events of these.
    """
    arguments = (stream_id, after_version, to_version, after_position, list(types))
    cursor = connection.cursor(STATEMENTS["read_stream_span"], *arguments, prefetch=SPAN_EVENTS_AT_ONCE)
    async for row in cursor:
        yield RecordedEvent(*row)


def _of_stream(statement: str, types: Sequence[str] | None) -> str:
    return statement if types is None or not MANY.isdisjoint(types) else f"{statement}_few"


def _limit(limit: int) -> int:
    if not 1 <= limit <= PAGE_EVENTS_MAX:
        raise InvalidEventError("limit", f"{limit} is not 1 to {PAGE_EVENTS_MAX:,}")
    return limit
